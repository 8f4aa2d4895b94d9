//! What lies in a folder of the store, by digest. What is not named like a digest is not
//! ours, and is passed over.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use orch_model::{Digest, Fault};

/// One file of the store.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) digest: Digest,
    pub(crate) path: PathBuf,
    /// What it takes, without what the file system rounds up.
    pub(crate) bytes: u64,
    pub(crate) modified: SystemTime,
}

/// Every file `ab/cdef…`, with or without a suffix, below a folder; in no order.
pub(crate) fn entries(folder: &Path) -> Result<Vec<Entry>, Fault> {
    let mut found = Vec::new();
    for parent in list(folder)? {
        if parent.metadata().is_ok_and(|metadata| metadata.is_dir()) {
            found.extend(list(&parent.path())?.iter().filter_map(entry));
        }
    }
    Ok(found)
}

/// The names in a folder; none if it is not there.
pub(crate) fn list(folder: &Path) -> Result<Vec<fs::DirEntry>, Fault> {
    let listed = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => Err(error),
        Ok(entries) => entries.collect(),
    };
    listed.map_err(|error| Fault::io("list", folder, &error))
}

fn entry(found: &fs::DirEntry) -> Option<Entry> {
    let path = found.path();
    let parent = path.parent()?.file_name()?.to_str()?;
    let name = path.file_stem()?.to_str()?;
    // What has gone since it was listed counts as not there.
    let metadata = found.metadata().ok().filter(fs::Metadata::is_file)?;
    Some(Entry {
        digest: format!("sha256:{parent}{name}").parse().ok()?,
        bytes: metadata.len(),
        modified: metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH),
        path,
    })
}
