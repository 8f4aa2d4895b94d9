//! Runs a WebAssembly artifact inside `orch`.

use std::path::Path;
use std::time::Duration;

use orch_model::{Fault, Sample};

use crate::Cancel;

/// Runs `wasip1` commands with arguments, an environment and nothing else: no files, no
/// sockets.
pub trait WasmRunner: Send + Sync {
    /// Runs the module's `_start` to its end, under its file name and with the arguments behind it. A trap is reported in the sample's
    /// `stderr` with exit code 134, running out of `timeout` with 124.
    fn run(
        &self,
        module: &Path,
        arguments: &[String],
        environment: &[(String, String)],
        timeout: Duration,
        cancel: &Cancel,
    ) -> Result<Sample, Fault>;
}
