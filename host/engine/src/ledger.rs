//! What the result of a node depends on, written down line by line. One walk makes the
//! key and the words that explain it, so the two cannot disagree.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use orch_model::{Action, Artifact, Digest, Hasher, Machine, Runner, Target, Word};

use crate::plan::PlannedBench;
use crate::port::{InstalledTree, OutputFile, SourceFile};

/// One thing that a result depends on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// What it is, in the user's words: ``input `go.mod` ``, ``variable `GOOS` ``.
    pub what: String,
    /// Its value; a digest where it is a file.
    pub value: String,
}

/// All that a node's result depends on, in a fixed order. Never time, secrets or a
/// machine's paths.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ledger(Vec<Entry>);

/// A line of the difference between two ledgers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// Both have it, with different values.
    Changed {
        /// What.
        what: String,
        /// Its earlier value.
        from: String,
        /// Its value now.
        to: String,
    },
    /// Only the newer has it.
    Added(String),
    /// Only the older has it.
    Removed(String),
}

/// Raised whenever the walk changes, so that results of an older walk are not found.
const WALK: &str = "orch key 3";

/// A judge changes with `orch`; between two releases the number is raised.
const JUDGE: &str = concat!("orch ", env!("CARGO_PKG_VERSION"), ", findings 2");

/// Raised whenever measuring changes so that figures of before are not like those of now.
const MEASUREMENT: &str = "orch measurement 2";

/// The engine changes with `orch` alone.
const EMBEDDED_ENGINE: &str = concat!("embedded engine of orch ", env!("CARGO_PKG_VERSION"));

impl Ledger {
    /// What the figures of a bench depend on beside its processes and the machine.
    pub fn of_bench(bench: &PlannedBench) -> Self {
        let mut ledger = Self::default();
        ledger.add("measurement format", MEASUREMENT);
        ledger.add(
            "probe",
            format!("{} of plugin `{}`", bench.probe, bench.by.plugin),
        );
        ledger.add("the probe's plugin", bench.plugin_digest.to_string());
        ledger.add("settings", &bench.settings);
        for measurement in &bench.measurements {
            let plan = serde_json::to_string(measurement).expect("it has a JSON form");
            ledger.add(format!("measurement `{}`", measurement.name), plan);
        }
        if let Some(on) = &bench.on {
            ledger.add("measured on", on.to_string());
        }
        if let Some(cpus) = bench.cpus {
            ledger.add("cpus of its own", cpus.to_string());
        }
        if let Some(limits) = &bench.limits {
            ledger.add("limits", limits.to_string());
        }
        if let Some(baseline) = &bench.baseline {
            ledger.add("baseline", baseline);
        }
        for gate in &bench.gates {
            ledger.add(
                format!("gate on `{}`", gate.metric),
                format!("{} at {}", gate.worse_than, gate.confidence),
            );
        }
        ledger
    }

    /// Adds what a process of a measurement depends on.
    pub fn within(&mut self, measurement: &str, process: Self) {
        for entry in process.0 {
            self.add(format!("{} of `{measurement}`", entry.what), entry.value);
        }
    }

    /// Adds what is shipped.
    pub fn ship(&mut self, artifacts: &[(Artifact, OutputFile)]) {
        for (artifact, file) in artifacts {
            let value = content(file.digest, file.executable);
            self.add(format!("artifact `{}`", artifact.name), value);
        }
    }

    /// The ledger of a process; `sandbox` as [`crate::port::Executor::sandbox`] says it.
    pub fn of_action(
        action: &Action,
        host: &Machine,
        sandbox: &str,
        emulator: Option<Digest>,
        inputs: &[SourceFile],
        artifacts: &BTreeMap<String, Vec<OutputFile>>,
        tools: &BTreeMap<String, InstalledTree>,
    ) -> Self {
        let mut ledger = Self::default();
        ledger.add("key format", WALK);
        ledger.add("platform", &host.triple);
        ledger.add("program", word(&action.program));
        for (position, argument) in action.arguments.iter().enumerate() {
            ledger.add(format!("argument {}", position + 1), word(argument));
        }
        let mut variables: Vec<_> = action.environment.iter().collect();
        variables.sort_by(|left, right| left.name.cmp(&right.name));
        for variable in variables {
            ledger.add(
                format!("variable `{}`", variable.name),
                word(&variable.value),
            );
        }
        ledger.add("working directory", action.directory.to_string());
        if let Runner::Emulator(command) = &action.runner {
            for (position, part) in command.iter().enumerate() {
                ledger.add(format!("emulator word {}", position + 1), part);
            }
            let content = emulator.map(|digest| digest.to_string());
            ledger.add("emulator", content.as_deref().unwrap_or("none"));
        }
        if action.runner == Runner::EmbeddedWasm {
            ledger.add("runner", EMBEDDED_ENGINE);
        }
        for file in &action.files {
            let value = content(Digest::of(&file.text), file.executable);
            for path in &file.paths {
                ledger.add(format!("file `{path}` of its plugin"), &value);
            }
        }
        ledger.add("sandbox", sandbox);
        ledger.add("network", if action.network { "yes" } else { "no" });
        // Their order means nothing, so it changes nothing.
        let mut outputs: Vec<_> = action.outputs.iter().collect();
        outputs.sort();
        for output in outputs {
            ledger.add(format!("declared output `{output}`"), "");
        }
        for (name, tree) in tools {
            if tree.programs.is_empty() {
                ledger.add(format!("toolchain `{name}`"), tree.tree.to_string());
            }
            for program in &tree.programs {
                let what = format!("program `{}` of toolchain `{name}`", program.name);
                ledger.add(what, program.digest.to_string());
            }
        }
        for (action, files) in artifacts {
            for file in files {
                ledger.add(
                    format!("`{}` of step `{action}`", file.path.relative),
                    content(file.digest, file.executable),
                );
            }
        }
        for input in inputs {
            let value = match &input.link {
                Some(link) => format!("link to {link}"),
                None => content(input.digest, input.executable),
            };
            ledger.add(format!("input `{}`", input.path), value);
        }
        ledger
    }

