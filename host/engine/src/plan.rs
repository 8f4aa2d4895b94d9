//! Everything that will be done, with who proposed it and why. `orch plan` prints it;
//! `orch run` performs the same value.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use orch_model::{
    Action, Advice, Artifact, BenchLimits, Digest, Gate, Inventory, Machine, Measurement, NodeId,
    PluginId, Proposal, RecordedFact, RelativePath, Rollout, SecretSource, Target, Toolchain,
};

/// A plan. It holds no path of any machine, so it can be kept, compared and sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Plan {
    /// Version of the plan's form.
    pub version: u32,
    /// The project's name.
    pub name: String,
    /// The machine that it was made for.
    pub host: Machine,
    /// Toolchains at their exact release.
    pub toolchains: Vec<PlannedToolchain>,
    /// Machines to build for.
    pub targets: Vec<PlannedTarget>,
    /// One entry for each build and target.
    pub builds: Vec<PlannedBuild>,
    /// One entry for each task, or for each of its targets.
    pub tasks: Vec<PlannedTask>,
    /// One entry for each bench, target and cell of its build's matrix.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub benches: Vec<PlannedBench>,
    /// One entry for each deploy.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deploys: Vec<PlannedDeploy>,
    /// What plugins learnt: the plan holds while the answers do.
    pub facts: Vec<RecordedFact>,
    /// Programs that were looked for on the host's `PATH`, and whether they were there.
    pub programs: Vec<(String, bool)>,
    /// Cells of builds' matrices that cannot be.
    pub left_out: Vec<LeftOut>,
    /// What a user should know though nothing is wrong.
    pub warnings: Vec<String>,
}

/// A cell of a build's matrix that its builder cannot make.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// The node that there is not.
    pub node: NodeId,
    /// Who says so, and why.
    pub reason: String,
}

/// Who proposed something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposer {
    /// The plugin.
    pub plugin: PluginId,
    /// Its version.
    pub version: String,
}

/// A toolchain at its exact release.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct PlannedToolchain {
    /// Its name in the pipeline.
    pub name: String,
    /// Who resolved it.
    pub by: Proposer,
    /// What to fetch; of one that is made, its release and programs alone.
    pub toolchain: Toolchain,
    /// What makes it, where it is not fetched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made: Option<Made>,
}

/// How a toolchain comes out of a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Made {
    /// The build, or the toolchain itself where its steps are its own.
    pub by: NodeId,
    /// Its step that leaves the toolchain's files.
    pub step: String,
    /// The output of that step which is the toolchain's root; the root of all outputs for a
    /// companion.
    pub root: RelativePath,
    /// Steps of its own, of a companion; a build has its own elsewhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<Action>,
}

/// A machine to build for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct PlannedTarget {
    /// Its name in the pipeline.
    pub name: String,
    /// The platform that it is an instance of.
    pub platform: String,
    /// Who described it.
    pub by: Proposer,
    /// What it is.
    pub target: Target,
}

/// One build for one target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct PlannedBuild {
    /// The build's name in the pipeline.
    pub name: String,
    /// The target's name in the pipeline.
    pub target: String,
    /// Who planned it.
    pub by: Proposer,
    /// The toolchain's name in the pipeline.
    pub toolchain: String,
    /// Whether it is a cell of a matrix of toolchains, and so named after its toolchain too.
    pub in_matrix: bool,
    /// What tuning set, in the order of the policies.
    pub advice: Vec<Advice>,
    /// What runs.
    pub actions: Vec<Action>,
    /// What ships.
    pub artifacts: Vec<Artifact>,
    /// Whether and how the artifact is tried here.
    pub smoke: SmokeRun,
    /// Nodes that must have succeeded before.
    pub needs: Vec<NodeId>,
}

impl PlannedBuild {
    /// The node that stands for the whole.
    pub fn node(&self) -> NodeId {
        NodeId::build(&self.name, &self.target, self.matrix_toolchain())
    }

    /// The toolchain that tells it from other cells of its matrix.
    pub fn matrix_toolchain(&self) -> Option<&str> {
        self.in_matrix.then_some(self.toolchain.as_str())
    }

    /// Where its products lie, below the pipeline's folder: `out/<build>/<target>`, and for a
    /// cell of a matrix `out/<build>/<target>/<toolchain>`.
    pub fn folder(&self) -> RelativePath {
        let target = format!("out/{}/{}", self.name, self.target);
        let folder = match self.matrix_toolchain() {
            Some(toolchain) => format!("{target}/{toolchain}"),
            None => target,
        };
        RelativePath::new(&folder).unwrap_or_default()
    }
}

/// Whether and how an artifact is tried on the host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SmokeRun {
    /// It is run so, and must exit with 0.
    Action(Box<Action>),
    /// It is not, for this reason.
    Not(String),
}

