//! Takes what an action was given out of the kernel's page cache, so that it begins as after a
//! start of the machine. Shared libraries of the system stay: others use them.

use std::fs::File;
use std::path::Path;

use orch_model::{Action, Fault, Root};
use rustix::fs::{Advice, fadvise, fdatasync};

use crate::workspace::Workspace;

/// Forgets the outputs of earlier steps that the action reads, and its program.
pub(crate) fn forget(action: &Action, workspace: &Workspace) -> Result<(), Fault> {
    for step in &action.after {
        let folder = workspace.root(&Root::Artifact(step.clone()))?;
        for entry in walkdir::WalkDir::new(folder).into_iter().flatten() {
            if entry.file_type().is_file() {
                forget_file(entry.path())?;
            }
        }
    }
    for path in action.program.paths() {
        forget_file(&workspace.path(path)?)?;
    }
    Ok(())
}

/// Only what is on disk can be forgotten: `posix_fadvise(2)`.
fn forget_file(path: &Path) -> Result<(), Fault> {
    let fault = |error: rustix::io::Errno| Fault::io("forget", path, &error.into());
    let file = File::open(path).map_err(|error| Fault::io("open", path, &error))?;
    fdatasync(&file).map_err(fault)?;
    fadvise(&file, 0, None, Advice::DontNeed).map_err(fault)
}
