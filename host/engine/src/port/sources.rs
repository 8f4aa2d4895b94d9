//! The files of the pipeline's folder, by content.

use orch_model::{Digest, Fault, RelativePath};

/// One input file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceFile {
    /// Below the pipeline's folder.
    pub path: RelativePath,
    /// Of its content; of the link's text for a symbolic link.
    pub digest: Digest,
    /// Size in bytes.
    pub bytes: u64,
    /// Whether its owner may execute it.
    pub executable: bool,
    /// The text of a symbolic link, for one that stays inside the folder.
    pub link: Option<String>,
}

/// Finds and digests input files.
pub trait Sources: Send + Sync {
    /// The files that the patterns match, sorted by path. Never the pipeline file, its
    /// lock, `out/`, `.orch/` or `.git/`. `!` in front of a pattern takes away.
    fn files(&self, patterns: &[String]) -> Result<Vec<SourceFile>, Fault>;
}
