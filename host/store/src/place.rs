//! Puts a blob where somebody wants it, outside the store.

use std::fs::{File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::NamedTempFile;

use orch_model::{Digest, Fault};

use crate::Store;

/// How the names of files begin that are not finished yet.
const PARTIAL: &str = ".orch-partial-";

impl Store {
    /// Makes `path` hold a blob, in one step: it is written beside under a temporary name,
    /// checked, and renamed. Gives the written file; `None`, and leaves `path` as it was, if
    /// the blob is missing or damaged. The folder must exist.
    pub fn copy_to(
        &self,
        digest: &Digest,
        path: &Path,
        executable: bool,
    ) -> Result<Option<File>, Fault> {
        let failed = |error: &io::Error| Fault::io("write", path, error);
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut temporary = partial_file(folder).map_err(|error| failed(&error))?;
        if !self.copy_checked(digest, temporary.as_file_mut(), path)? {
            return Ok(None);
        }
        let mode = if executable { 0o755 } else { 0o644 };
        temporary
            .as_file()
            .set_permissions(Permissions::from_mode(mode))
            .map_err(|error| failed(&error))?;
        let written = temporary
            .persist(path)
            .map_err(|error| failed(&error.error))?;
        Ok(Some(written))
    }
}

/// A new file whose lock tells [`remove_abandoned`] that somebody is still at work.
fn partial_file(folder: &Path) -> io::Result<NamedTempFile> {
    loop {
        let temporary = tempfile::Builder::new()
            .prefix(PARTIAL)
            .tempfile_in(folder)?;
        temporary.as_file().lock()?;
        // It may have been taken for abandoned in the moment before it was locked.
        if temporary.path().try_exists()? {
            return Ok(temporary);
        }
    }
}

/// Removes the unfinished files that a killed process left in a folder through
/// [`Store::copy_to`]. Files that somebody still writes stay.
pub fn remove_abandoned(folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.file_name().to_string_lossy().starts_with(PARTIAL)
            || !entry.file_type()?.is_file()
        {
            continue;
        }
        let path = entry.path();
        let Ok(file) = std::fs::File::open(&path) else {
            continue;
        };
        if file.try_lock().is_ok() {
            std::fs::remove_file(&path)?;
        }
    }
    Ok(())
}
