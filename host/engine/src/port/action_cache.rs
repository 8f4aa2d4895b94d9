//! What actions did before, by key.

use serde::{Deserialize, Serialize};

use orch_model::{Digest, Fault, SandboxPath};

/// A file that an action left; its content is in the store.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OutputFile {
    /// Where the action left it.
    pub path: SandboxPath,
    /// Of its content.
    pub digest: Digest,
    /// Size in bytes.
    pub bytes: u64,
    /// Whether it may be executed.
    pub executable: bool,
}

/// What is kept of a success.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionResult {
    /// Every file below the declared outputs, sorted by path.
    pub outputs: Vec<OutputFile>,
    /// What it printed, cut to the executor's limit.
    pub stdout: String,
    /// What it printed on standard error, cut likewise.
    pub stderr: String,
    /// How long it took when it ran, in milliseconds.
    pub wall_ms: u64,
    /// What its user should know though it ended well, as sentences without their subject:
    /// ``changed `a.txt`, which is no declared output``.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What a judge found, as JSON; null for a process.
    #[serde(default)]
    pub findings: serde_json::Value,
}

/// Successes by key. Failures are not kept.
pub trait ActionCache: Send + Sync {
    /// What is kept under the key, if all its outputs are still in the store. A damaged
    /// entry counts as none.
    fn lookup(&self, key: &Digest) -> Result<Option<ActionResult>, Fault>;

    /// Keeps a success.
    fn record(&self, key: &Digest, result: &ActionResult) -> Result<(), Fault>;
}
