//! How the machines of a deploy stand, asked now.

use orch_model::{Fault, FleetHost, Observation};

/// A machine that was asked what it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// Which.
    pub host: FleetHost,
    /// What it is, or why that is not known.
    pub found: Result<Observation, Fault>,
}

/// One machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its name in the fleet.
    pub host: String,
    /// Its target's name.
    pub target: String,
    /// The release that runs.
    pub live: Option<String>,
    /// Since when it holds, in seconds since 1970.
    pub since: Option<u64>,
    /// Who brought it.
    pub by: Option<String>,
    /// The commit of its sources.
    pub commit: Option<String>,
    /// `good`, `in doubt: …`, `offline: …`.
    pub state: String,
    /// Releases that it could go back to, the latest first.
    pub others: Vec<String>,
}
