//! What a `[bench.*]` table may set. The manifest has the same as JSON Schema, with a description
//! of each.

use std::collections::BTreeMap;

use orch_plugin::{
    Problem, argument_problems, count_problems, milliseconds, pattern_problems, variable_problems,
};
use serde::Deserialize;

/// All benchmarks, as `-bench` takes it.
const EVERY: &str = ".";

/// The most processors that Go is told to use.
const PROCESSORS: u32 = 1024;

/// Which benchmarks are run, and how.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    pub(crate) packages: Option<Packages>,
    pub(crate) bench: String,
    pub(crate) benchtime: Option<String>,
    pub(crate) cpu: Vec<u32>,
    pub(crate) tags: Vec<String>,
    pub(crate) env: BTreeMap<String, String>,
    pub(crate) inputs: Vec<String>,
    /// With which the build's own program is profiled, in place of benchmarks.
    pub(crate) arguments: Option<Vec<String>>,
}

/// One package or several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Packages {
    One(String),
    Several(Vec<String>),
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            packages: None,
            bench: EVERY.to_owned(),
            benchtime: None,
            cpu: Vec::new(),
            tags: Vec::new(),
            env: BTreeMap::new(),
            inputs: Vec::new(),
            arguments: None,
        }
    }
}

impl Packages {
    /// Each as it is written, with the setting that holds it.
    fn written(&self) -> Vec<(String, &str)> {
        match self {
            Packages::One(package) => vec![("packages".to_owned(), package)],
            Packages::Several(packages) => {
                let packages = packages.iter().enumerate();
                packages
                    .map(|(position, package)| (format!("packages[{position}]"), package.as_str()))
                    .collect()
            }
        }
    }
}

impl Settings {
    /// The packages as they are written, each with the setting that holds it; all of the module
    /// where nothing is said.
    pub(crate) fn packages(&self) -> Vec<(String, &str)> {
        let written = self.packages.as_ref().map(Packages::written);
        written.unwrap_or_else(|| vec![("packages".to_owned(), "./...")])
    }

    /// What is wrong where the build's own program is profiled.
    pub(crate) fn problems_of_program(&self) -> Vec<Problem> {
        let arguments = self.arguments.as_deref().unwrap_or_default();
        let mut problems = argument_problems("arguments", arguments);
        problems.extend(variable_problems("env", &self.env));
        let of_benchmarks = [
            ("packages", self.packages.is_some()),
            ("bench", self.bench != EVERY),
            ("benchtime", self.benchtime.is_some()),
            ("cpu", !self.cpu.is_empty()),
            ("tags", !self.tags.is_empty()),
            ("inputs", !self.inputs.is_empty()),
        ];
        let set = of_benchmarks.into_iter().filter(|(_, is_set)| *is_set);
        problems.extend(set.map(|(setting, _)| {
            Problem::new(format!(
                "`{setting}` is for benchmarks, and `arguments` for a program"
            ))
            .at(setting)
            .hint("take one of the two away")
        }));
        problems
    }

    /// Everything that is wrong but the packages.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.bench.is_empty() || self.bench.contains('\0') {
            problems.push(
                Problem::new("`bench` matches no benchmark")
                    .at("bench")
                    .hint("write `.` for all, or a regular expression such as `Parse/small`"),
            );
        }
        problems.extend(self.benchtime_problem());
        problems.extend(variable_problems("env", &self.env));
        problems.extend(pattern_problems("inputs", &self.inputs));
        if !self.cpu.is_empty() {
            problems.extend(count_problems("cpu", "processors", &self.cpu, PROCESSORS));
        }
        for (position, tag) in self.tags.iter().enumerate() {
            let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
            if tag.is_empty() || !tag.chars().all(is_part) {
                problems.push(
                    Problem::new(format!("`{}` is no build tag", tag.escape_debug()))
                        .at(format!("tags[{position}]"))
                        .hint("write one tag in each item"),
                );
            }
        }
        problems
    }

    fn benchtime_problem(&self) -> Option<Problem> {
        let text = self.benchtime.as_ref()?;
        let is_something = match text.strip_suffix('x') {
            Some(count) => count.parse::<u32>().map(|count| count > 0).ok(),
            None => milliseconds("benchtime", text).map(|time| time > 0).ok(),
        };
        (is_something != Some(true)).then(|| {
            Problem::new(format!(
                "`{}` does not say how long a benchmark runs",
                text.escape_debug()
            ))
            .at("benchtime")
            .hint("write a time such as `100ms`, or how often it runs: `1000x`")
        })
    }
}
