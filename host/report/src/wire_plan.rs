//! The plan as `--output json` writes it: part of the format that wire.rs describes.

use orch_engine::{Plan, PlannedRelease, Proposer, SmokeRun};
use orch_model::{
    Action, Advice, Digest, Gate, Measurement, Proposal, Requirement, Target, TargetRunner,
};
use serde::Serialize;

#[derive(Serialize)]
pub(crate) struct WirePlan<'a> {
    pipeline: &'a str,
    host: &'a str,
    toolchains: Vec<WireToolchain<'a>>,
    targets: Vec<WireTarget<'a>>,
    builds: Vec<WireBuild<'a>>,
    tasks: Vec<WireTask<'a>>,
    benches: Vec<WireBench<'a>>,
    deploys: Vec<WireDeploy<'a>>,
    left_out: Vec<WireLeftOut<'a>>,
    warnings: &'a [String],
}

#[derive(Serialize)]
struct WireToolchain<'a> {
    node: String,
    release: &'a str,
    archives: Vec<WireArchive<'a>>,
    by: WireProposer<'a>,
}

#[derive(Serialize)]
struct WireArchive<'a> {
    urls: &'a [String],
    digest: &'a Digest,
    bytes: Option<u64>,
}

#[derive(Serialize)]
struct WireTarget<'a> {
    target: &'a str,
    platform: &'a str,
    triple: &'a str,
    cpu: Option<&'a str>,
    features: &'a [String],
    static_link: bool,
    page_bytes: Vec<u32>,
    environment: Vec<String>,
    emulator: &'a [String],
    by: WireProposer<'a>,
}

#[derive(Serialize)]
struct WireBuild<'a> {
    node: String,
    toolchain: String,
    needs: Vec<&'a str>,
    advice: Vec<WireAdvice<'a>>,
    actions: Vec<WireAction<'a>>,
    artifacts: Vec<&'a str>,
    smoke: WireSmoke,
    by: WireProposer<'a>,
}

#[derive(Serialize)]
struct WireTask<'a> {
    node: &'a str,
    needs: Vec<&'a str>,
    action: WireAction<'a>,
}

#[derive(Serialize)]
struct WireLeftOut<'a> {
    node: &'a str,
    reason: &'a str,
}

#[derive(Serialize)]
struct WireAdvice<'a> {
    policy: &'a str,
    kind: &'a str,
    tweak: String,
    reason: &'a str,
    reference: Option<&'a str>,
    overridden_by: Option<WireOverriding<'a>>,
}

#[derive(Serialize)]
struct WireOverriding<'a> {
    policy: &'a str,
    tweak: String,
}

#[derive(Serialize)]
struct WireAction<'a> {
    name: &'a str,
    command: Vec<String>,
    network: bool,
}

#[derive(Serialize)]
struct WireBench<'a> {
    node: &'a str,
    probe: &'a str,
    build: &'a str,
    needs: Vec<&'a str>,
    actions: Vec<WireAction<'a>>,
    measurements: Vec<WireMeasurement<'a>>,
    files: Vec<&'a str>,
    on: Option<String>,
    cpus: Option<u32>,
    limits: Option<WireLimits>,
    baseline: Option<&'a str>,
    gates: Vec<WireGate<'a>>,
    function_only: bool,
    by: WireProposer<'a>,
}

#[derive(Serialize)]
struct WireLimits {
    memory_bytes: Option<u64>,
    cpus: Option<f64>,
}

#[derive(Serialize)]
struct WireDeploy<'a> {
    node: &'a str,
    of: &'a str,
    fleet: Option<&'a str>,
    waves: Vec<String>,
    releases: Vec<WireRelease<'a>>,
    /// Names alone.
    secrets: Vec<&'a str>,
    needs: Vec<&'a str>,
    by: WireProposer<'a>,
}

#[derive(Serialize)]
struct WireRelease<'a> {
    target: &'a str,
    build: &'a str,
    image: Option<&'a str>,
    home: Option<&'a str>,
    steps: Vec<String>,
    checks: Vec<String>,
}

