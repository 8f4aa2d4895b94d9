//! Who works with a cache: any number of programs that use it, or one that removes from it.
//!
//! Unlike a [`crate::Lock`], the file stays when it is let go: with several holders, nobody
//! knows that he is the last.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use orch_model::Fault;

use crate::Store;

/// Holds the cache until it is dropped, or the process ends.
#[derive(Debug)]
pub struct InUse {
    _file: Option<File>,
}

impl Store {
    /// Keeps others from removing what is here. `None` while somebody does.
    pub fn try_share(&self) -> Result<Option<InUse>, Fault> {
        self.try_hold(File::try_lock_shared)
    }

    /// Keeps everybody else out. `None` while somebody uses the store.
    pub fn hold_alone(&self) -> Result<Option<InUse>, Fault> {
        self.try_hold(File::try_lock)
    }

    /// The processes that hold the cache now, as far as the kernel tells.
    pub fn holders(&self) -> Vec<u32> {
        let inode = self.use_path().metadata().map(|found| found.ino());
        let locks = std::fs::read_to_string("/proc/locks");
        match (inode, locks) {
            (Ok(inode), Ok(locks)) => locks
                .lines()
                .filter_map(|line| holder_of(line, inode))
                .collect(),
            _ => Vec::new(),
        }
    }

    fn try_hold(
        &self,
        lock: fn(&File) -> Result<(), TryLockError>,
    ) -> Result<Option<InUse>, Fault> {
        let path = self.use_path();
        let file = open(&path).map_err(|error| Fault::io("lock", &path, &error))?;
        match file.as_ref().map(lock) {
            None | Some(Ok(())) => Ok(Some(InUse { _file: file })),
            Some(Err(TryLockError::WouldBlock)) => Ok(None),
            Some(Err(TryLockError::Error(error))) => Err(Fault::io("lock", &path, &error)),
        }
    }

    fn use_path(&self) -> std::path::PathBuf {
        self.0.root.join("in-use")
    }
}

/// `None` on a disk that cannot be written and has no such file: nobody removes there.
fn open(path: &Path) -> io::Result<Option<File>> {
    let opened = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path);
    match opened {
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied
            ) =>
        {
            Ok(File::open(path).ok())
        }
        opened => opened.map(Some),
    }
}

/// A line is `1: FLOCK  ADVISORY  READ 1234 08:01:5678 0 EOF`; one behind `->` waits only.
fn holder_of(line: &str, inode: u64) -> Option<u32> {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let [_, "FLOCK", _, _, process, place, ..] = words[..] else {
        return None;
    };
    let held: u64 = place.rsplit(':').next()?.parse().ok()?;
    // Process 0 is one that this namespace does not see.
    process
        .parse()
        .ok()
        .filter(|process| held == inode && *process != 0)
}
