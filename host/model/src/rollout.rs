//! What a pipeline says of machines and of how a release reaches them.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Check;

/// One machine of a fleet, as an inventory states it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FleetHost {
    /// Its name, unique within the fleet.
    pub name: String,
    /// As `ssh` takes it: `user@board`, `ssh://user@board:2222`; or `local` for this machine.
    pub address: String,
    /// The target's name in the pipeline.
    pub target: String,
    /// What orders and chooses it, such as `canary`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// What a deployer's texts call `${host.X}`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, String>,
    /// Its public key as `known_hosts` writes it, `ssh-ed25519 AAAA…`; the user's own
    /// `known_hosts` decides if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_key: Option<String>,
}

/// Where the machines of a fleet stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Inventory {
    /// In the pipeline.
    Hosts(Vec<FleetHost>),
    /// In a file below the pipeline's folder, TOML or JSON.
    File(crate::RelativePath),
    /// In what a program prints, TOML or JSON.
    Program(Vec<String>),
}

/// A part of a fleet.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Share {
    /// So many machines.
    Count(u32),
    /// A fraction of all, between 0 and 1.
    Fraction(f64),
}

/// How far a deploy has gone when a wave is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wave {
    /// This part of the fleet is on the release, earlier waves counted in.
    Share(Share),
    /// The machines with this label are, beside those of earlier waves.
    Label(String),
}

/// When a machine counts as healthy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Health {
    /// All must hold, beside those of the deployer.
    pub checks: Vec<HealthCheck>,
    /// How long they may take to hold at first, in milliseconds.
    pub within_ms: u64,
    /// How long they must go on holding, in milliseconds.
    pub soak_ms: u64,
}

/// One thing that must hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HealthCheck {
    /// Asked from the machine.
    Machine(Check),
    /// An instant query, asked from where `orch` runs; every sample of the answer must lie
    /// within the bounds, and there must be one.
    Prometheus {
        /// The server's address, `http://prometheus:9090`.
        url: String,
        /// PromQL; may hold `${host.name}` and its like.
        query: String,
        /// The largest value that is healthy.
        at_most: Option<f64>,
        /// The smallest one.
        at_least: Option<f64>,
    },
}

/// What becomes of machines when too many of a wave fail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnFailure {
    /// The wave and those before it go back to what ran before.
    #[default]
    RollBack,
    /// Those that failed go back; the others keep the release, and nothing more is done.
    Stop,
}

/// Whether machines that cannot be reached hold up the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Commit {
    /// No: they are pending, and a later run brings them up.
    #[default]
    Each,
    /// Yes: either all machines get the release, or none keeps it.
    AllOrNone,
}

/// How a release goes over a fleet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Rollout {
    /// Labels; machines that have an earlier one come earlier.
    pub order: Vec<String>,
    /// At least one; the last is the whole fleet.
    pub waves: Vec<Wave>,
    /// What must hold beside the deployer's own checks.
    pub health: Health,
    /// How many machines of the fleet may fail.
    pub max_failed: Share,
    /// Whether a person must say so before the second wave.
    pub approval: bool,
    /// What becomes of a wave that failed.
    pub on_failure: OnFailure,
    /// Whether all must be reached.
    pub commit: Commit,
    /// How many old releases a machine keeps.
    pub keep: u32,
    /// How many machines are worked on at once.
    pub at_once: u32,
}

/// Where a secret comes from. Nothing but its name is ever kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretSource {
    /// A variable of the environment.
    Environment(String),
    /// A file, below the pipeline's folder unless it is absolute; a newline at its end does not
    /// count.
    File(String),
    /// What a program prints; a newline at its end does not count.
    Command(Vec<String>),
}

impl fmt::Display for Wave {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Share(Share::Count(count)) => write!(f, "{count}"),
            Self::Share(Share::Fraction(fraction)) => write!(f, "{}%", 100.0 * fraction),
            Self::Label(label) => f.write_str(label),
        }
    }
}
