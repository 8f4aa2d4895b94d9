//! One process at a time: a lock file that is freed when its holder ends, however it
//! ends. The files themselves stay, empty: removing one would race with its next user.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::time::Duration;

use orch_engine::Cancel;
use orch_model::Fault;

/// Held until dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

/// How often a held lock is looked at again: short beside a download, rare beside the
/// cost of looking.
const PAUSE: Duration = Duration::from_millis(25);

impl Lock {
    /// Takes the lock, waiting while somebody else holds it.
    pub(crate) fn take(path: &Path, cancel: &Cancel) -> Result<Self, Fault> {
        loop {
            if let Some(lock) = Self::try_take(path)? {
                return Ok(lock);
            }
            if cancel.wait(PAUSE) {
                return Err(Fault::interrupted());
            }
        }
    }

    /// Takes the lock unless somebody else holds it.
    pub(crate) fn try_take(path: &Path) -> Result<Option<Self>, Fault> {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)
            .map_err(|error| Fault::io("open the lock", path, &error))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(Fault::io("lock", path, &error)),
        }
    }
}
