//! What tells a file from what it was before, without reading it.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Nobody can change a file's content without changing this, save for who sets the machine's
/// clock back: the kernel alone sets the time of the last change of an inode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    device: u64,
    inode: u64,
    bytes: u64,
    /// Seconds and nanoseconds.
    modified: (i64, i64),
    /// Seconds and nanoseconds.
    changed: (i64, i64),
}

impl Identity {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            bytes: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// Of a file or a link itself; `None` where there is nothing to be seen.
    pub(crate) fn of_path(path: &Path) -> Option<Self> {
        path.symlink_metadata()
            .ok()
            .map(|metadata| Self::of(&metadata))
    }
}
