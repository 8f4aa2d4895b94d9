//! Makes what was renamed without a sync durable, as a group: thousands of small files
//! reach the disk much sooner together than one by one.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use orch_model::Fault;

use crate::Store;

/// Up to this many are synced each by itself; more are left to the whole file system, where
/// others may be writing too.
const FEW: usize = 8;

/// Files that have their name but may not be on the disk yet. Of more than a few, only the
/// first are remembered.
#[derive(Debug, Default)]
pub(crate) struct Unsettled(Mutex<Vec<PathBuf>>);

impl Unsettled {
    pub(crate) fn add(&self, path: PathBuf) {
        let mut paths = self.0.lock().expect("nobody panics with it");
        if paths.len() <= FEW {
            paths.push(path);
        }
    }

    fn take(&self) -> Vec<PathBuf> {
        std::mem::take(&mut self.0.lock().expect("nobody panics with it"))
    }
}

impl Store {
    /// Makes every blob that this store was given durable. Call it at the end of a run, also
    /// of one that was interrupted: what is not settled may be lost in a power cut, and is
    /// made again then.
    pub fn settle(&self) -> Result<(), Fault> {
        let paths = self.0.unsettled.take();
        if paths.len() > FEW {
            let root = &self.0.root;
            return sync_all(root).map_err(|error| Fault::io("write", root, &error));
        }
        for path in paths {
            sync_one(&path).map_err(|error| Fault::io("write", &path, &error))?;
        }
        Ok(())
    }
}

#[cfg(target_os = "linux")]
fn sync_all(root: &Path) -> io::Result<()> {
    Ok(rustix::fs::syncfs(File::open(root)?)?)
}

#[cfg(not(target_os = "linux"))]
fn sync_all(_root: &Path) -> io::Result<()> {
    rustix::fs::sync();
    Ok(())
}

/// The file and its name. One that was set aside meanwhile has nothing to keep.
fn sync_one(path: &Path) -> io::Result<()> {
    match File::open(path) {
        Ok(file) => file.sync_data()?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    }
    let folder = path.parent().expect("a file of the store has a folder");
    File::open(folder)?.sync_all()
}
