//! What one run of a process gave back.

use serde::{Deserialize, Serialize};

/// One run of a process: how it ended, what it printed, what it cost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// The exit code, or minus the number of the signal that ended it.
    pub exit_code: i32,
    /// Standard output, possibly cut to the host's limit.
    pub stdout: Vec<u8>,
    /// Standard error, possibly cut to the host's limit.
    pub stderr: Vec<u8>,
    /// Elapsed time in nanoseconds.
    pub wall_ns: u64,
    /// Processor time in user mode, in nanoseconds.
    pub user_ns: u64,
    /// Processor time in the kernel, in nanoseconds.
    pub system_ns: u64,
    /// Largest resident set in bytes.
    pub peak_rss_bytes: u64,
    /// Other figures, those that the machine has.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub counters: Vec<Counter>,
}

/// A figure of the kernel's accounting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counter {
    /// Its name, e.g. `minor-faults`.
    pub name: String,
    /// What was counted; of memory, bytes.
    pub value: u64,
}
