//! A pipeline file that is valid: every name resolved, the place of every value kept.
//! Nobody downstream checks again what the parser has checked.

use std::collections::BTreeMap;

use crate::{
    BenchLimits, FleetHost, Gate, Inventory, RelativePath, Rollout, SecretSource, Settings, Span,
    Spanned, Word,
};

/// The name of a table, with the place of its header's key.
pub type Name = Spanned<String>;

/// A parsed `pipeline.toml`.
#[derive(Clone, Debug, PartialEq)]
pub struct Pipeline {
    /// The project's name.
    pub name: Spanned<String>,
    /// Plugins beside the bundled ones.
    pub plugins: Vec<PluginTable>,
    /// In the order of the file, like all that follow.
    pub toolchains: Vec<ToolchainTable>,
    /// Machines to build for.
    pub targets: Vec<TargetTable>,
    /// What is built.
    pub builds: Vec<BuildTable>,
    /// Any commands.
    pub tasks: Vec<TaskTable>,
    /// What is measured.
    pub benches: Vec<BenchTable>,
    /// Machines to deploy to.
    pub fleets: Vec<FleetTable>,
    /// Releases onto machines, and images.
    pub deploys: Vec<DeployTable>,
    /// What deployers' texts may name and nobody may see.
    pub secrets: Vec<SecretTable>,
}

/// Where a plugin of the pipeline comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PluginSource {
    /// A component, or a folder that holds one or can build one, below the pipeline.
    Path(RelativePath),
}

/// `[plugins]`, one line.
#[derive(Clone, Debug, PartialEq)]
pub struct PluginTable {
    /// The name that the pipeline uses.
    pub name: Name,
    /// Where it comes from.
    pub source: Spanned<PluginSource>,
}

/// `[toolchain.N]`, or an entry `N@VERSION` of a build's matrix.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolchainTable {
    /// Its name in the pipeline: the table's, or the entry as it stands there.
    pub name: Name,
    /// The plugin that knows its releases: `with`, or else the table's name.
    pub with: Spanned<String>,
    /// A semver requirement on the release in its canonical text, e.g. `~1.22`; `*` for
    /// the newest.
    pub version: Spanned<String>,
    /// The build that makes it, as `build.tree` or `build.tree@host`; `None` for one that its
    /// plugin knows.
    pub from: Option<Spanned<String>>,
    /// The plugin's settings.
    pub settings: Settings,
}

impl ToolchainTable {
    /// Its companions as the pipeline writes them, `dlv@1.23`: the setting `tools`, which a
    /// plugin that has companions reads too.
    pub fn companions(&self) -> impl Iterator<Item = &str> {
        let tools = self.settings.values.get("tools");
        let tools = tools
            .and_then(|tools| tools.as_array())
            .into_iter()
            .flatten();
        tools.filter_map(|tool| tool.as_str())
    }
}

/// `[target.N]`
#[derive(Clone, Debug, PartialEq)]
pub struct TargetTable {
    /// Its name in the pipeline.
    pub name: Name,
    /// An offer of a loaded plugin, `name` or `plugin/name`.
    pub platform: Spanned<String>,
    /// The platform's settings.
    pub settings: Settings,
}

/// `[build.N]`
#[derive(Clone, Debug, PartialEq)]
pub struct BuildTable {
    /// Its name in the pipeline.
    pub name: Name,
    /// The builder's plugin.
    pub with: Spanned<String>,
    /// The toolchain's name in the pipeline; `None` where the planner is to find the
    /// one that has the builder's name or plugin.
    pub toolchain: Option<Spanned<String>>,
    /// The toolchains of its matrix, by their names in [`Pipeline::toolchains`]: it is built
    /// by each of them for each target. Empty for a build that has one toolchain.
    pub toolchains: Vec<Spanned<String>>,
    /// Names of toolchains that the builder may use beside its own.
    pub tools: Vec<Spanned<String>>,
    /// Names of targets; at least one.
    pub targets: Vec<Spanned<String>>,
    /// Offers of loaded tuning policies, in order; a later one wins.
    pub tuning: Vec<ChosenPolicy>,
    /// Where the build works, below the pipeline's folder.
    pub directory: RelativePath,
    /// Nodes that must have succeeded before, as `task.test` or `build.a@t`.
    pub needs: Vec<Spanned<String>>,
    /// Arguments of the smoke run; `None` for no smoke run.
    pub smoke: Option<Spanned<Vec<String>>>,
    /// The builder's settings.
    pub settings: Settings,
}

/// An entry of a build's `tuning`.
#[derive(Clone, Debug, PartialEq)]
pub struct ChosenPolicy {
    /// An offer of a loaded plugin, `name` or `plugin/name`.
    pub offer: Spanned<String>,
    /// The policy's settings.
    pub settings: Settings,
}

/// `[task.N]`
#[derive(Clone, Debug, PartialEq)]
pub struct TaskTable {
    /// Its name in the pipeline.
    pub name: Name,
    /// Program and arguments, never a shell line. May hold `${target.name}` as it
    /// stands; the planner fills it in.
    pub command: Spanned<Vec<Spanned<String>>>,
    /// Names of toolchains whose programs it finds on its `PATH`.
    pub tools: Vec<Spanned<String>>,
    /// Glob patterns below the pipeline's folder.
    pub inputs: Vec<Spanned<String>>,
    /// Files or directories below the pipeline's folder that it makes.
    pub outputs: Vec<Spanned<RelativePath>>,
    /// Nodes that must have succeeded before.
    pub needs: Vec<Spanned<String>>,
    /// Its environment; values may hold `${target.name}` and `${env.X}`.
    pub environment: BTreeMap<String, Spanned<String>>,
    /// Names of targets; empty for a task that has none.
    pub targets: Vec<Spanned<String>>,
    /// Where it works, below the pipeline's folder.
    pub directory: RelativePath,
    /// Whether it may reach the network.
    pub network: bool,
    /// Whether a success may be kept.
    pub cache: bool,
    /// In milliseconds.
    pub timeout_ms: Option<u64>,
}

