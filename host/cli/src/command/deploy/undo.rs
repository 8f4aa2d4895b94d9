//! `orch rollback`: machines go back to what held before.

use orch_engine::NodeProgress;
use orch_engine::port::Deployed;
use orch_model::Fault;
use orch_report::{DeployRow, render_deploys};

use super::deploys;
use super::standing::has_machines;
use crate::arguments::ProjectArguments;
use crate::console::Console;
use crate::deploying::{DeployOptions, deployer};
use crate::environment::Environment;
use crate::exit::Exit;
use crate::planned::Planned;
use crate::stop::Stop;

pub fn rollback(
    environment: Environment,
    arguments: &ProjectArguments,
    name: &str,
    to: Option<String>,
    options: DeployOptions,
    console: &Console,
) -> Result<Exit, Stop> {
    let planned = Planned::open(environment, arguments, console)?;
    let names = [name.to_owned()];
    let deploys = deploys(&planned.plan, &names)?;
    let Some(deploy) = deploys.first().filter(|deploy| has_machines(deploy)) else {
        return Err(Fault::usage(format!("deploy `{name}` has no machines"))
            .hint("an image that was pushed is in its registry; push the tags that you want again")
            .into());
    };
    let cancel = planned.house.interruptible(console)?;
    let observer = console.observer();
    let progress = NodeProgress {
        node: &deploy.node,
        observer: &*observer,
    };
    let deployer = deployer(&planned, options)?;
    let deployed = deployer.roll_back(deploy, to, &progress, cancel)?;
    drop(observer);
    let (report, end) = match deployed {
        Deployed::Live(report) | Deployed::Waits(report) => (report, None),
        Deployed::Cancelled => return Ok(Exit::Interrupted),
        Deployed::Failed {
            report,
            reason,
            hint,
            fault,
        } => {
            let mut failed = Fault::new(fault, reason);
            failed.hint = hint;
            (report, Some(failed))
        }
    };
    let row = DeployRow {
        node: deploy.node.clone(),
        report: *report,
    };
    match console.json() {
        Some(json) => json.list("deploys", &[row.to_json()]),
        None => console.print(&render_deploys(&[row], console.style())),
    }
    match end {
        None => Ok(Exit::Done),
        Some(fault) => {
            console.fault(&fault);
            Ok(Exit::of_fault(fault.kind))
        }
    }
}
