//! What is kept of a measurement.

use orch_model::{Better, Digest, Metric, NodeId};
use serde::{Serialize, Serializer};

/// A run of `orch` that measured something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Run {
    /// Its name, which no other run of the project has.
    pub id: String,
    /// When it began: seconds since 1970-01-01, UTC. Told to people, never used for order.
    pub time_s: i64,
    /// The commit of the sources, if they have one.
    pub commit: Option<String>,
}

/// Follows the commit of sources that were edited, as `git describe --dirty` writes it.
pub(crate) const EDITED: &str = "-dirty";

/// So many digits of a commit git knows it by.
const COMMIT_DIGITS: usize = 12;

impl Run {
    /// The commit for people: its beginning, and `-dirty` where sources were edited.
    pub fn short_commit(&self) -> Option<String> {
        let commit = self.commit.as_deref()?;
        let (name, edited) = match commit.strip_suffix(EDITED) {
            Some(name) => (name, EDITED),
            None => (commit, ""),
        };
        let name = name.get(..COMMIT_DIGITS).unwrap_or(name);
        Some(format!("{name}{edited}"))
    }
}

/// Hardware on which figures can be compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hardware {
    /// Of all that makes times comparable.
    pub fingerprint: Digest,
    /// The same for people, in a line.
    pub summary: String,
}

/// One benchmark's figures in one run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measurement {
    /// The node that measured, such as `bench.startup@static`.
    pub node: NodeId,
    /// The benchmark's name in the pipeline, such as `startup`.
    pub bench: String,
    /// The target's name in the pipeline, if it has one.
    pub target: Option<String>,
    /// What was measured, if it is one file.
    pub artifact: Option<Digest>,
    /// Where it was measured.
    pub hardware: Hardware,
    /// The toolchains with their releases, parted by a comma and a space: `go 1.22.10, zig 0.13.0`.
    pub toolchains: String,
    /// Of all that tuning set, if it set anything.
    pub tuning: Option<Digest>,
    /// Names all that the measurement depends on: under an equal key it need not be repeated.
    pub key: Digest,
    /// What came of its gates, as JSON; none where it has no gate.
    #[serde(serialize_with = "as_json")]
    pub verdict: Option<String>,
    /// Whether a gate failed. Such a measurement is no baseline for others.
    pub failed: bool,
    /// Whether its times mean anything. They do not where it ran under an emulator, only to see
    /// that it runs.
    pub times_count: bool,
    /// Its figures, each of another name.
    pub metrics: Vec<Metric>,
}

/// A measurement as the history has it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Kept {
    /// Its place in the history: what was kept later has a larger number.
    pub number: i64,
    /// Of which run it is.
    pub run: Run,
    /// What was measured.
    #[serde(flatten)]
    pub measurement: Measurement,
}

/// The word for a direction, in the file and in what is made of it.
pub(crate) fn word(better: Better) -> &'static str {
    match better {
        Better::Less => "less",
        Better::More => "more",
    }
}

/// A verdict as the JSON that it is. What is none, as somebody may have written it with other
/// programs, stays text.
fn as_json<S: Serializer>(verdict: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    let Some(text) = verdict else {
        return serializer.serialize_none();
    };
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(value) => value.serialize(serializer),
        Err(_) => serializer.serialize_str(text),
    }
}