/// `[bench.N]`
#[derive(Clone, Debug, PartialEq)]
pub struct BenchTable {
    /// Its name in the pipeline.
    pub name: Name,
    /// An offer of a loaded probe, `name` or `plugin/name`.
    pub probe: Spanned<String>,
    /// The name of the build that is measured.
    pub of: Spanned<String>,
    /// Names of targets, all of them the build's; empty for all that the build has.
    pub targets: Vec<Spanned<String>>,
    /// How often each measurement is made at first; the probe's own number if none.
    pub samples: Option<u32>,
    /// How often its work is done before that; the probe's own number if none.
    pub warmups: Option<u32>,
    /// How long one process of a sample may take, or one request of a load, in milliseconds; the
    /// probe's own time if none.
    pub timeout_ms: Option<u32>,
    /// The machine of a fleet that it is measured on; this machine if none.
    pub on: Option<Spanned<FleetPlace>>,
    /// On how many CPUs of its own the program runs; the scheduler's choice if none.
    pub cpus: Option<u32>,
    /// What the program may take; what the machine has if none.
    pub limits: Option<Spanned<BenchLimits>>,
    /// What is compared with, by a name that is looked for in the history: a run, a commit, a target
    /// or a toolchain; the last good measurement if none.
    pub baseline: Option<String>,
    /// What the figures are held to.
    pub gates: Vec<Spanned<Gate>>,
    /// Nodes that must have succeeded before, as `task.test` or `build.a@t`.
    pub needs: Vec<Spanned<String>>,
    /// The probe's settings.
    pub settings: Settings,
}

/// A machine of a fleet, as `fleet.lab` or `fleet.lab/pi-1` names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FleetPlace {
    /// The fleet's name in the pipeline.
    pub fleet: String,
    /// The machine's name; the first that has the wanted target if none.
    pub host: Option<String>,
}

impl BenchTable {
    /// The targets that it is for, and the toolchains of its build's matrix.
    pub fn cells<'a>(
        &'a self,
        pipeline: &'a Pipeline,
    ) -> (&'a [Spanned<String>], &'a [Spanned<String>]) {
        let mut builds = pipeline.builds.iter();
        let build = builds.find(|build| build.name.value == self.of.value);
        let of_build = build.map_or(&[][..], |build| &build.targets);
        let targets = match self.targets.is_empty() {
            true => of_build,
            false => &self.targets,
        };
        (targets, build.map_or(&[][..], |build| &build.toolchains))
    }
}

/// `[fleet.N]`
#[derive(Clone, Debug, PartialEq)]
pub struct FleetTable {
    /// Its name in the pipeline.
    pub name: Name,
    /// Where its machines stand.
    pub inventory: Spanned<Inventory>,
    /// Only machines that have one of these; all if it is empty.
    pub labels: Vec<String>,
}

impl FleetTable {
    /// Whether a machine of the inventory belongs to the fleet.
    pub fn includes(&self, host: &FleetHost) -> bool {
        self.labels.is_empty() || self.labels.iter().any(|label| host.labels.contains(label))
    }
}

/// `[deploy.N]`
#[derive(Clone, Debug, PartialEq)]
pub struct DeployTable {
    /// Its name in the pipeline.
    pub name: Name,
    /// The deployer's plugin.
    pub with: Spanned<String>,
    /// The name of the build that is deployed.
    pub of: Spanned<String>,
    /// The cell of that build's matrix, by the toolchain's name; `None` for a build without one.
    pub toolchain: Option<Spanned<String>>,
    /// Names of targets, all of them the build's; empty for all that the build has.
    pub targets: Vec<Spanned<String>>,
    /// The name of the fleet; `None` for what is done on this machine, and for images.
    pub to: Option<Spanned<String>>,
    /// Nodes that must have succeeded before.
    pub needs: Vec<Spanned<String>>,
    /// How it goes over the fleet.
    pub rollout: Rollout,
    /// The deployer's settings. Texts may hold `${secret.X}`, `${host.X}` and `${image.X}`.
    pub settings: Settings,
}

/// `[secret.N]`
#[derive(Clone, Debug, PartialEq)]
pub struct SecretTable {
    /// Its name: `${secret.N}` stands for it.
    pub name: Name,
    /// Where it comes from.
    pub source: SecretSource,
}

impl Pipeline {
    /// Where a table's name stands, for messages about the whole table.
    pub fn place_of(&self, kind: &str, name: &str) -> Option<Span> {
        let names: Vec<&Name> = match kind {
            "toolchain" => self.toolchains.iter().map(|t| &t.name).collect(),
            "target" => self.targets.iter().map(|t| &t.name).collect(),
            "build" => self.builds.iter().map(|t| &t.name).collect(),
            "task" => self.tasks.iter().map(|t| &t.name).collect(),
            "bench" => self.benches.iter().map(|t| &t.name).collect(),
            "fleet" => self.fleets.iter().map(|t| &t.name).collect(),
            "deploy" => self.deploys.iter().map(|t| &t.name).collect(),
            "secret" => self.secrets.iter().map(|t| &t.name).collect(),
            _ => return None,
        };
        names
            .into_iter()
            .find(|known| known.value == name)
            .map(|known| known.span.clone())
    }
}

impl From<&str> for Word {
    fn from(text: &str) -> Self {
        Word::text(text)
    }
}