#[derive(Serialize)]
struct WireMeasurement<'a> {
    name: &'a str,
    commands: Vec<Vec<String>>,
    cold: bool,
    warmups: u32,
    samples: u32,
}

#[derive(Serialize)]
struct WireGate<'a> {
    metric: &'a str,
    worse_than: f64,
    confidence: f64,
}

#[derive(Serialize)]
struct WireSmoke {
    command: Option<Vec<String>>,
    reason: Option<String>,
}

#[derive(Serialize)]
struct WireProposer<'a> {
    plugin: &'a str,
    version: &'a str,
}

impl<'a> WirePlan<'a> {
    /// The plan, without what plugins learnt.
    pub fn of(plan: &'a Plan) -> Self {
        Self {
            pipeline: &plan.name,
            host: &plan.host.triple,
            toolchains: toolchains(plan),
            targets: targets(plan),
            builds: builds(plan),
            tasks: tasks(plan),
            benches: benches(plan),
            deploys: deploys(plan),
            left_out: left_out(plan),
            warnings: &plan.warnings,
        }
    }
}

fn toolchains(plan: &Plan) -> Vec<WireToolchain<'_>> {
    plan.toolchains
        .iter()
        .map(|planned| WireToolchain {
            node: orch_model::NodeId::toolchain(&planned.name).to_string(),
            release: &planned.toolchain.version,
            archives: planned
                .toolchain
                .archives
                .iter()
                .map(|archive| WireArchive {
                    urls: &archive.urls,
                    digest: &archive.digest,
                    bytes: archive.bytes,
                })
                .collect(),
            by: proposer(&planned.by),
        })
        .collect()
}

fn targets(plan: &Plan) -> Vec<WireTarget<'_>> {
    plan.targets
        .iter()
        .map(|planned| WireTarget {
            target: &planned.name,
            platform: &planned.platform,
            triple: &planned.target.machine.triple,
            cpu: planned.target.machine.cpu.as_deref(),
            features: &planned.target.machine.features,
            static_link: planned.target.static_link,
            page_bytes: page_bytes(&planned.target),
            environment: planned
                .target
                .environment
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect(),
            emulator: match &planned.target.runner {
                TargetRunner::Emulator(command) => command,
                TargetRunner::None | TargetRunner::EmbeddedWasm => &[],
            },
            by: proposer(&planned.by),
        })
        .collect()
}

/// The sizes of page that a program for the target must bear.
fn page_bytes(target: &Target) -> Vec<u32> {
    let demanded = target
        .requirements
        .iter()
        .filter_map(|requirement| match requirement {
            Requirement::PageBytes(sizes) => Some(sizes),
            _ => None,
        });
    let mut sizes: Vec<u32> = demanded.flatten().copied().collect();
    sizes.extend(target.machine.page_bytes);
    sizes.sort_unstable();
    sizes.dedup();
    sizes
}

fn builds(plan: &Plan) -> Vec<WireBuild<'_>> {
    plan.builds
        .iter()
        .map(|planned| WireBuild {
            node: planned.node().to_string(),
            toolchain: orch_model::NodeId::toolchain(&planned.toolchain).to_string(),
            needs: planned.needs.iter().map(|node| node.as_str()).collect(),
            advice: advice(&planned.advice),
            actions: planned.actions.iter().map(action).collect(),
            artifacts: planned
                .artifacts
                .iter()
                .map(|artifact| artifact.name.as_str())
                .collect(),
            smoke: match &planned.smoke {
                SmokeRun::Action(action) => WireSmoke {
                    command: Some(command(action)),
                    reason: None,
                },
                SmokeRun::Not(reason) => WireSmoke {
                    command: None,
                    reason: Some(reason.clone()),
                },
            },
            by: proposer(&planned.by),
        })
        .collect()
}

fn tasks(plan: &Plan) -> Vec<WireTask<'_>> {
    plan.tasks
        .iter()
        .map(|planned| WireTask {
            node: planned.node.as_str(),
            needs: planned.needs.iter().map(|node| node.as_str()).collect(),
            action: action(&planned.action),
        })
        .collect()
}

