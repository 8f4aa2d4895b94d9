//! A folder below `work/` that one action, or one sandbox, has for itself.

use std::collections::HashSet;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use orch_model::Fault;
use orch_store::Lock;

use crate::leftovers::{Leftovers, Wanted};

/// How often a folder is emptied again when somebody still writes into it.
const REMOVALS: usize = 3;

/// A locked place, gone with all in it when it is dropped, save for empty folders that were
/// asked for. What a killed `orch` left there is removed by the next one that claims it.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) root: PathBuf,
    /// Folders below `root` that stay, empty, for the next one that claims it.
    stays: HashSet<PathBuf>,
    /// Given back after the folder is gone.
    _lock: Lock,
}

impl Place {
    /// The place of a name below `cache`, or where another process has that, one of its
    /// siblings. There is no folder there yet.
    pub(crate) fn claim(cache: &Path, name: &str) -> Result<Self, Fault> {
        let (root, lock) = Self::claim_root(cache, name)?;
        remove(&root)?;
        Ok(Self {
            root,
            stays: HashSet::new(),
            _lock: lock,
        })
    }

    /// The same with these folders in it, given by their paths below the place. They stay
    /// when it is dropped: making and removing folders is slow.
    pub(crate) fn claim_with(cache: &Path, name: &str, folders: &[&str]) -> Result<Self, Fault> {
        let (root, lock) = Self::claim_root(cache, name)?;
        let place = Self {
            stays: folders.iter().map(|folder| root.join(folder)).collect(),
            root,
            _lock: lock,
        };
        let prepare = || {
            place.clear()?;
            let mut folders = folders.iter();
            folders.try_for_each(|folder| fs::create_dir_all(place.root.join(folder)))
        };
        prepare().map_err(|error| Fault::io("make ready the folder", &place.root, &error))?;
        Ok(place)
    }

    fn claim_root(cache: &Path, name: &str) -> Result<(PathBuf, Lock), Fault> {
        let work = work(cache);
        fs::create_dir_all(&work).map_err(|error| Fault::io("create the folder", &work, &error))?;
        claim_root(&work, name).map_err(|error| Fault::io("lock a folder in", &work, &error))
    }

    /// Removes all but the folders that stay.
    fn clear(&self) -> io::Result<()> {
        let is_folder = |found: fs::Metadata| found.is_dir();
        if self.stays.is_empty() || !self.root.symlink_metadata().is_ok_and(is_folder) {
            return remove_tree(&self.root);
        }
        let wanted = Wanted {
            folders: self.stays.clone(),
            files: false,
        };
        Leftovers::default().keep(&self.root, &wanted)
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
                stays: HashSet::new(),
                _lock: lock,
            });
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // What cannot be removed now is removed before the place is used again.
        let _ = self.clear();
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

/// Removes a folder with all in it, also where an action took away its own rights.
pub(crate) fn remove_tree(path: &Path) -> io::Result<()> {
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
