//! Why a command ends early.

use orch_model::Fault;

use crate::exit::Exit;

/// Why a command ends early.
#[derive(Debug)]
pub enum Stop {
    /// A fault that is still to be said.
    Fault(Fault),
    /// The reason was said already.
    Said(Exit),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Stop::Fault(fault)
    }
}
