//! Why something was not done on a machine.

use orch_model::{Fault, FaultKind};
use orch_transport::{Barrier, Loss, Lost, Unreached};

/// Why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// It cannot be reached now. What was under way may have been done or not.
    Offline(Fault),
    /// It is not the machine that it should be: nothing may be done anywhere.
    Stranger(Fault),
    /// It cannot do it.
    Failed(Fault),
    /// The user interrupted.
    Stopped,
}

impl Trouble {
    /// In words.
    pub fn message(&self) -> &str {
        match self {
            Self::Offline(fault) | Self::Stranger(fault) | Self::Failed(fault) => &fault.message,
            Self::Stopped => "interrupted",
        }
    }

    /// As a fault.
    pub fn into_fault(self) -> Fault {
        match self {
            Self::Offline(fault) | Self::Stranger(fault) | Self::Failed(fault) => fault,
            Self::Stopped => Fault::interrupted(),
        }
    }

    /// What to do.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Offline(fault) | Self::Stranger(fault) | Self::Failed(fault) => {
                fault.hint.as_deref()
            }
            Self::Stopped => None,
        }
    }
}

impl From<Unreached> for Trouble {
    fn from(unreached: Unreached) -> Self {
        match unreached.barrier {
            _ if unreached.fault.kind == FaultKind::Interrupted => Self::Stopped,
            Barrier::Offline => Self::Offline(unreached.fault),
            Barrier::KeyChanged | Barrier::KeyUnknown => Self::Stranger(unreached.fault),
            _ => Self::Failed(unreached.fault),
        }
    }
}

impl From<Lost> for Trouble {
    fn from(lost: Lost) -> Self {
        match lost.loss {
            Loss::Stopped => Self::Stopped,
            Loss::Broken => Self::Offline(lost.fault),
            _ => Self::Failed(lost.fault),
        }
    }
}
