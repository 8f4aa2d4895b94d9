//! Puts measuring together: who takes samples, who reads them, and where figures are kept.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};

use orch_engine::port::{
    BenchReport, Executor, MeasureJob, Measured, Measurer, OutputFile, Plugins, Progress,
};
use orch_engine::{Cancel, Plan, PlannedBench};
use orch_history::Hardware;
use orch_measure::{BenchMeasurer, Conditions, Fingerprint, Measuring, Past};
use orch_model::{Artifact, Digest, Fault, FaultKind};
use orch_plugins::PluginHost;
use orch_remote::{FleetHosts, Reaching};
use orch_store::Store;
use serde_json::json;

use crate::deploying;
use crate::house::{House, load_plugins};
use crate::planning::own_plugins;
use crate::project::Project;

/// The history of a project's measurements, below its folder.
pub const MEASUREMENTS: &str = ".orch/measurements.sqlite";

/// Measures for a project.
pub fn measurer(
    house: &House,
    project: &Project,
    plan: &Plan,
    executor: Arc<dyn Executor>,
    anew: bool,
) -> Result<BenchMeasurer, Fault> {
    let (store, kept) = (house.store.clone(), house.store.clone());
    let measuring = Measuring {
        plugins: probes(house, project),
        inspect: Box::new(move |artifacts| describe(&store, artifacts)),
        is_stored: Box::new(move |digest| kept.contains(digest)),
        past: past(project),
        hosts: Box::new(fleet_hosts(house, project, plan)),
        root: PathBuf::from("/"),
        anew,
    };
    Ok(BenchMeasurer::new(executor, measuring))
}

/// The machines of fleets that benches are measured on.
fn fleet_hosts(house: &House, project: &Project, plan: &Plan) -> FleetHosts {
    let targets: Vec<String> = plan.targets.iter().map(|one| one.name.clone()).collect();
    let (store, looked_into) = (house.store.clone(), house.store.clone());
    let folder = project.folder.clone();
    FleetHosts::new(Reaching {
        folder: project.folder.clone(),
        ssh: house.environment.find_program("ssh"),
        owner: deploying::owner(&house.environment),
        hosts: Box::new(move |inventory| deploying::hosts(inventory, &folder, &targets)),
        content: Box::new(move |digest| store.read(digest)),
        obstacles: Box::new(move |file, machine| deploying::obstacles(&looked_into, file, machine)),
    })
}

/// What was measured in a project before, for a new run on this machine.
pub fn past(project: &Project) -> Past {
    let file = project.folder.join(MEASUREMENTS);
    let folder = project.folder.clone();
    let commit_of = Box::new(move |name: &str| commit_named(&folder, name));
    Past::new(file, commit(&project.folder), hardware(), commit_of)
}

/// This machine, as figures are comparable on it.
pub fn hardware() -> Hardware {
    let fingerprint = Fingerprint::of(&Conditions::read(Path::new("/")));
    Hardware {
        fingerprint: fingerprint.digest,
        summary: fingerprint.summary,
    }
}

/// The plugins of a project, loaded when the first samples are read.
fn probes(
    house: &House,
    project: &Project,
) -> Box<dyn Fn() -> Result<Arc<dyn Plugins>, Fault> + Send + Sync> {
    let (environment, facts) = (house.environment.clone(), house.facts.clone());
    let cancel = house.cancel.clone();
    let project = project.clone();
    let loaded: OnceLock<Arc<PluginHost>> = OnceLock::new();
    Box::new(move || {
        if let Some(host) = loaded.get() {
            return Ok(host.clone());
        }
        let parsed = orch_pipeline::parse(&project.source).pipeline;
        let own = parsed.map(|pipeline| own_plugins(&pipeline, &project));
        let (host, faults) = load_plugins(
            &environment,
            facts.clone(),
            &cancel,
            &own.unwrap_or_default(),
        )?;
        match faults.into_iter().next() {
            Some(fault) => Err(fault),
            None => Ok(loaded.get_or_init(|| Arc::new(host)).clone()),
        }
    })
}

/// What the contract gives to a probe that inspects.
fn describe(store: &Store, artifacts: &[(Artifact, OutputFile)]) -> Result<Vec<u8>, Fault> {
    let files = artifacts.iter().map(|(artifact, file)| {
        let data = store.read(&file.digest)?.ok_or_else(|| {
            Fault::lost(format!(
                "artifact `{}` is missing from the store",
                artifact.name
            ))
            .hint("run again: it will be made anew")
        })?;
        let anatomy = orch_inspect::anatomy(&data);
        let pieces = |pieces: &[(String, u64)]| -> Vec<_> {
            let piece = |(name, bytes): &(String, u64)| json!({ "name": name, "bytes": bytes });
            pieces.iter().map(piece).collect()
        };
        Ok(json!({
            "name": artifact.name.as_str(),
            "bytes": file.bytes,
            "sections": pieces(&anatomy.sections),
            "symbols": pieces(&anatomy.symbols),
        }))
    });
    let files: Vec<_> = files.collect::<Result<_, Fault>>()?;
    serde_json::to_vec(&files).map_err(|error| Fault::internal(error.to_string()))
}

/// The commit of the sources as git says it, with `-dirty` behind it where something was edited.
/// None where there is no git, or nothing that it knows.
pub fn commit(folder: &Path) -> Option<String> {
    let mut git = Command::new("git");
    let told = [
        "describe",
        "--always",
        "--dirty",
        "--abbrev=40",
        "--exclude=*",
    ];
    let said = git.arg("-C").arg(folder).args(told).output().ok()?;
    let text = String::from_utf8(said.stdout).ok()?;
    (said.status.success() && !text.trim().is_empty()).then(|| text.trim().to_owned())
}

/// The commit that git knows by a name, as `HEAD` or `v1.2`.
pub fn commit_named(folder: &Path, name: &str) -> Option<String> {
    if name.starts_with('-') {
        return None;
    }
    let mut git = Command::new("git");
    git.arg("-C")
        .arg(folder)
        .args(["rev-parse", "--verify", "--quiet"]);
    let said = git.arg(format!("{name}^{{commit}}")).output().ok()?;
    let text = String::from_utf8(said.stdout).ok()?;
    (said.status.success() && !text.trim().is_empty()).then(|| text.trim().to_owned())
}

/// For graphs in which nothing is measured.
pub struct NoMeasurer;

impl Measurer for NoMeasurer {
    fn known(
        &self,
        _: &PlannedBench,
        _: &Digest,
        _: &Cancel,
    ) -> Result<Option<BenchReport>, Fault> {
        Ok(None)
    }

    fn measure(
        &self,
        job: MeasureJob<'_>,
        _: &dyn Progress,
        _: &Cancel,
    ) -> Result<Measured, Fault> {
        let why = format!("`{}` cannot be measured by this command", job.node);
        Err(Fault::new(FaultKind::Usage, why).hint("`orch run` and `orch bench` measure"))
    }
}
