//! `on` of a bench: a machine of a fleet, as `fleet.lab` or `fleet.lab/pi-1`. Whether it is there is
//! not known here.

use orch_model::{Diagnostic, FleetHost, FleetPlace, FleetTable, Spanned};

use crate::deploy::{Around, stated};
use crate::nearest;
use crate::problems::Problems;
use crate::syntax::shorten;

/// The place that a bench names. Of machines that the pipeline states, there must be one for each
/// of `targets`.
pub(crate) fn on(
    wanting: &str,
    on: Spanned<String>,
    targets: &[Spanned<String>],
    around: &Around<'_>,
    problems: &mut Problems,
) -> Option<Spanned<FleetPlace>> {
    let (node, host) = match on.split_once('/') {
        Some((node, host)) => (node, Some(host)),
        None => (on.as_str(), None),
    };
    let node = Spanned::new(node.to_owned(), on.span.clone());
    let what = format!("{wanting} is measured on");
    if !around.fleet_names.node(&what, &node, problems) {
        return None;
    }
    let name = node.strip_prefix("fleet.")?;
    let mut fleets = around.fleets.iter();
    let fleet = fleets.find(|fleet| fleet.name.value == name)?;
    if let Some(hosts) = stated(fleet) {
        match host {
            Some(host) => named(wanting, &on, host, fleet, &hosts, targets, problems),
            None => any(wanting, &on, &hosts, targets, problems),
        }
    }
    let place = FleetPlace {
        fleet: name.to_owned(),
        host: host.map(str::to_owned),
    };
    Some(Spanned::new(place, on.span))
}

/// The machine must be there, and what every target of the bench is.
fn named(
    wanting: &str,
    on: &Spanned<String>,
    host: &str,
    fleet: &FleetTable,
    hosts: &[&FleetHost],
    targets: &[Spanned<String>],
    problems: &mut Problems,
) {
    let Some(found) = hosts.iter().find(|one| one.name == host) else {
        problems.add_with(|| {
            let names = hosts.iter().map(|one| one.name.as_str());
            let message = format!(
                "{wanting} is measured on `{}`, and fleet `{}` has no such machine",
                shorten(host),
                shorten(&fleet.name)
            );
            let hint = nearest::hint(host, names, "its machines are");
            Diagnostic::error(message, on.span.clone()).maybe_hint(hint)
        });
        return;
    };
    for target in targets.iter().filter(|one| one.value != found.target) {
        problems.add_with(|| {
            let message = format!(
                "{wanting} measures for `{}` on `{}`, which is a `{}`",
                shorten(target),
                shorten(host),
                shorten(&found.target)
            );
            let hint = format!(
                "choose by `targets = [\"{}\"]`, or name the fleet alone: each target gets its \
                 first machine there",
                shorten(&found.target)
            );
            Diagnostic::error(message, on.span.clone()).hint(hint)
        });
    }
}

/// There must be a machine for every target of the bench.
fn any(
    wanting: &str,
    on: &Spanned<String>,
    hosts: &[&FleetHost],
    targets: &[Spanned<String>],
    problems: &mut Problems,
) {
    let has = |target: &str| hosts.iter().any(|host| host.target == target);
    for target in targets.iter().filter(|target| !has(target)) {
        problems.add_with(|| {
            let message = format!(
                "no machine of `{}` is a `{}`, for which {wanting} measures",
                shorten(on),
                shorten(target)
            );
            Diagnostic::error(message, on.span.clone())
                .hint("add one to the fleet, or choose by `targets`")
        });
    }
}
