//! How a deploy goes over its fleet: the keys of `[deploy.N]` that say so, and what holds where they
//! are left out. What is deployed is not known here.

use orch_model::{
    Commit, Diagnostic, FleetHost, Health, OnFailure, Rollout, Share, Span, Spanned, Wave,
};

use crate::choice::Choice;
use crate::deploy::RawDeploy;
use crate::host::known_labels;
use crate::names::twice;
use crate::problems::Problems;
use crate::wave;

/// Old releases that a machine keeps.
const KEEP: u32 = 3;

/// Machines that are worked on at once.
const AT_ONCE: u32 = 32;

impl Choice for OnFailure {
    const ALL: &'static [(&'static str, Self)] =
        &[("roll-back", Self::RollBack), ("stop", Self::Stop)];
}

impl Choice for Commit {
    const ALL: &'static [(&'static str, Self)] =
        &[("each", Self::Each), ("all-or-none", Self::AllOrNone)];
}

/// What the pipeline says, or else: one machine, then all; none may fail; all go back if one does.
pub(crate) fn rollout(
    wanting: &str,
    raw: &RawDeploy,
    health: Health,
    hosts: Option<&[&FleetHost]>,
    problems: &mut Problems,
) -> Rollout {
    if raw.to.is_none() && !raw.unreadable.contains(&"to") {
        without_fleet(wanting, raw, problems);
    }
    let order = raw.order.as_ref().map_or(&[][..], |order| &order.value);
    let order: Vec<Spanned<String>> = order
        .iter()
        .map(|label| Spanned::new(label.0.clone(), label.span.clone()))
        .collect();
    twice(wanting, &order, problems);
    let waves = waves(wanting, raw, problems);
    if let Some(hosts) = hosts {
        let labels = waves.iter().filter_map(|wave| match &wave.value {
            Wave::Label(label) => Some((label.as_str(), &wave.span)),
            Wave::Share(_) => None,
        });
        let ordered = order.iter().map(|label| (label.as_str(), &label.span));
        let hosts = hosts.iter().copied();
        known_labels(wanting, ordered.chain(labels), hosts, problems);
    }
    let approval = raw.approval.as_ref().filter(|approval| approval.value);
    if let Some(approval) = approval.filter(|_| waves.len() < 2) {
        let message = format!("{wanting} waits for approval before its second wave, but has one");
        let hint = "add a wave before the last, as in `waves = [\"1\", \"100%\"]`";
        problems.add(Diagnostic::error(message, approval.span.clone()).hint(hint));
    }
    all_or_none(wanting, raw, problems);
    Rollout {
        order: order.into_iter().map(|label| label.value).collect(),
        waves: waves.into_iter().map(|wave| wave.value).collect(),
        health,
        max_failed: raw
            .max_failed
            .as_ref()
            .map_or(Share::Count(0), |share| share.0),
        approval: approval.is_some(),
        on_failure: raw
            .on_failure
            .as_ref()
            .map_or(OnFailure::RollBack, |chosen| chosen.0),
        commit: raw.commit.as_ref().map_or(Commit::Each, |chosen| chosen.0),
        keep: raw.keep.map_or(KEEP, |keep| keep.0),
        at_once: raw.at_once.as_ref().map_or(AT_ONCE, |at_once| at_once.0),
    }
}

fn waves(wanting: &str, raw: &RawDeploy, problems: &mut Problems) -> Vec<Spanned<Wave>> {
    let Some(written) = &raw.waves else {
        let default = [Share::Count(1), Share::Fraction(1.0)];
        let waves = default.into_iter().map(Wave::Share);
        return waves
            .map(|wave| Spanned::new(wave, raw.header.clone()))
            .collect();
    };
    let waves = written.iter();
    let waves = waves.map(|wave| Spanned::new(wave.0.clone(), wave.span.clone()));
    let waves = Spanned::new(waves.collect(), written.span.clone());
    wave::check(wanting, &waves, problems);
    waves.value
}

/// Complains about keys that leave a release on some machines where all are to have it, or none.
fn all_or_none(wanting: &str, raw: &RawDeploy, problems: &mut Problems) {
    let commit = raw.commit.as_ref().map(|chosen| chosen.0);
    if commit != Some(Commit::AllOrNone) {
        return;
    }
    let max_failed = raw.max_failed.as_ref();
    let max_failed = max_failed.filter(|share| share.0 != Share::Count(0));
    let on_failure = raw.on_failure.as_ref();
    let on_failure = on_failure.filter(|chosen| chosen.0 == OnFailure::Stop);
    let keys = [
        max_failed.map(|share| ("max-failed", &share.span)),
        on_failure.map(|chosen| ("on-failure", &chosen.span)),
    ];
    for (key, span) in keys.into_iter().flatten() {
        let message = format!(
            "{wanting} reaches all machines or none, and its `{key}` lets some keep a release \
             that others do not have"
        );
        let hint = "take it out, or take out `commit = \"all-or-none\"`";
        problems.add(Diagnostic::error(message, span.clone()).hint(hint));
    }
}

/// Complains about keys that say how to go over a fleet where there is none.
fn without_fleet(wanting: &str, raw: &RawDeploy, problems: &mut Problems) {
    let keys: [(&str, Option<&Span>); 6] = [
        ("waves", raw.waves.as_ref().map(|found| &found.span)),
        ("order", raw.order.as_ref().map(|found| &found.span)),
        (
            "max-failed",
            raw.max_failed.as_ref().map(|found| &found.span),
        ),
        ("approval", raw.approval.as_ref().map(|found| &found.span)),
        ("commit", raw.commit.as_ref().map(|found| &found.span)),
        ("at-once", raw.at_once.as_ref().map(|found| &found.span)),
    ];
    for (key, span) in keys {
        if let Some(span) = span {
            let message = format!("{wanting} has `{key}`, but no fleet");
            let hint = "name the machines by `to = \"fleet.…\"`, or take it out";
            problems.add(Diagnostic::error(message, span.clone()).hint(hint));
        }
    }
}
