//! Looks into an artifact before it is called good.

use serde::{Deserialize, Serialize};

use orch_model::{Fault, MemoryUse, Target};

use super::OutputFile;

/// What an artifact is, and what speaks against it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// What it is, for people: `ELF 64-bit aarch64, statically linked`.
    pub summary: String,
    /// Everything that does not fit the target; empty for a good artifact.
    pub problems: Vec<String>,
    /// What it takes of the memories of a machine without an operating system.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub memories: Vec<MemoryUse>,
}

/// Looks into artifacts.
pub trait Judge: Send + Sync {
    /// Compares the artifact, whose content is in the store, with its target. A file
    /// that is no program may be data, of which nothing is demanded.
    fn judge(
        &self,
        artifact: &OutputFile,
        is_program: bool,
        target: &Target,
    ) -> Result<Judgement, Fault>;
}
