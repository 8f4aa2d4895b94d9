//! A host to load small components into, and words for what comes of calling them.

#![allow(dead_code, reason = "each test binary uses its own part of this")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use orch_engine::port::{Called, FactSource};
use orch_model::{Answer, Machine, PluginId, PluginOrigin, Question, Refusal};
use orch_plugins::{Grants, Limits, PluginHost, PluginHostSettings};

/// Answers every variable with its name, and finds two files.
pub struct Echo;

impl FactSource for Echo {
    fn answer(&self, question: &Question) -> Result<Answer, Refusal> {
        Ok(match question {
            Question::HostMachine => Answer::Machine(Machine::of_triple("test")),
            Question::Variable(name) => Answer::Text(name.clone()),
            Question::Glob(_) => Answer::List(vec!["src/a".into(), "secret/b".into()]),
            _ => return Err(Refusal::Absent),
        })
    }
}

/// Limits that a test can wait for.
pub fn limits() -> Limits {
    Limits {
        call_time: Duration::from_millis(300),
        ..Limits::default()
    }
}

/// A host with its cache in `folder`.
pub fn host(folder: &Path, limits: Limits) -> PluginHost {
    let settings = PluginHostSettings {
        cache: folder.to_owned(),
        limits,
    };
    PluginHost::new(settings, Arc::new(Echo), Grants::default())
}

/// Loads a component as if it were bundled, so that all its asks are granted.
pub fn load(host: &PluginHost, component: Vec<u8>) -> PluginId {
    host.load_bytes(component, PluginOrigin::Bundled)
        .unwrap_or_else(|failure| panic!("it can be loaded: {failure}"))
}

/// The failure's text behind its kind.
pub fn words<T: std::fmt::Debug>(called: &Called<T>) -> String {
    let failure = called.result.as_ref().expect_err("it fails");
    format!("{}: {failure}", kind(failure))
}

/// The kind of a failure.
pub fn kind(failure: &orch_model::PluginFailure) -> &'static str {
    use orch_model::PluginFailure as F;
    match failure {
        F::Invalid(_) => "invalid",
        F::Unsupported(_) => "unsupported",
        F::Failed(_) => "failed",
        F::Denied(_) => "denied",
        F::Broken(_) => "broken",
        F::Unusable(_) => "unusable",
        F::Host(_) => "host",
    }
}
