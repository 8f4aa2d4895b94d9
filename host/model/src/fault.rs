//! What went wrong outside the user's pipeline and outside a plugin: the error type that
//! the house passes around, with the kind that decides the exit code.

use std::fmt;

/// What a fault is about; each kind has one exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// Something could not be done where it was to be done (exit code 1).
    Action,
    /// The command line or a file of the user's is wrong (exit code 2).
    Usage,
    /// A plugin refused, was denied or failed (exit code 3).
    Plugin,
    /// Something could not be fetched or verified (exit code 4).
    Fetch,
    /// Our own fault, or the machine's: a full disk, a read-only cache (exit code 5).
    Internal,
    /// Content that the cache should hold is missing or damaged there; it can be made again
    /// (exit code 5, where that did not help).
    Lost,
    /// A figure is worse than its gate allows (exit code 10).
    GateFailed,
    /// Samples do not tell whether a figure is worse than its gate allows (exit code 11).
    GateInconclusive,
    /// A release did not hold and machines went back to what ran before (exit code 12).
    RolledBack,
    /// The user interrupted (exit code 130).
    Interrupted,
}

/// The number of the error that a failing disk gives, on every Unix.
const IO_ERROR: i32 = 5;

/// An error with what the user can do about it. Messages are lower case, begin with
/// what failed, and name the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What it is about.
    pub kind: FaultKind,
    /// What happened, and where.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
}

impl Fault {
    /// A fault without a hint.
    pub fn new(kind: FaultKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            hint: None,
        }
    }

    /// A fault of the machine or our own.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(FaultKind::Internal, message)
    }

    /// Something that could not be fetched or verified.
    pub fn fetch(message: impl Into<String>) -> Self {
        Self::new(FaultKind::Fetch, message)
    }

    /// Content that the cache has lost.
    pub fn lost(message: impl Into<String>) -> Self {
        Self::new(FaultKind::Lost, message)
    }

    /// Something that could not be done where it was to be done.
    pub fn action(message: impl Into<String>) -> Self {
        Self::new(FaultKind::Action, message)
    }

    /// A wrong use of the command line or a wrong file.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(FaultKind::Usage, message)
    }

    /// An interrupt by the user.
    pub fn interrupted() -> Self {
        Self::new(FaultKind::Interrupted, "interrupted")
    }

    /// An I/O error while doing something to a file: `could not write `x`: no space`.
    pub fn io(doing: &str, path: &std::path::Path, error: &std::io::Error) -> Self {
        let fault = Self::internal(format!("could not {doing} `{}`: {error}", path.display()));
        if error.raw_os_error() == Some(IO_ERROR) {
            return fault.hint(
                "the disk could not do it: see the system's log, or set `ORCH_CACHE_DIR` to another disk",
            );
        }
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                fault.hint("free some space (`df -h`) or files (`df -i`), or set `ORCH_CACHE_DIR` to a larger disk")
            }
            std::io::ErrorKind::ReadOnlyFilesystem | std::io::ErrorKind::PermissionDenied => {
                fault.hint("check its permissions, or set `ORCH_CACHE_DIR` to a folder that can be written")
            }
            _ => fault,
        }
    }

    /// The same fault with a hint.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}
