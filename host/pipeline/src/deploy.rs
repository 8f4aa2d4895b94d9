//! `[deploy.N]`: which build goes where, and how. What its deployer makes of the settings is not known
//! here.

use orch_model::{
    BuildTable, Commit, DeployTable, Diagnostic, FleetHost, FleetTable, Inventory, Name, OnFailure,
    Spanned,
};

use crate::choice::Chosen;
use crate::health::RawHealth;
use crate::names::{Names, twice};
use crate::number::Whole;
use crate::problems::Problems;
use crate::syntax::shorten;
use crate::table::{Inline, table};
use crate::text::NameText;
use crate::texts::Texts;
use crate::wave::{LabelText, ShareEntry, WaveText};
use crate::{health, of, rollout};

table! {
    /// A release onto machines, or an image. Keys that are not listed here are settings of its deployer; their texts may hold `${secret.N}`, `${host.X}`, `${image.N}` and `${release}`.
    RawDeploy: open {
        /// The deployer's plugin.
        with: Spanned<NameText> = "with", required "with = \"systemd\"";
        /// The build that is deployed, as `build.agent`.
        of: Spanned<String> = "of", required "of = \"build.agent\"";
        /// Which toolchain of that build's matrix; a build without one needs none.
        toolchain: Spanned<String> = "toolchain";
        /// Names of targets of that build; all of them if it is left out.
        targets: Spanned<Vec<Spanned<String>>> = "targets";
        /// The machines, as `fleet.edge`; left out for an image.
        to: Spanned<String> = "to";
        /// Nodes that must have succeeded before, such as `task.test` or `bench.startup`.
        needs: Vec<Spanned<String>> = "needs";
        /// How far it has gone after each wave: numbers of machines, percentages of all, or labels; the last is `"100%"`. `["1", "100%"]` if it is left out.
        waves: Spanned<Vec<Spanned<WaveText>>> = "waves";
        /// Labels: machines that have an earlier one come earlier.
        order: Spanned<Vec<Spanned<LabelText>>> = "order";
        /// When a machine counts as healthy.
        health: Inline<RawHealth> = "health";
        /// How many machines may fail, as a number or as a percentage of all; none if it is left out.
        max_failed: Spanned<ShareEntry> = "max-failed";
        /// Whether a person must say so (`orch promote`) before the second wave; `false` if it is left out.
        approval: Spanned<bool> = "approval";
        /// What becomes of a wave in which too many fail: `roll-back` of it and those before, which is what holds if it is left out, or `stop`.
        on_failure: Spanned<Chosen<OnFailure>> = "on-failure";
        /// Whether machines that cannot be reached are left for a later run, `each`, which is what holds if it is left out, or keep the others back too, `all-or-none`.
        commit: Spanned<Chosen<Commit>> = "commit";
        /// How many old releases a machine keeps; 3 if it is left out.
        keep: Whole<1, 1000> = "keep";
        /// How many machines are worked on at once; 32 if it is left out.
        at_once: Spanned<Whole<1, 1000>> = "at-once";
    }
}

/// The tables that a deploy may name.
pub(crate) struct Around<'a> {
    pub builds: &'a [BuildTable],
    /// Those that are sound.
    pub fleets: &'a [FleetTable],
    /// All that are written.
    pub fleet_names: Names,
    pub secret_names: Names,
    /// All of the file.
    pub text: &'a str,
}

