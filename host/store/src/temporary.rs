//! A folder for what a running store is still writing, and the removal of what a killed
//! one left behind.

use std::io;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use orch_model::Fault;

use crate::{Lock, Store};

/// A numbered folder below `temporary/`, held by a lock beside it. The lowest number that
/// is free is taken and emptied first: so what a killed process left is removed by the next
/// one, and never while its owner lives.
#[derive(Debug)]
pub(crate) struct Temporary {
    folder: PathBuf,
    _lock: Lock,
}

impl Temporary {
    fn claim(parent: &Path) -> io::Result<Self> {
        let mut number = 0u32;
        loop {
            if let Some(lock) = Lock::try_acquire(&parent.join(format!("{number}.lock")))? {
                let folder = parent.join(number.to_string());
                match std::fs::remove_dir_all(&folder) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
                std::fs::create_dir(&folder)?;
                return Ok(Self {
                    folder,
                    _lock: lock,
                });
            }
            number += 1;
        }
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Store {
    /// A new file on the store's own disk, removed unless it is renamed into place.
    pub(crate) fn temporary_file(&self) -> Result<NamedTempFile, Fault> {
        let parent = self.0.root.join("temporary");
        let mut temporary = self.0.temporary.lock().expect("nobody panics with it");
        if temporary.is_none() {
            let claimed = Temporary::claim(&parent)
                .map_err(|error| Fault::io("create a file in", &parent, &error))?;
            *temporary = Some(claimed);
        }
        let folder = &temporary.as_ref().expect("just claimed").folder;
        NamedTempFile::new_in(folder).map_err(|error| Fault::io("create a file in", folder, &error))
    }

    /// Renames a finished file to its name, whose folder may be missing yet.
    pub(crate) fn persist(&self, file: NamedTempFile, path: &Path) -> Result<(), Fault> {
        let failed = |error: &io::Error| Fault::io("write", path, error);
        match file.persist(path) {
            Ok(_) => Ok(()),
            Err(error) if error.error.kind() == io::ErrorKind::NotFound => {
                let folder = path.parent().expect("a file of the store has a folder");
                std::fs::create_dir_all(folder).map_err(|error| failed(&error))?;
                error
                    .file
                    .persist(path)
                    .map_err(|error| failed(&error.error))?;
                Ok(())
            }
            Err(error) => Err(failed(&error.error)),
        }
    }
}
