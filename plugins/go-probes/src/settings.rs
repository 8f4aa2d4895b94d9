//! What a `[bench.*]` table may set, and which probe heeds what. The manifest has the same as JSON
//! Schema, with a description of each.

use std::collections::BTreeMap;

use orch_plugin::{Error, Problem, argument_problems, variable_problems};
use serde::Deserialize;

/// The settings of all probes. What a probe does without is absent, so that one for another probe
/// is seen.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    pub(crate) env: BTreeMap<String, String>,
    pub(crate) package: Option<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) parallel: Option<Vec<u32>>,
    pub(crate) arguments: Vec<String>,
    pub(crate) ready: Option<String>,
    pub(crate) vars: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) requests: Option<u32>,
}

/// One of the probes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Probe {
    Scheduler,
    BuildSpeed,
    Memory,
}

impl Probe {
    pub(crate) const ALL: [Self; 3] = [Self::Scheduler, Self::BuildSpeed, Self::Memory];

    /// What a pipeline calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Scheduler => "go-scheduler",
            Self::BuildSpeed => "build-speed",
            Self::Memory => "memstats",
        }
    }

    pub(crate) fn summary(self) -> &'static str {
        match self {
            Self::Scheduler => "what Go's runtime takes for goroutines, channels and garbage",
            Self::BuildSpeed => "how fast Go builds a program, and answers an editor's questions",
            Self::Memory => "what the memory of a service in Go is made of",
        }
    }

    pub(crate) fn named(name: &str) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|probe| probe.name() == name);
        found.ok_or_else(|| Error::Unsupported(format!("there is no probe `{name}`")))
    }
}

impl Settings {
    /// Those that mean nothing to a probe, and those that no program can be given.
    pub(crate) fn problems(&self, probe: Probe) -> Vec<Problem> {
        let mut problems = self.misplaced(probe);
        problems.extend(argument_problems("arguments", &self.arguments));
        problems.extend(variable_problems("env", &self.env));
        problems
    }

    fn misplaced(&self, probe: Probe) -> Vec<Problem> {
        use Probe::{BuildSpeed, Memory, Scheduler};
        let all: [(&str, bool, &[Probe]); 9] = [
            ("env", !self.env.is_empty(), &[Scheduler, Memory]),
            ("package", self.package.is_some(), &[BuildSpeed]),
            ("tags", !self.tags.is_empty(), &[BuildSpeed]),
            ("parallel", self.parallel.is_some(), &[BuildSpeed]),
            ("arguments", !self.arguments.is_empty(), &[Memory]),
            ("ready", self.ready.is_some(), &[Memory]),
            ("vars", self.vars.is_some(), &[Memory]),
            ("path", self.path.is_some(), &[Memory]),
            ("requests", self.requests.is_some(), &[Memory]),
        ];
        let misplaced = all
            .iter()
            .filter(|(_, is_set, probes)| *is_set && !probes.contains(&probe));
        let problems = misplaced.map(|(setting, _, probes)| {
            let whose: Vec<_> = probes.iter().map(|probe| probe.name()).collect();
            Problem::new(format!("`{setting}` means nothing to `{}`", probe.name()))
                .at(*setting)
                .hint(format!(
                    "take it away; it is for `{}`",
                    whose.join("` and `")
                ))
        });
        problems.collect()
    }
}
