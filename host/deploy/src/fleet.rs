//! Which machines a deploy goes to.

use std::collections::BTreeMap;

use orch_engine::port::ReadHosts;
use orch_engine::{PlannedDeploy, PlannedFleet};
use orch_model::{Fault, FleetHost, Inventory};

/// The machines of a deploy, in the order of the fleet.
pub(crate) fn machines(deploy: &PlannedDeploy, read: &ReadHosts) -> Result<Vec<FleetHost>, Fault> {
    let releases = deploy.releases.iter();
    let targets: Vec<&str> = releases.map(|release| release.target.as_str()).collect();
    let Some(fleet) = &deploy.fleet else {
        let target = targets.first().copied().unwrap_or_default();
        return Ok(vec![this_machine(target)]);
    };
    let mut hosts = of_fleet(fleet, read)?;
    let is_other = |host: &FleetHost| !targets.contains(&host.target.as_str());
    if deploy.some_targets {
        hosts.retain(|host| !is_other(host));
    } else if let Some(other) = hosts.iter().find(|host| is_other(host)) {
        return Err(Fault::usage(format!(
            "machine `{}` of fleet `{}` is a `{}`, for which `{}` has nothing",
            other.name, fleet.name, other.target, deploy.node
        ))
        .hint("add that target to the build, or name the deploy's own by `targets`"));
    }
    match hosts.is_empty() {
        false => Ok(hosts),
        true => Err(Fault::usage(format!(
            "fleet `{}` has no machine for `{}`",
            fleet.name, deploy.node
        ))
        .hint("look at its labels and targets")),
    }
}

fn of_fleet(fleet: &PlannedFleet, read: &ReadHosts) -> Result<Vec<FleetHost>, Fault> {
    let mut hosts = match &fleet.inventory {
        Inventory::Hosts(hosts) => hosts.clone(),
        elsewhere => read(elsewhere)?,
    };
    let labels = &fleet.labels;
    let has = |host: &FleetHost| labels.iter().any(|label| host.labels.contains(label));
    hosts.retain(|host| labels.is_empty() || has(host));
    Ok(hosts)
}

/// What is done without a fleet is done here.
fn this_machine(target: &str) -> FleetHost {
    FleetHost {
        name: "this machine".to_owned(),
        address: "local".to_owned(),
        target: target.to_owned(),
        labels: Vec::new(),
        variables: BTreeMap::new(),
        host_key: None,
    }
}
