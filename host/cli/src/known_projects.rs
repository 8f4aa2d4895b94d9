//! The projects that used this cache: what their locks pin is not removed from it.

use std::collections::HashSet;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use orch_model::{Digest, Fault};
use orch_store::Store;

/// The kind of the store's records that hold a project's folder each.
pub const RECORD: &str = "project";

/// Notes a project by its folder.
pub fn note(store: &Store, folder: &Path) -> Result<(), Fault> {
    let (key, value) = (key(folder), folder.as_os_str().as_bytes());
    match store.get_record(RECORD, &key)? {
        Some(_) => Ok(()),
        None => store.put_record(RECORD, &key, value),
    }
}

/// The folders of all projects, whether or not they are still there.
pub fn all(store: &Store) -> Result<Vec<PathBuf>, Fault> {
    let records = store.records(RECORD)?;
    Ok(records
        .into_iter()
        .map(|(_, folder)| std::ffi::OsString::from_vec(folder).into())
        .collect())
}

/// Forgets a project.
pub fn forget(store: &Store, folder: &Path) -> Result<(), Fault> {
    store.remove_record(RECORD, &key(folder))
}

/// The recipes of every toolchain that a project's lock pins, for any host. A project
/// without a lock pins nothing; one whose lock cannot be read is a fault, since it may.
pub fn pinned(folder: &Path) -> Result<HashSet<Digest>, Fault> {
    let file = folder.join("orch.lock");
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(HashSet::new()),
        Err(error) => return Err(Fault::io("read", &file, &error)),
    };
    let lock = orch_pipeline::parse_lock(&text).map_err(|fault| Fault {
        message: format!("`{}`: {}", file.display(), fault.message),
        ..fault
    })?;
    let hosts = lock.toolchains.iter().flat_map(|locked| &locked.hosts);
    Ok(hosts.map(|release| release.toolchain.recipe()).collect())
}

fn key(folder: &Path) -> Digest {
    Digest::of(folder.as_os_str().as_bytes())
}
