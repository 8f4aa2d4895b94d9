//! Why something was not done on a host that had been reached.

use std::fmt;

use orch_model::{Fault, FaultKind};

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// The connection broke. What was asked for may have been done or not.
    Broken,
    /// It took longer than it may. Its processes were told to end.
    TimedOut,
    /// The caller raised the [`Stop`](crate::Stop). Its processes were told to end.
    Stopped,
    /// It needs root, and the user may not become root without a password.
    NotRoot,
    /// The host's disk is full.
    DiskFull,
    /// The host could not do it, for a reason of its own.
    Failed,
    /// This machine could not.
    Internal,
}

/// Something that was not done, with what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// What became of it.
    pub loss: Loss,
    /// The same in words.
    pub fault: Fault,
}

impl Lost {
    pub(crate) fn new(loss: Loss, message: impl Into<String>) -> Self {
        let kind = match loss {
            Loss::Stopped => FaultKind::Interrupted,
            Loss::Internal => FaultKind::Internal,
            _ => FaultKind::Fetch,
        };
        Self {
            loss,
            fault: Fault::new(kind, message),
        }
    }

    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Self {
            fault: self.fault.hint(hint),
            ..self
        }
    }
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fault.fmt(f)
    }
}

impl std::error::Error for Lost {}
