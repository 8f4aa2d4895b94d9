//! Puts outputs where the user looks for them.

use orch_model::{Fault, RelativePath, SandboxPath};

use super::{InstalledTree, OutputFile};

/// One file to put in place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// What, from the store.
    pub file: OutputFile,
    /// Where, below the pipeline's folder.
    pub to: RelativePath,
}

/// Puts outputs in place.
pub trait Publisher: Send + Sync {
    /// Takes a toolchain's own file into the store, so that it can be published. `path` lies
    /// below the root of `tree`.
    fn keep(&self, tree: &InstalledTree, path: &SandboxPath) -> Result<OutputFile, Fault>;

    /// Makes every destination hold its file, each replaced in one step; a file that
    /// is right already is left alone. What was put at or below one of `places` before, and
    /// is not among the publications any more, is removed, unless somebody has changed it
    /// since. Says how many files were written or removed.
    fn publish(
        &self,
        publications: &[Publication],
        places: &[RelativePath],
    ) -> Result<usize, Fault>;

    /// Whether [`Publisher::publish`] would find nothing to write and nothing to remove.
    fn is_in_place(
        &self,
        publications: &[Publication],
        places: &[RelativePath],
    ) -> Result<bool, Fault>;
}
