//! `orch bench calibrate --on …`: how far two runs of the same thing lie apart on machines of a fleet.

use std::path::Path;

use orch_engine::Cancel;
use orch_measure::{Medians, calibrate as runs, warnings};
use orch_model::{Fault, FleetHost, Pipeline, nearest};
use orch_remote::CalibratedHost;
use serde_json::Value;

use super::calibrate::{row, told, warn_of_noise};
use crate::console::Console;
use crate::deploying;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::interrupt;
use crate::measuring::past;
use crate::project::Project;
use crate::stop::Stop;

/// Measures the noise of a machine of a fleet, or of each of them, and keeps it in the project's
/// history. One that cannot be calibrated is told, and the next one taken.
pub fn calibrate_fleet(
    environment: Environment,
    pipeline: &Path,
    on: &str,
    console: &Console,
) -> Result<Exit, Stop> {
    let project = Project::open(&environment, pipeline)?;
    let parsed = orch_pipeline::parse(&project.source);
    let Some(pipeline) = parsed.pipeline else {
        console.diagnostics(&project.source, &parsed.diagnostics);
        return Err(Stop::Said(Exit::Usage));
    };
    let hosts = hosts(&pipeline, &project, on)?;
    let cancel = Cancel::new();
    interrupt::listen(&cancel, !console.is_json())?;
    let mut exit = Exit::Done;
    let mut rows = Vec::new();
    for host in &hosts {
        match calibrate_host(&environment, &project, host, &cancel, console) {
            Ok(row) => rows.push(row),
            Err(_) if cancel.is_cancelled() => return Err(Stop::Said(Exit::Interrupted)),
            Err(fault) => {
                console.fault(&fault);
                // The first that failed decides.
                exit = match exit {
                    Exit::Done => Exit::of_fault(fault.kind),
                    failed => failed,
                };
            }
        }
    }
    if let Some(json) = console.json() {
        json.list("calibrations", &rows);
    }
    Ok(exit)
}

fn calibrate_host(
    environment: &Environment,
    project: &Project,
    host: &FleetHost,
    cancel: &Cancel,
    console: &Console,
) -> Result<Value, Fault> {
    let owner = deploying::owner(environment);
    let there = CalibratedHost::reach(host, environment.find_program("ssh"), &owner, cancel)?;
    let conditions = there.conditions();
    let hardware = there.meter().hardware(&conditions);
    console.say(&format!(
        "the noise of `{}`: {}",
        host.name, hardware.summary
    ));
    for warning in warnings(&conditions) {
        console.warning(&warning.to_string(), None);
    }
    let past = past(project);
    let turns = match past.calibrated_turns(&hardware)? {
        Some(turns) => turns,
        None => there.turns()?,
    };
    let values = runs(
        || there.sample(turns),
        |run, of| console.progress(&format!("`{}`: run {run} of {of}", host.name)),
    )?;
    let medians = Medians {
        values,
        turns: Some(turns),
    };
    let calibration = past.calibrate(&hardware, medians)?;
    warn_of_noise(&calibration, console);
    if !console.is_json() {
        console.print(&format!("{}: {}\n", host.name, told(&calibration)));
    }
    let mut row = row(&hardware, &calibration);
    row["host"] = host.name.as_str().into();
    Ok(row)
}

/// The machines that `fleet.lab/pi-1` means, or `fleet.lab`.
fn hosts(pipeline: &Pipeline, project: &Project, on: &str) -> Result<Vec<FleetHost>, Fault> {
    let (node, name) = match on.split_once('/') {
        Some((node, name)) => (node, Some(name)),
        None => (on, None),
    };
    let mut fleets = pipeline.fleets.iter();
    let fleet = fleets.find(|fleet| format!("fleet.{}", *fleet.name) == node);
    let Some(fleet) = fleet else {
        let known = pipeline.fleets.iter();
        let known: Vec<String> = known
            .map(|fleet| format!("fleet.{}", *fleet.name))
            .collect();
        let hint = match nearest(node, known.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None if known.is_empty() => "add a `[fleet.…]` table with `hosts`".to_owned(),
            None => format!("its fleets are {}", known.join(", ")),
        };
        return Err(Fault::usage(format!("the pipeline has no fleet `{node}`")).hint(hint));
    };
    let targets: Vec<String> = pipeline
        .targets
        .iter()
        .map(|target| target.name.value.clone())
        .collect();
    let mut hosts = deploying::hosts(&fleet.inventory, &project.folder, &targets)?;
    hosts.retain(|host| fleet.includes(host));
    let names: Vec<String> = hosts.iter().map(|host| host.name.clone()).collect();
    hosts.retain(|host| name.is_none_or(|name| host.name == name));
    if hosts.is_empty() {
        let wanted = name.unwrap_or("any");
        let hint = match nearest(wanted, names.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{node}/{near}`?"),
            None => format!("its machines are {}", names.join(", ")),
        };
        return Err(Fault::usage(format!("`{node}` has no machine `{wanted}`")).hint(hint));
    }
    Ok(hosts)
}
