//! The loaded plugins, one method for each function of the contract that the engine uses.

use orch_model::{
    Advice, Artifact, Build, InstalledToolchain, Log, Machine, Observation, Offer, PluginFailure,
    PluginId, PluginSummary, ProbePlan, Proposal, Reading, RecordedFact, RelativePath, Sample,
    Target, Toolchain, Tweak,
};

/// What came of one call: the result, what the plugin learnt, what it said.
#[derive(Clone, Debug, PartialEq)]
pub struct Called<T> {
    /// What it returned, or why it did not.
    pub result: Result<T, PluginFailure>,
    /// Every question it asked, in order, with the digest of the answer.
    pub facts: Vec<RecordedFact>,
    /// Its log lines, in order.
    pub logs: Vec<Log>,
}

/// What a builder is told.
#[derive(Clone, Debug, PartialEq)]
pub struct BuildRequest {
    /// The build's name in the pipeline.
    pub unit: String,
    /// The builder's settings as JSON.
    pub settings: String,
    /// Where the build works, below the pipeline's folder.
    pub directory: RelativePath,
    /// What it builds with.
    pub toolchain: InstalledToolchain,
    /// Other toolchains that the pipeline lends to it, in its order.
    pub tools: Vec<InstalledToolchain>,
    /// The machine that builds.
    pub host: Machine,
    /// The machine built for.
    pub target: Target,
    /// What tuning set, later ones winning.
    pub tweaks: Vec<Tweak>,
}

/// What a platform is told of a file that a build is about to ship.
#[derive(Clone, Debug, PartialEq)]
pub struct FinishRequest {
    /// The platform, by the name of its offer.
    pub platform: String,
    /// The target's settings as JSON.
    pub settings: String,
    /// What is about to ship, below an action's outputs.
    pub artifact: Artifact,
    /// The toolchain that it was built with, then those lent to the build.
    pub tools: Vec<InstalledToolchain>,
}

/// What a tuning policy is told.
#[derive(Clone, Debug, PartialEq)]
pub struct AdviceRequest {
    /// The policy's settings as JSON.
    pub settings: String,
    /// The builder whose flags are wanted.
    pub builder: String,
    /// What it builds with.
    pub toolchain: InstalledToolchain,
    /// Other toolchains that the pipeline lends to it, in its order.
    pub tools: Vec<InstalledToolchain>,
    /// The machine built for.
    pub target: Machine,
    /// Whether an artifact must need no shared library and no interpreter.
    pub static_link: bool,
}

/// What a probe is told of the build that it measures.
#[derive(Clone, Debug, PartialEq)]
pub struct ProbeRequest {
    /// The bench's name in the pipeline.
    pub unit: String,
    /// The probe's settings as JSON.
    pub settings: String,
    /// Where the build works, below the pipeline's folder.
    pub directory: RelativePath,
    /// What the build is made with.
    pub toolchain: InstalledToolchain,
    /// Other toolchains that the pipeline lends to the build, in its order.
    pub tools: Vec<InstalledToolchain>,
    /// The machine that builds.
    pub host: Machine,
    /// The machine built for.
    pub target: Target,
    /// What the build ships, each below [`BUILD_STEP`].
    pub artifacts: Vec<Artifact>,
}

/// The name by which a bench's processes find what its build ships: no step of its own has it.
pub const BUILD_STEP: &str = "build";

/// The step of a bench that puts its files in place: no step of a probe's has that name.
pub const FILES_STEP: &str = "files";

/// The samples that a probe is to read.
#[derive(Clone, Debug, PartialEq)]
pub struct SampleRequest {
    /// The probe, by the name of its offer.
    pub probe: String,
    /// The measurement, by the name that the probe gave it.
    pub measurement: String,
    /// The probe's settings as JSON.
    pub settings: String,
    /// In the order in which they were taken.
    pub samples: Vec<Sample>,
}

/// What a deployer is told of the build that goes live.
#[derive(Clone, Debug, PartialEq)]
pub struct DeployRequest {
    /// The deploy's name in the pipeline.
    pub unit: String,
    /// The deployer's settings as JSON.
    pub settings: String,
    /// The project's name.
    pub project: String,
    /// The build's name in the pipeline.
    pub build: String,
    /// The target's name in the pipeline.
    pub target_name: String,
    /// The machine built for.
    pub target: Machine,
    /// What the build ships.
    pub artifacts: Vec<Artifact>,
    /// What tuning set, later ones winning.
    pub tweaks: Vec<Tweak>,
}

/// The loaded plugins. Every method names the plugin; asking one that lacks the role
/// gives [`PluginFailure::Unsupported`].
pub trait Plugins: Send + Sync {
    /// All loaded plugins, bundled ones first, then by name.
    fn summaries(&self) -> Vec<PluginSummary>;

    /// `toolchain-source.releases`
    fn releases(
        &self,
        plugin: &PluginId,
        requirement: &str,
        host: &Machine,
        settings: &str,
    ) -> Called<Vec<String>>;

    /// `toolchain-source.locate`
    fn locate(
        &self,
        plugin: &PluginId,
        version: &str,
        host: &Machine,
        settings: &str,
    ) -> Called<Toolchain>;

    /// `builder.plan`
    fn plan_build(&self, plugin: &PluginId, request: &BuildRequest) -> Called<Build>;

    /// `target-platform.offers`
    fn platform_offers(&self, plugin: &PluginId) -> Called<Vec<Offer>>;

    /// `target-platform.describe`
    fn describe_target(&self, plugin: &PluginId, name: &str, settings: &str) -> Called<Target>;

    /// `target-platform.recognise`
    fn recognise(&self, plugin: &PluginId, observation: &Observation) -> Called<Vec<String>>;

    /// `target-platform.finish`
    fn finish_artifact(&self, plugin: &PluginId, request: &FinishRequest) -> Called<Build>;

    /// `tuning-policy.offers`
    fn policy_offers(&self, plugin: &PluginId) -> Called<Vec<Offer>>;

    /// `tuning-policy.advise`
    fn advise(
        &self,
        plugin: &PluginId,
        policy: &str,
        request: &AdviceRequest,
    ) -> Called<Vec<Advice>>;

    /// `benchmark-probe.offers`
    fn probe_offers(&self, plugin: &PluginId) -> Called<Vec<Offer>>;

    /// `benchmark-probe.plan`
    fn plan_probe(
        &self,
        plugin: &PluginId,
        probe: &str,
        request: &ProbeRequest,
    ) -> Called<ProbePlan>;

    /// `benchmark-probe.read`
    fn read_samples(&self, plugin: &PluginId, request: &SampleRequest) -> Called<Reading>;

    /// `deployer.plan`
    fn plan_deploy(&self, plugin: &PluginId, request: &DeployRequest) -> Called<Proposal>;
}