fn benches(plan: &Plan) -> Vec<WireBench<'_>> {
    plan.benches
        .iter()
        .map(|planned| WireBench {
            node: planned.node.as_str(),
            probe: &planned.probe,
            build: planned.build.as_str(),
            needs: planned.needs.iter().map(|node| node.as_str()).collect(),
            actions: planned.actions.iter().map(action).collect(),
            measurements: planned.measurements.iter().map(measurement).collect(),
            files: planned
                .files
                .iter()
                .map(|file| file.name.as_str())
                .collect(),
            on: planned.on.as_ref().map(ToString::to_string),
            cpus: planned.cpus,
            limits: planned.limits.map(|limits| WireLimits {
                memory_bytes: limits.memory_bytes,
                cpus: limits.milli_cpus.map(|milli| f64::from(milli) / 1_000.0),
            }),
            baseline: planned.baseline.as_deref(),
            gates: planned.gates.iter().map(gate).collect(),
            function_only: planned.function_only,
            by: proposer(&planned.by),
        })
        .collect()
}

fn deploys(plan: &Plan) -> Vec<WireDeploy<'_>> {
    plan.deploys
        .iter()
        .map(|planned| WireDeploy {
            node: planned.node.as_str(),
            of: &planned.of,
            fleet: planned.fleet.as_ref().map(|fleet| fleet.name.as_str()),
            waves: planned
                .rollout
                .waves
                .iter()
                .map(ToString::to_string)
                .collect(),
            releases: planned.releases.iter().map(release).collect(),
            secrets: planned.secrets.keys().map(String::as_str).collect(),
            needs: planned.needs.iter().map(|node| node.as_str()).collect(),
            by: proposer(&planned.by),
        })
        .collect()
}

fn release(release: &PlannedRelease) -> WireRelease<'_> {
    let (target, build) = (release.target.as_str(), release.build.as_str());
    match &release.proposal {
        Proposal::Release(release) => WireRelease {
            target,
            build,
            image: None,
            home: Some(&release.home),
            steps: release.steps().map(ToString::to_string).collect(),
            checks: release.checks.iter().map(ToString::to_string).collect(),
        },
        Proposal::Image(image) => WireRelease {
            target,
            build,
            image: Some(&image.repository),
            home: None,
            steps: Vec::new(),
            checks: Vec::new(),
        },
    }
}

fn gate(gate: &Gate) -> WireGate<'_> {
    WireGate {
        metric: &gate.metric,
        worse_than: gate.worse_than,
        confidence: gate.confidence,
    }
}

fn measurement(measurement: &Measurement) -> WireMeasurement<'_> {
    WireMeasurement {
        name: &measurement.name,
        commands: measurement.actions().map(command).collect(),
        cold: measurement.cold,
        warmups: measurement.warmups,
        samples: measurement.samples,
    }
}

fn left_out(plan: &Plan) -> Vec<WireLeftOut<'_>> {
    plan.left_out
        .iter()
        .map(|cell| WireLeftOut {
            node: cell.node.as_str(),
            reason: &cell.reason,
        })
        .collect()
}

fn advice(given: &[Advice]) -> Vec<WireAdvice<'_>> {
    given
        .iter()
        .zip(orch_model::overriding(given))
        .map(|(advice, overriding)| WireAdvice {
            policy: &advice.policy,
            kind: advice.tweak.kind(),
            tweak: advice.tweak.to_string(),
            reason: &advice.reason,
            reference: advice.reference.as_deref(),
            overridden_by: overriding.map(|other| WireOverriding {
                policy: &other.policy,
                tweak: other.tweak.to_string(),
            }),
        })
        .collect()
}

fn action(action: &Action) -> WireAction<'_> {
    WireAction {
        name: &action.name,
        command: command(action),
        network: action.network,
    }
}

/// Program and arguments as a person reads them: paths by their root's name.
fn command(action: &Action) -> Vec<String> {
    let program = std::iter::once(&action.program);
    program
        .chain(&action.arguments)
        .map(ToString::to_string)
        .collect()
}

fn proposer(by: &Proposer) -> WireProposer<'_> {
    WireProposer {
        plugin: by.plugin.as_str(),
        version: &by.version,
    }
}
