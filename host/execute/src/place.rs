//! A folder below `work/` that one action, or one sandbox, has for itself.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use orch_model::Fault;
use orch_store::Lock;

/// How often a folder is emptied again when somebody still writes into it.
const REMOVALS: usize = 3;

/// The rights of a folder that an action finds.
const NEW_FOLDER: u32 = 0o755;

/// A locked place, gone with all in it when it is dropped. What a killed `orch` left there
/// is removed by the next one that claims it.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) root: PathBuf,
    /// Given back after the folder is gone.
    _lock: Lock,
}

impl Place {
    /// The place of a name below `cache`, or where another process has that, one of its
    /// siblings. There is no folder there yet.
    pub(crate) fn claim(cache: &Path, name: &str) -> Result<Self, Fault> {
        let work = work(cache);
        fs::create_dir_all(&work).map_err(|error| Fault::io("create the folder", &work, &error))?;
        let (root, lock) = claim_root(&work, name)
            .map_err(|error| Fault::io("lock a folder in", &work, &error))?;
        remove(&root)?;
        Ok(Self { root, _lock: lock })
    }
}

/// The folder of all places.
pub(crate) fn work(cache: &Path) -> PathBuf {
    cache.join("work")
}

/// Removes the places and unfinished files that killed processes have left below `cache`. Those
/// that somebody has stay, and so does what cannot be removed: whoever claims it next tries
/// again.
pub(crate) fn remove_abandoned(cache: &Path) {
    let work = work(cache);
    let _ = orch_store::remove_abandoned(&work);
    for entry in fs::read_dir(&work).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.extension().is_none_or(|extension| extension != "lock") {
            continue;
        }
        if let Ok(Some(lock)) = Lock::try_acquire(&path) {
            drop(Place {
                root: path.with_extension(""),
                _lock: lock,
            });
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // What cannot be removed now is removed before the place is used again.
        let _ = remove_tree(&self.root);
    }
}

fn claim_root(work: &Path, name: &str) -> io::Result<(PathBuf, Lock)> {
    let mut sibling = 0u32;
    loop {
        let place = match sibling {
            0 => work.join(name),
            number => work.join(format!("{name}-{number}")),
        };
        if let Some(lock) = Lock::try_acquire(&place.with_extension("lock"))? {
            return Ok((place, lock));
        }
        sibling += 1;
    }
}

/// Removes a file or a folder with all in it, if it is there.
pub(crate) fn remove(path: &Path) -> Result<(), Fault> {
    remove_tree(path).map_err(|error| Fault::io("empty the folder", path, &error))
}

/// Leaves a folder where it is, with the rights of a new one and nothing in it but those of
/// the folders in `kept` that were there, likewise empty.
pub(crate) fn empty(folder: &Path, kept: &[&str]) -> Result<(), Fault> {
    empty_folder(folder, kept).map_err(|error| Fault::io("empty the folder", folder, &error))
}

fn empty_folder(folder: &Path, kept: &[&str]) -> io::Result<()> {
    let mode = folder.metadata()?.permissions().mode();
    if mode & 0o7777 != NEW_FOLDER {
        fs::set_permissions(folder, Permissions::from_mode(NEW_FOLDER))?;
    }
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name());
        if !entry.file_type()?.is_dir() {
            fs::remove_file(path)?;
        } else if kept.iter().any(|kept| name == *kept) {
            empty_folder(&path, &[])?;
        } else {
            remove_tree(&path)?;
        }
    }
    Ok(())
}

/// Removes a folder with all in it, also where an action took away its own rights.
fn remove_tree(path: &Path) -> io::Result<()> {
    let mut tries = 0;
    loop {
        let error = match fs::remove_dir_all(path) {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        tries += 1;
        match error.kind() {
            io::ErrorKind::NotFound => return Ok(()),
            io::ErrorKind::NotADirectory => return fs::remove_file(path),
            io::ErrorKind::PermissionDenied if tries < REMOVALS => allow_removal(path),
            io::ErrorKind::DirectoryNotEmpty if tries < REMOVALS => {}
            _ => return Err(error),
        }
    }
}

/// Gives the owner's rights back to every folder, from the outside in.
fn allow_removal(path: &Path) {
    let _ = fs::set_permissions(path, Permissions::from_mode(0o700));
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            allow_removal(&entry.path());
        }
    }
}
