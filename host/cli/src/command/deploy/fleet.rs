//! `orch fleet check`: reaches every machine of the pipeline's deploys, and says what it is.

use std::collections::BTreeMap;

use orch_deploy::Checked;
use orch_model::{Fault, MachineFacts};
use orch_report::Table;

use super::deploys;
use super::standing::has_machines;
use crate::arguments::ProjectArguments;
use crate::console::Console;
use crate::deploying::{DeployOptions, deployer};
use crate::environment::Environment;
use crate::exit::Exit;
use crate::planned::Planned;
use crate::stop::Stop;

pub fn fleet(
    environment: Environment,
    arguments: &ProjectArguments,
    names: &[String],
    console: &Console,
) -> Result<Exit, Stop> {
    let planned = Planned::open(environment, arguments, console)?;
    let deployer = deployer(&planned, DeployOptions::default())?;
    let cancel = planned.house.interruptible(console)?;
    // A machine of several deploys is asked once.
    let mut machines: BTreeMap<(String, String), Row> = BTreeMap::new();
    for deploy in deploys(&planned.plan, &[])?
        .into_iter()
        .filter(|deploy| has_machines(deploy))
    {
        let fleet = deploy
            .fleet
            .as_ref()
            .map_or("", |fleet| fleet.name.as_str());
        if !names.is_empty() && !names.iter().any(|name| is_meant(name, fleet)) {
            continue;
        }
        for checked in deployer.check(deploy, cancel)? {
            let key = (fleet.to_owned(), checked.host.name.clone());
            let target = deploy
                .releases
                .iter()
                .find(|one| one.target == checked.host.target);
            machines
                .entry(key)
                .or_insert_with(|| Row::of(checked, target));
        }
    }
    if machines.is_empty() {
        return Err(Fault::usage("no deploy uses a fleet like that")
            .hint("a fleet is checked for the deploys that go there: `[deploy.…]` with `to`")
            .into());
    }
    match console.json() {
        Some(json) => {
            let rows: Vec<_> = machines.iter().map(|(key, row)| row.to_json(key)).collect();
            json.list("machines", &rows);
        }
        None => {
            let mut table = Table::new(["fleet", "machine", "address", "target", "is", "state"]);
            for ((fleet, name), row) in &machines {
                table.row([fleet, name, &row.address, &row.target, &row.is, &row.state]);
            }
            console.print(&table.render(console.style()));
            for row in machines.values() {
                if let Some(hint) = &row.hint {
                    console.warning(&row.state, Some(hint));
                }
            }
        }
    }
    Ok(match machines.values().all(|row| row.is_good) {
        true => Exit::Done,
        false => Exit::ActionFailed,
    })
}

fn is_meant(name: &str, fleet: &str) -> bool {
    name.strip_prefix("fleet.").unwrap_or(name) == fleet
}

/// A machine as it was found.
struct Row {
    address: String,
    target: String,
    is: String,
    state: String,
    hint: Option<String>,
    is_good: bool,
}

impl Row {
    fn of(checked: Checked, release: Option<&orch_engine::PlannedRelease>) -> Self {
        let (is, state, hint) = match &checked.found {
            Err(fault) => (String::new(), fault.message.clone(), fault.hint.clone()),
            Ok(observation) => {
                let facts = MachineFacts::of_observation(observation);
                let architecture = facts.architecture.map(|one| one.to_string());
                let target = release.map(|release| MachineFacts::of_target(&release.machine));
                let broken = target.map(|target| facts.broken_promises(&target));
                let broken = broken.unwrap_or_default();
                let (state, hint) = match broken.is_empty() {
                    true => ("good".to_owned(), None),
                    false => (
                        format!("no `{}`: {}", checked.host.target, broken.join("; ")),
                        Some("give it the target that it is; `orch target probe` tells".to_owned()),
                    ),
                };
                (architecture.unwrap_or_default(), state, hint)
            }
        };
        Self {
            address: checked.host.address.clone(),
            target: checked.host.target.clone(),
            is_good: state == "good",
            is,
            state,
            hint,
        }
    }

    fn to_json(&self, (fleet, name): &(String, String)) -> serde_json::Value {
        serde_json::json!({
            "fleet": fleet,
            "machine": name,
            "address": self.address,
            "target": self.target,
            "is": self.is,
            "state": self.state,
            "good": self.is_good,
        })
    }
}
