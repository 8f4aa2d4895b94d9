//! Writes the user's own files: whole or not at all.

use std::io::Write;
use std::path::Path;

use orch_model::Fault;

/// Puts `bytes` in place of a file in one step.
pub fn replace(file: &Path, bytes: &[u8]) -> Result<(), Fault> {
    let io = |error: std::io::Error| Fault::io("write", file, &error);
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut temporary = orch_store::unfinished_file(folder).map_err(io)?;
    temporary.write_all(bytes).map_err(io)?;
    temporary.as_file().sync_all().map_err(io)?;
    // Temporary files are private; a file of the project is as readable as its folder.
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    temporary.as_file().set_permissions(mode).map_err(io)?;
    temporary.persist(file).map_err(|error| io(error.error))?;
    Ok(())
}
