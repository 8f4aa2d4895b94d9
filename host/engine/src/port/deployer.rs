//! Brings what builds made onto machines and into registries.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use orch_model::{Artifact, Fault, FaultKind, NodeId};

use crate::Cancel;
use crate::plan::PlannedDeploy;

use super::OutputFile;

/// A deploy with all that it sends.
#[derive(Clone, Copy, Debug)]
pub struct DeployJob<'a> {
    /// Whose it is.
    pub node: &'a NodeId,
    /// What is wanted.
    pub deploy: &'a PlannedDeploy,
    /// What the builds ship, one for each of the deploy's releases.
    pub files: &'a [Vec<(Artifact, OutputFile)>],
    /// Images that earlier deploys pushed, by the deploy's name.
    pub images: &'a BTreeMap<String, String>,
}

/// What came of a deploy.
#[derive(Clone, Debug, PartialEq)]
pub enum Deployed {
    /// Every machine that could be reached runs the release.
    Live(Box<DeployReport>),
    /// The first wave does, and a person has to say that it may go on.
    Waits(Box<DeployReport>),
    /// It did not come to that.
    Failed {
        /// How it stands now.
        report: Box<DeployReport>,
        /// What happened, as a sentence without its subject.
        reason: String,
        /// What to do.
        hint: Option<String>,
        /// Decides the exit code.
        fault: FaultKind,
    },
    /// The user interrupted. What was begun can be gone on with.
    Cancelled,
}

/// How a deploy stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DeployReport {
    /// In the order of the waves.
    pub hosts: Vec<HostReport>,
    /// The image that was pushed, by digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Whether anything was changed.
    pub changed: bool,
    /// Bytes that went over the wire.
    pub sent_bytes: u64,
    /// Bytes that the releases hold.
    pub total_bytes: u64,
}

/// How one machine stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HostReport {
    /// Its name in the fleet.
    pub name: String,
    /// Its target's name.
    pub target: String,
    /// The release that it has now, if any.
    pub release: Option<String>,
    /// How it got there.
    pub state: HostState,
    /// What happened to it, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The end of the service's log, where the release did not hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log: Vec<String>,
}

/// What became of a machine in a deploy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HostState {
    /// It had the release already.
    Unchanged,
    /// It runs the release, and was healthy.
    Live,
    /// Its turn has not come.
    Waiting,
    /// It could not be reached; a later run brings it up.
    Pending,
    /// The release did not hold, and it runs what ran before.
    RolledBack,
    /// It could not be changed; or what ran before does not hold there either.
    Failed,
}

impl HostState {
    /// Whether the machine runs the release that was wanted.
    pub fn is_live(self) -> bool {
        matches!(self, Self::Unchanged | Self::Live)
    }

    /// As people read it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Live => "live",
            Self::Waiting => "waiting",
            Self::Pending => "pending",
            Self::RolledBack => "rolled back",
            Self::Failed => "failed",
        }
    }
}

/// Told how far a deploy has come, from several threads at once.
pub trait DeployProgress: Send + Sync {
    /// A machine does something else now, e.g. `staging`.
    fn host(&self, host: &str, doing: &str);
}

/// Deploys.
pub trait Deployer: Send + Sync {
    /// Brings every machine to the release that is wanted, or back.
    fn deploy(
        &self,
        job: DeployJob<'_>,
        progress: &dyn DeployProgress,
        cancel: &Cancel,
    ) -> Result<Deployed, Fault>;
}
