//! A file that exists while something is locked, and tells processes from each other.
//! Knows nothing of what is locked.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Holds a lock until it is dropped. The kernel lets go of it when the process dies, so a
/// lock is never left behind.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    /// Closing it lets go of the lock.
    _file: File,
}

impl Lock {
    /// Waits until nobody else holds the file at `path`, and holds it.
    pub fn acquire(path: &Path) -> io::Result<Self> {
        loop {
            let file = open(path)?;
            file.lock()?;
            if let Some(lock) = Self::of_current(path, file)? {
                return Ok(lock);
            }
        }
    }

    /// Holds the file at `path` unless somebody else does.
    pub fn try_acquire(path: &Path) -> io::Result<Option<Self>> {
        loop {
            let file = open(path)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) => return Err(error),
            }
            if let Some(lock) = Self::of_current(path, file)? {
                return Ok(Some(lock));
            }
        }
    }

    /// A lock on a file that has been removed meanwhile keeps nobody out: the next comer
    /// would make a new file. Only the file that still stands at `path` counts.
    fn of_current(path: &Path, file: File) -> io::Result<Option<Self>> {
        let held = file.metadata()?;
        match std::fs::metadata(path) {
            Ok(current) if (current.dev(), current.ino()) == (held.dev(), held.ino()) => {
                Ok(Some(Self {
                    path: path.to_owned(),
                    _file: file,
                }))
            }
            Ok(_) => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Removed while it is still held. A failure leaves an empty file and harms nobody.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
}
