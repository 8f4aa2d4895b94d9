//! `orch status`: how machines stand, asked now.

use orch_deploy::Standing;
use orch_engine::PlannedDeploy;
use orch_model::{Fault, Proposal};
use orch_report::{Table, human_minute};

use super::deploys;
use crate::arguments::ProjectArguments;
use crate::console::Console;
use crate::deploying::{DeployOptions, deployer};
use crate::environment::Environment;
use crate::exit::Exit;
use crate::planned::Planned;
use crate::stop::Stop;

pub fn status(
    environment: Environment,
    arguments: &ProjectArguments,
    names: &[String],
    console: &Console,
) -> Result<Exit, Stop> {
    let planned = Planned::open(environment, arguments, console)?;
    let deployer = deployer(&planned, DeployOptions::default())?;
    let cancel = planned.house.interruptible(console)?;
    let mut rows: Vec<(&PlannedDeploy, Standing)> = Vec::new();
    for deploy in deploys(&planned.plan, names)?
        .into_iter()
        .filter(|deploy| has_machines(deploy))
    {
        let standing = deployer.standing(deploy, cancel)?;
        rows.extend(standing.into_iter().map(|one| (deploy, one)));
    }
    if rows.is_empty() {
        return Err(Fault::usage("no deploy of this pipeline has machines")
            .hint("an image is in its registry, which tells of itself")
            .into());
    }
    match console.json() {
        Some(json) => json.list("machines", &rows.iter().map(row).collect::<Vec<_>>()),
        None => console.print(&table(&rows).render(console.style())),
    }
    Ok(Exit::Done)
}

/// Whether a deploy goes onto machines.
pub fn has_machines(deploy: &PlannedDeploy) -> bool {
    let mut releases = deploy.releases.iter();
    releases.any(|release| matches!(release.proposal, Proposal::Release(_)))
}

fn row((deploy, standing): &(&PlannedDeploy, Standing)) -> serde_json::Value {
    serde_json::json!({
        "deploy": deploy.name(),
        "machine": standing.host,
        "target": standing.target,
        "release": standing.live,
        "since": standing.since,
        "by": standing.by,
        "commit": standing.commit,
        "state": standing.state,
        "others": standing.others,
    })
}

fn table(rows: &[(&PlannedDeploy, Standing)]) -> Table {
    let mut table = Table::new([
        "deploy", "machine", "target", "release", "since", "by", "commit", "state",
    ]);
    for (deploy, standing) in rows {
        let or_nothing = |text: &Option<String>| text.clone().unwrap_or_default();
        let since = standing.since.and_then(|since| i64::try_from(since).ok());
        table.row([
            deploy.name().to_owned(),
            standing.host.clone(),
            standing.target.clone(),
            or_nothing(&standing.live),
            since.map(human_minute).unwrap_or_default(),
            or_nothing(&standing.by),
            or_nothing(&standing.commit).chars().take(12).collect(),
            standing.state.clone(),
        ]);
    }
    table
}