    /// The ledger of a look into artifacts.
    pub fn of_judgement(artifacts: &[(Artifact, OutputFile)], target: &Target) -> Self {
        let mut ledger = Self::default();
        ledger.add("key format", WALK);
        ledger.add("judge", JUDGE);
        let target = serde_json::to_vec(target).expect("a target has a JSON form");
        ledger.add("target", Digest::of(target).to_string());
        for (artifact, file) in artifacts {
            ledger.add(
                format!("artifact `{}`", artifact.name),
                content(file.digest, file.executable),
            );
        }
        ledger
    }

    /// The key: a digest over every entry.
    pub fn key(&self) -> Digest {
        let mut hasher = Hasher::new();
        for entry in &self.0 {
            hasher.field(&entry.what);
            hasher.field(&entry.value);
        }
        hasher.finish()
    }

    /// Its entries.
    pub fn entries(&self) -> &[Entry] {
        &self.0
    }

    /// What is different in this ledger from an earlier one.
    pub fn changes_since(&self, earlier: &Ledger) -> Vec<Change> {
        let before: std::collections::HashMap<&str, &str> = earlier.pairs().collect();
        let now: std::collections::HashMap<&str, &str> = self.pairs().collect();
        let mut changes: Vec<Change> = self
            .pairs()
            .filter_map(|(what, value)| match before.get(what) {
                Some(old) if *old == value => None,
                Some(old) => Some(Change::Changed {
                    what: what.to_owned(),
                    from: (*old).to_owned(),
                    to: value.to_owned(),
                }),
                None => Some(Change::Added(what.to_owned())),
            })
            .collect();
        changes.extend(
            earlier
                .pairs()
                .filter(|(what, _)| !now.contains_key(what))
                .map(|(what, _)| Change::Removed(what.to_owned())),
        );
        changes
    }

    fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|entry| (entry.what.as_str(), entry.value.as_str()))
    }

    fn add(&mut self, what: impl Into<String>, value: impl Into<String>) {
        self.0.push(Entry {
            what: what.into(),
            value: value.into(),
        });
    }
}

/// Unlike its form for people, this tells a path from text that looks like one.
fn word(word: &Word) -> String {
    use orch_model::Part;
    word.0
        .iter()
        .map(|part| match part {
            Part::Text(text) => text.replace('{', "{{"),
            Part::Path(path) => format!("{{{path}}}"),
        })
        .collect()
}

fn content(digest: Digest, executable: bool) -> String {
    match executable {
        true => format!("{digest} executable"),
        false => digest.to_string(),
    }
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            // A digest tells a person nothing but that the content differs.
            Change::Changed { what, from, to }
                if from.starts_with("sha256:") || to.starts_with("sha256:") =>
            {
                write!(f, "{what} has other content")
            }
            Change::Changed { what, from, to } => write!(f, "{what} was `{from}` and is `{to}`"),
            Change::Added(what) => write!(f, "{what} is new"),
            Change::Removed(what) => write!(f, "{what} is gone"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger(entries: &[(&str, &str)]) -> Ledger {
        let mut ledger = Ledger::default();
        for (what, value) in entries {
            ledger.add(*what, *value);
        }
        ledger
    }

    #[test]
    fn what_changed_is_said_in_the_users_words() {
        let before = ledger(&[
            ("variable `GOOS`", "linux"),
            ("input `a.go`", "sha256:00"),
            ("input `b.go`", "sha256:11"),
        ]);
        let now = ledger(&[
            ("variable `GOOS`", "windows"),
            ("input `a.go`", "sha256:22"),
            ("input `c.go`", "sha256:33"),
        ]);
        let changes: Vec<_> = now
            .changes_since(&before)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            changes,
            [
                "variable `GOOS` was `linux` and is `windows`",
                "input `a.go` has other content",
                "input `c.go` is new",
                "input `b.go` is gone",
            ]
        );
    }

    #[test]
    fn ledgers_differ_in_key_exactly_where_they_differ_in_words() {
        let one = ledger(&[("a", "b"), ("c", "d")]);
        assert_eq!(one.key(), one.clone().key());
        for other in [
            ledger(&[("a", "b")]),
            ledger(&[("a", "b"), ("c", "e")]),
            ledger(&[("a", "bc"), ("", "d")]),
        ] {
            assert_ne!(one.key(), other.key());
            assert!(!other.changes_since(&one).is_empty());
        }
    }

    #[test]
    fn a_path_and_text_that_looks_like_one_have_other_keys() {
        use orch_model::{Part, RelativePath, Root, SandboxPath};
        let path = Word(vec![Part::Path(SandboxPath {
            root: Root::Source,
            relative: RelativePath::root(),
        })]);
        assert_ne!(word(&path), word(&Word::text("{source}")));
    }
}
