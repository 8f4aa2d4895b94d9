//! What actions did before, by key.

use serde::{Deserialize, Serialize};

use orch_model::{Digest, Fault, SandboxPath};

use crate::{Cancel, Ledger};

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

/// The right to do what a key stands for. Nobody else does it, in this process or in
/// another, until this is dropped.
pub struct Claim {
    /// Whether somebody else held the right first, and so may have left a result.
    pub waited: bool,
    _hold: Box<dyn Send>,
}

impl Claim {
    /// A claim that lasts as long as `hold`.
    pub fn new(waited: bool, hold: impl Send + 'static) -> Self {
        Self {
            waited,
            _hold: Box::new(hold),
        }
    }
}

/// Successes by key, and what every key stands for. Failures are not kept.
pub trait ActionCache: Send + Sync {
    /// What is kept under the key, if all its outputs are still in the store. A damaged
    /// entry counts as none.
    fn lookup(&self, key: &Digest) -> Result<Option<ActionResult>, Fault>;

    /// Keeps a success, and what it depended on.
    fn record(&self, key: &Digest, result: &ActionResult, ledger: &Ledger) -> Result<(), Fault>;

    /// Keeps what a key stands for without a result: of a failure, or of what is done anew
    /// each time.
    fn remember(&self, key: &Digest, ledger: &Ledger) -> Result<(), Fault>;

    /// What a key stands for, if that was ever kept here.
    fn ledger(&self, key: &Digest) -> Result<Option<Ledger>, Fault>;

    /// Waits until nobody else does what the key stands for. `None` if the user interrupts.
    fn claim(&self, key: &Digest, cancel: &Cancel) -> Result<Option<Claim>, Fault>;
}
