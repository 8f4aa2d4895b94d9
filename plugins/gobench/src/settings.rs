//! What a `[bench.*]` table may set. The manifest has the same as JSON Schema, with a description
//! of each.

use std::collections::BTreeMap;
use std::fmt;

use orch_plugin::benchmark_probe::takes_port;
use orch_plugin::{
    Problem, argument_problems, count_problems, milliseconds, pattern_problems, variable_problems,
};
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

mod service;

/// All benchmarks, as `-bench` takes it.
const EVERY: &str = ".";

/// What stands in `arguments` for the files that a program leaves its profiles in.
pub(crate) const CPU_FILE: &str = "${cpu}";
pub(crate) const HEAP_FILE: &str = "${heap}";

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
    /// What a service is asked for while it is profiled.
    pub(crate) path: Option<String>,
    pub(crate) ready: Option<String>,
    connections: Option<u32>,
    duration: Option<String>,
    pprof: Option<String>,
}

/// What is profiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    Benchmarks,
    /// A program that ends by itself, and says where it leaves profiles.
    Program,
    /// A program that listens at a port, and is asked for profiles.
    Service,
}

/// One package or several.
#[derive(Debug)]
pub(crate) enum Packages {
    One(String),
    Several(Vec<String>),
}

/// By hand: what serde derives for one of two shapes takes kilobytes of every component.
impl<'de> Deserialize<'de> for Packages {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrSeveral)
    }
}

struct OneOrSeveral;

impl<'de> Visitor<'de> for OneOrSeveral {
    type Value = Packages;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a package or a list of packages")
    }

    fn visit_str<E>(self, package: &str) -> Result<Packages, E> {
        Ok(Packages::One(package.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Packages, A::Error> {
        let mut packages = Vec::new();
        while let Some(package) = list.next_element()? {
            packages.push(package);
        }
        Ok(Packages::Several(packages))
    }
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
            path: None,
            ready: None,
            connections: None,
            duration: None,
            pprof: None,
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

    /// What the probe `profile` is asked to look into.
    pub(crate) fn subject(&self) -> Subject {
        let arguments = self.arguments.as_deref().unwrap_or_default();
        let is_told = |what: &str| arguments.iter().any(|text| text.contains(what));
        if takes_port(arguments, &self.env) {
            Subject::Service
        } else if self.arguments.is_none() {
            Subject::Benchmarks
        } else if is_told(CPU_FILE) || is_told(HEAP_FILE) || self.of_services().is_empty() {
            Subject::Program
        } else {
            // One that is not told its port: that is said of it.
            Subject::Service
        }
    }

    /// Those that are set and mean something to benchmarks alone.
    fn of_benchmarks(&self) -> Vec<&'static str> {
        set(&[
            ("packages", self.packages.is_some()),
            ("bench", self.bench != EVERY),
            ("benchtime", self.benchtime.is_some()),
            ("cpu", !self.cpu.is_empty()),
            ("tags", !self.tags.is_empty()),
            ("inputs", !self.inputs.is_empty()),
        ])
    }

    /// What is set for the probe `profile` alone, where another is asked for.
    pub(crate) fn problems_of_gobench(&self) -> Vec<Problem> {
        let mut settings = self.of_services();
        settings.extend(self.arguments.is_some().then_some("arguments"));
        let hint = "take it away; it is for `profile`";
        misplaced(&settings, "means nothing to `gobench`", hint)
    }

    /// What is wrong where the build's own program is profiled, be it a service or not.
    pub(crate) fn problems_of_program(&self) -> Vec<Problem> {
        let arguments = self.arguments.as_deref().unwrap_or_default();
        let mut problems = argument_problems("arguments", arguments);
        problems.extend(variable_problems("env", &self.env));
        let (why, others) = match self.subject() {
            Subject::Service => ("`${port}` for a service", self.path_problems()),
            Subject::Program | Subject::Benchmarks => {
                ("`arguments` for a program", self.lacks_port())
            }
        };
        let why = format!("is for benchmarks, and {why}");
        let hint = "take one of the two away";
        problems.extend(misplaced(&self.of_benchmarks(), &why, hint));
        problems.extend(others);
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
        problems.extend(self.lacks_port());
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

/// The names of those that are set.
fn set(all: &[(&'static str, bool)]) -> Vec<&'static str> {
    let set = all.iter().filter(|(_, is_set)| *is_set);
    set.map(|(setting, _)| *setting).collect()
}

/// That each of these should not be set.
fn misplaced(settings: &[&str], why: &str, hint: &str) -> Vec<Problem> {
    let problem = |setting: &&str| {
        Problem::new(format!("`{setting}` {why}"))
            .at(*setting)
            .hint(hint)
    };
    settings.iter().map(problem).collect()
}
