//! What came of a node.

use orch_model::Sample;

use crate::port::ActionResult;

/// Where a success came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It was done in this run.
    Done,
    /// It was done before, with the same key.
    Cached,
    /// It was done before, but what it leaves in the project was not in place any more.
    Restored,
}

/// What came of a node. A failing compile is an outcome; errors are for our own faults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It holds.
    Succeeded {
        /// What it left.
        result: ActionResult,
        /// Where that came from.
        origin: Origin,
    },
    /// It failed by itself.
    Failed {
        /// What happened.
        reason: String,
        /// What to do.
        hint: Option<String>,
        /// What it printed and cost, if it was a process.
        sample: Option<Sample>,
        /// Whether it is about fetching, verifying or a gate: decides the exit code.
        fault: Option<orch_model::FaultKind>,
        /// What was found all the same, as in [`ActionResult::findings`].
        findings: serde_json::Value,
    },
    /// It was not tried, because of a node that it needs.
    Skipped {
        /// The reason, naming that node.
        reason: String,
    },
    /// It has begun, and a person has to say that it may go on.
    Waits {
        /// How far it is, and what goes on with it.
        reason: String,
        /// How it stands, as in [`ActionResult::findings`].
        findings: serde_json::Value,
    },
    /// The user interrupted before or while it ran.
    Cancelled,
}

impl Outcome {
    /// Whether what depends on it may run.
    pub fn is_success(&self) -> bool {
        matches!(self, Outcome::Succeeded { .. })
    }
}
