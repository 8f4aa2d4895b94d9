//! Which machine of a fleet a bench is measured on.

use orch_engine::{PlannedBench, PlannedPlace};
use orch_model::{Fault, FleetHost};

/// The machine that is named, or the first that is what the bench's target says.
pub(crate) fn choose<'h>(
    bench: &PlannedBench,
    place: &PlannedPlace,
    hosts: &'h [FleetHost],
) -> Result<&'h FleetHost, Fault> {
    let labels = &place.fleet.labels;
    let belongs = |host: &&FleetHost| {
        labels.is_empty() || labels.iter().any(|label| host.labels.contains(label))
    };
    let mut hosts = hosts.iter().filter(belongs);
    let (fleet, target) = (&place.fleet.name, &bench.target);
    let Some(name) = &place.host else {
        return hosts.find(|host| host.target == *target).ok_or_else(|| {
            Fault::usage(format!(
                "fleet `{fleet}` has no machine that is a `{target}`"
            ))
            .hint("look at its labels and targets")
        });
    };
    let Some(host) = hosts.find(|host| host.name == *name) else {
        return Err(
            Fault::usage(format!("fleet `{fleet}` has no machine `{name}`"))
                .hint("look at its labels and names"),
        );
    };
    match host.target == *target {
        true => Ok(host),
        false => Err(Fault::usage(format!(
            "`{name}` of fleet `{fleet}` is a `{}`, and `{}` measures for `{target}`",
            host.target, bench.node
        ))
        .hint("choose by the bench's `targets`")),
    }
}
