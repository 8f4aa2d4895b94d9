//! What a `[bench.*]` table may set. The manifest has the same as JSON Schema, with a description
//! of each.

use std::collections::BTreeMap;

use orch_plugin::benchmark_probe::path_problem;
use orch_plugin::{Problem, argument_problems, count_problems, milliseconds, variable_problems};
use serde::Deserialize;

/// The most connections that a load may have, and the most rungs of a ladder.
const CONNECTIONS: u32 = 10_000;
const RUNGS: usize = 20;

/// A load and the service that bears it.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    pub(crate) arguments: Vec<String>,
    pub(crate) env: BTreeMap<String, String>,
    pub(crate) path: String,
    pub(crate) ready: Option<String>,
    pub(crate) method: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
    pub(crate) connections: Vec<u32>,
    pub(crate) rate: Option<f64>,
    duration: String,
    warmup: String,
    timeout: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            arguments: Vec::new(),
            env: BTreeMap::new(),
            path: "/".to_owned(),
            ready: None,
            method: "GET".to_owned(),
            headers: BTreeMap::new(),
            body: String::new(),
            connections: vec![1, 8, 64],
            rate: None,
            duration: "5s".to_owned(),
            warmup: "1s".to_owned(),
            timeout: "10s".to_owned(),
        }
    }
}

/// How long everything takes, in milliseconds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Times {
    pub(crate) duration_ms: u32,
    pub(crate) warmup_ms: u32,
    pub(crate) timeout_ms: u32,
}

impl Settings {
    /// Whether the throughput at several numbers of connections is measured.
    pub(crate) fn is_ladder(&self) -> bool {
        self.connections.len() > 1
    }

    /// How long everything takes; what cannot be read goes to `problems`.
    pub(crate) fn times(&self, problems: &mut Vec<Problem>) -> Times {
        let mut read = |setting: &str, text: &str, may_be_zero: bool| {
            let length = milliseconds(setting, text).and_then(|length| match length {
                0 if !may_be_zero => Err(Problem::new(format!("`{setting}` is no time at all"))
                    .at(setting)
                    .hint("write a length of time such as `5s`")),
                length => Ok(length),
            });
            length.unwrap_or_else(|problem| {
                problems.push(problem);
                0
            })
        };
        Times {
            duration_ms: read("duration", &self.duration, false),
            warmup_ms: read("warmup", &self.warmup, true),
            timeout_ms: read("timeout", &self.timeout, false),
        }
    }

    /// Everything else that is wrong.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        problems.extend(argument_problems("arguments", &self.arguments));
        problems.extend(variable_problems("env", &self.env));
        problems.extend(path_problem("path", &self.path));
        problems.extend(
            self.ready
                .iter()
                .filter_map(|path| path_problem("ready", path)),
        );
        problems.extend(self.request_problems());
        problems.extend(self.ladder_problems());
        if self
            .rate
            .is_some_and(|rate| !rate.is_finite() || rate <= 0.0)
        {
            problems.push(
                Problem::new("no requests a second are no load")
                    .at("rate")
                    .hint(
                        "write a number above 0, or take `rate` away for as many as there can be",
                    ),
            );
        }
        problems
    }

    fn request_problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if !is_token(&self.method) {
            let shown = self.method.escape_debug();
            problems.push(
                Problem::new(format!("`{shown}` is no HTTP method"))
                    .at("method")
                    .hint("write `GET`, `POST` or the like"),
            );
        }
        for (name, value) in &self.headers {
            let wrong = match (is_token(name), value.chars().any(char::is_control)) {
                (false, _) => format!("`{}` is no name of a header", name.escape_debug()),
                // The value is not shown: it may be a secret.
                (true, true) => format!("the value of `{name}` holds control characters"),
                (true, false) => continue,
            };
            problems.push(Problem::new(wrong).at(format!("headers.{name}")));
        }
        problems
    }

    fn ladder_problems(&self) -> Vec<Problem> {
        let setting = "connections";
        let mut problems = count_problems(setting, setting, &self.connections, CONNECTIONS);
        if self.connections.len() > RUNGS {
            problems.push(
                Problem::new(format!("a ladder has {RUNGS} rungs at most"))
                    .at(setting)
                    .hint("write fewer numbers of connections, such as `[1, 8, 64]`"),
            );
        }
        problems
    }
}

/// Whether a text can be a method or the name of a header: a `token` of RFC 9110, section 5.6.2,
/// of 128 characters at most.
fn is_token(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+');
    let starts_well = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    starts_well && text.len() <= 128 && text.chars().all(is_part)
}