/// The table with every name resolved.
pub(crate) fn deploy(
    name: Name,
    mut raw: RawDeploy,
    around: &Around<'_>,
    problems: &mut Problems,
) -> DeployTable {
    let wanting = format!("deploy `{}`", shorten(&name));
    let missing = || Spanned::new(String::new(), name.span.clone());
    let build = build(&wanting, &raw, around, problems);
    let targets = raw.targets.take().map(|targets| targets.value);
    let targets = targets.unwrap_or_default();
    twice(&wanting, &targets, problems);
    if let Some(build) = build {
        of::targets(&wanting, &targets, build, problems);
    }
    let fleet = fleet(&wanting, &raw, around, problems);
    let stated = fleet.and_then(stated);
    if let (Some(build), Some(to), Some(hosts)) = (build, &raw.to, &stated) {
        fits(&wanting, build, &targets, hosts, to, problems);
    }
    let hosts = stated.map(|mut hosts| {
        hosts.retain(|host| targets.is_empty() || is_of(host, &targets));
        hosts
    });
    let raw_health = raw.health.take().map(|health| health.0);
    let (health, asked) = health::health(&wanting, raw_health, problems);
    let rollout = rollout::rollout(&wanting, &raw, health, hosts.as_deref(), problems);
    let mut texts = Texts {
        wanting: &wanting,
        file: around.text,
        secrets: &around.secret_names,
        hosts: hosts.as_deref(),
        has_fleet: raw.to.is_some() || raw.unreadable.contains(&"to"),
        problems,
    };
    texts.settings(&raw.settings);
    texts.health(&asked);
    DeployTable {
        with: raw
            .with
            .map(|with| with.map(|with| with.0))
            .unwrap_or_else(missing),
        of: match (build, raw.of) {
            (Some(build), Some(of)) => Spanned::new(build.name.value.clone(), of.span),
            (_, of) => of.unwrap_or_else(missing),
        },
        toolchain: raw.toolchain,
        targets,
        to: match (fleet, raw.to) {
            (Some(fleet), Some(to)) => Some(Spanned::new(fleet.name.value.clone(), to.span)),
            (_, to) => to,
        },
        needs: raw.needs.unwrap_or_default(),
        rollout,
        settings: raw.settings,
        name,
    }
}

/// The build that is deployed, with what is said of its matrix.
fn build<'a>(
    wanting: &str,
    raw: &RawDeploy,
    around: &Around<'a>,
    problems: &mut Problems,
) -> Option<&'a BuildTable> {
    let of = raw.of.as_ref()?;
    let build = of::build(wanting, of, around.builds, problems)?;
    if !raw.unreadable.contains(&"toolchain") {
        of::toolchain(wanting, raw.toolchain.as_ref(), build, of, problems);
    }
    Some(build)
}

/// The fleet that it goes to, if that is there and sound.
fn fleet<'a>(
    wanting: &str,
    raw: &RawDeploy,
    around: &Around<'a>,
    problems: &mut Problems,
) -> Option<&'a FleetTable> {
    let to = raw.to.as_ref()?;
    let what = format!("{wanting} goes to");
    if !around.fleet_names.node(&what, to, problems) {
        return None;
    }
    let name = to.strip_prefix("fleet.")?;
    let mut fleets = around.fleets.iter();
    fleets.find(|fleet| fleet.name.value == name)
}

/// The machines of a fleet that the pipeline itself states.
pub(crate) fn stated(fleet: &FleetTable) -> Option<Vec<&FleetHost>> {
    match &fleet.inventory.value {
        Inventory::Hosts(hosts) => Some(hosts.iter().filter(|host| fleet.includes(host)).collect()),
        Inventory::File(_) | Inventory::Program(_) => None,
    }
}

/// Whether a machine has one of these targets.
fn is_of(host: &FleetHost, targets: &[Spanned<String>]) -> bool {
    targets.iter().any(|target| target.value == host.target)
}

/// Complains about machines for which the build is not made. Where the deploy names targets, it means
/// the machines that are of these.
fn fits(
    wanting: &str,
    build: &BuildTable,
    targets: &[Spanned<String>],
    hosts: &[&FleetHost],
    to: &Spanned<String>,
    problems: &mut Problems,
) {
    if !targets.is_empty() {
        if !hosts.is_empty() && !hosts.iter().any(|host| is_of(host, targets)) {
            let message = format!("no machine of `{}` has a target of {wanting}", shorten(to));
            problems.add(
                Diagnostic::error(message, to.span.clone())
                    .hint("`targets` names the targets of the machines that it is for"),
            );
        }
        return;
    }
    for host in hosts.iter().filter(|host| !is_of(host, &build.targets)) {
        problems.add_with(|| {
            let message = format!(
                "`{}` of `{}` has the target `{}`, for which build `{}` is not made",
                shorten(&host.name),
                shorten(to),
                shorten(&host.target),
                build.name.value
            );
            Diagnostic::error(message, to.span.clone()).hint(format!(
                "add the target to the build, or give {wanting} `targets` to leave such machines out"
            ))
        });
    }
}
