//! A host to load small components into, and words for what comes of calling them.

#![allow(dead_code, reason = "each test binary uses its own part of this")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use expect_test::Expect;
use orch_engine::Cancel;
use orch_engine::port::{Called, FactSource, Plugins};
use orch_model::{Answer, Machine, PluginId, PluginOrigin, Question, Refusal};
use orch_plugins::{Grants, Limits, PluginHost, PluginHostSettings, inspect};
#[allow(unused_imports, reason = "each test program uses its part")]
pub use orch_tests::component::{
    component, component_of, component_with, manifest, platform, platform_module, with_manifest,
};

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
    host_until(folder, limits, Cancel::new())
}

/// The same, which stops when the flag goes up.
pub fn host_until(folder: &Path, limits: Limits, cancel: Cancel) -> PluginHost {
    let settings = PluginHostSettings {
        cache: folder.to_owned(),
        limits,
        cancel,
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

/// Where a component comes from that a test inspects.
pub fn origin() -> PluginOrigin {
    PluginOrigin::Path("plugins/demo.wasm".into())
}

/// What is said about these bytes before anything is compiled.
pub fn refused(bytes: &[u8], expected: Expect) {
    let failure = inspect(bytes, origin()).expect_err("it is refused");
    expected.assert_eq(&format!("{}: {failure}", kind(&failure)));
}

/// A component of this text with a manifest.
pub fn text(component: &str, manifest: &str) -> Vec<u8> {
    with_manifest(
        wat::parse_str(component).expect("the text is right"),
        manifest,
    )
}

/// A component with which nothing is wrong.
pub fn good() -> Vec<u8> {
    platform("", "(i32.const 1024)", "unreachable")
}

/// Calls `describe` of a platform with this body.
pub fn describe(items: &str, body: &str, expected: Expect) {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let host = host(folder.path(), limits());
    let plugin = load(&host, platform(items, "unreachable", body));
    expected.assert_eq(&words(&host.describe_target(&plugin, "x", "{}")));
}
