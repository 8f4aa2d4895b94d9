//! Why an action is over before its outputs are in the store.

use orch_engine::port::{Execution, Failure};
use orch_model::{Fault, Sample};

/// The end of an action that did not succeed.
#[derive(Debug)]
pub(crate) enum Ended {
    /// By itself.
    Failed {
        /// As in [`Failure`].
        reason: String,
        hint: Option<String>,
    },
    /// By the user.
    Cancelled,
    /// Ours or the machine's.
    Fault(Fault),
}

impl Ended {
    pub(crate) fn failed(reason: impl Into<String>) -> Self {
        Self::Failed {
            reason: reason.into(),
            hint: None,
        }
    }

    pub(crate) fn failed_with_hint(reason: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Failed {
            reason: reason.into(),
            hint: Some(hint.into()),
        }
    }

    /// The same with a hint, if it is a failure that has none yet and there is one.
    pub(crate) fn or_hint(self, known: impl FnOnce() -> Option<String>) -> Self {
        match self {
            Self::Failed { reason, hint: None } => Self::Failed {
                reason,
                hint: known(),
            },
            ended => ended,
        }
    }

    /// What the engine is told, with what the process printed and cost until then.
    pub(crate) fn report(self, sample: Sample) -> Result<Execution, Fault> {
        match self {
            Self::Failed { reason, hint } => Ok(Execution::Failed(Failure {
                reason,
                hint,
                sample,
            })),
            Self::Cancelled => Ok(Execution::Cancelled),
            Self::Fault(fault) => Err(fault),
        }
    }
}

impl From<Fault> for Ended {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}