/// One task, for one target where it has any.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct PlannedTask {
    /// Its node.
    pub node: NodeId,
    /// What runs.
    pub action: Action,
    /// Nodes that must have succeeded before.
    pub needs: Vec<NodeId>,
}

impl PlannedBench {
    /// The bench's name in the pipeline.
    pub fn name(&self) -> &str {
        let unit = self.node.unit();
        let name = unit.strip_prefix("bench.").unwrap_or(unit);
        name.split('@').next().unwrap_or(name)
    }

    /// Where its files lie, below the pipeline's folder: `out/bench.<bench>/<target>`, and for a
    /// cell of a matrix `out/bench.<bench>/<target>/<toolchain>`. No build has a name with a dot.
    pub fn folder(&self) -> RelativePath {
        let place = self.node.unit().replacen('@', "/", 1).replacen('+', "/", 1);
        RelativePath::new(&format!("out/{place}")).unwrap_or_default()
    }
}

/// One bench of one build for one target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct PlannedBench {
    /// Its node.
    pub node: NodeId,
    /// Who planned it.
    pub by: Proposer,
    /// The content of that plugin.
    pub plugin_digest: Digest,
    /// The probe, by the name of its offer.
    pub probe: String,
    /// The probe's settings as JSON.
    pub settings: String,
    /// The build that is measured.
    pub build: NodeId,
    /// The target's name in the pipeline.
    pub target: String,
    /// The toolchain that the build is made with, and its release: `go 1.22.10`.
    pub toolchain: String,
    /// Of all that tuning sets for the build, if it sets anything.
    pub tuning: Option<Digest>,
    /// What makes programs of the probe's own.
    pub actions: Vec<Action>,
    /// What is measured.
    pub measurements: Vec<Measurement>,
    /// Outputs of the actions that are put in place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<Artifact>,
    /// The machine of a fleet that it is measured on; this machine if none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<PlannedPlace>,
    /// On how many CPUs of its own the program runs; the scheduler's choice if none.
    pub cpus: Option<u32>,
    /// What the program may take; what the machine has if none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<BenchLimits>,
    /// What is compared with, as the pipeline names it; the last good measurement if none.
    pub baseline: Option<String>,
    /// What the figures are held to.
    pub gates: Vec<Gate>,
    /// Whether times mean nothing, since an emulator runs the program.
    pub function_only: bool,
    /// Nodes that must have succeeded before, beside the build.
    pub needs: Vec<NodeId>,
}

/// One deploy of a build for all its targets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct PlannedDeploy {
    /// Its node.
    pub node: NodeId,
    /// Who planned it.
    pub by: Proposer,
    /// The build's name in the pipeline.
    pub of: String,
    /// Where its machines stand; this machine alone, or none for an image, if there is none.
    pub fleet: Option<PlannedFleet>,
    /// Whether it is for some targets only, so that machines of others are left alone.
    pub some_targets: bool,
    /// One for each target.
    pub releases: Vec<PlannedRelease>,
    /// How it goes over the fleet.
    pub rollout: Rollout,
    /// Where the secrets come from that it names.
    pub secrets: BTreeMap<String, SecretSource>,
    /// Nodes that must have succeeded before, beside the builds.
    pub needs: Vec<NodeId>,
}

/// The machines of a deploy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct PlannedFleet {
    /// The fleet's name in the pipeline.
    pub name: String,
    /// Where they stand.
    pub inventory: Inventory,
    /// Only those with one of these labels; all if it is empty.
    pub labels: Vec<String>,
}

/// A machine of a fleet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct PlannedPlace {
    /// The fleet.
    pub fleet: PlannedFleet,
    /// The machine's name; the first that has the wanted target if none.
    pub host: Option<String>,
}

/// As the pipeline names it: `fleet.lab`, `fleet.lab/pi-1`.
impl fmt::Display for PlannedPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Some(host) => write!(f, "fleet.{}/{host}", self.fleet.name),
            None => write!(f, "fleet.{}", self.fleet.name),
        }
    }
}

/// How a build goes live on machines of one target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct PlannedRelease {
    /// The target's name in the pipeline.
    pub target: String,
    /// The build.
    pub build: NodeId,
    /// What the target promises of its machines.
    pub machine: Target,
    /// What the build ships.
    pub artifacts: Vec<Artifact>,
    /// What the deployer wants done.
    pub proposal: Proposal,
}

impl PlannedDeploy {
    /// The deploy's name in the pipeline.
    pub fn name(&self) -> &str {
        let node = self.node.as_str();
        node.strip_prefix("deploy.").unwrap_or(node)
    }
}

impl Plan {
    /// The version that this program writes and reads; another is planned anew.
    pub const VERSION: u32 = 4;
}
