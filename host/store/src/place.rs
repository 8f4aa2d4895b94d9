//! Puts a blob where somebody wants it, outside the store.

use std::fs::{File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::NamedTempFile;

use orch_model::{Digest, Fault};

use crate::Store;
use crate::form::Form;

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
        for form in Form::ALL {
            let Some(content) = self.open_form(digest, form)? else {
                continue;
            };
            let folder = path.parent().unwrap_or(Path::new("."));
            let mut temporary =
                unfinished_file(folder).map_err(|error| Fault::io("write", path, &error))?;
            if self.copy_checked(content, digest, temporary.as_file_mut(), path)? {
                let mode = if executable { 0o755 } else { 0o644 };
                return put_in_place(temporary, path, mode)
                    .map(Some)
                    .map_err(|error| Fault::io("write", path, &error));
            }
        }
        Ok(None)
    }
}

fn put_in_place(temporary: NamedTempFile, path: &Path, mode: u32) -> io::Result<File> {
    let permissions = Permissions::from_mode(mode);
    temporary.as_file().set_permissions(permissions)?;
    Ok(temporary.persist(path)?)
}

/// A new file that is to be renamed when it is finished. Its lock tells [`remove_abandoned`]
/// that somebody is still at work.
pub fn unfinished_file(folder: &Path) -> io::Result<NamedTempFile> {
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
/// [`Store::copy_to`] or [`unfinished_file`]. Files that somebody still writes stay.
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
