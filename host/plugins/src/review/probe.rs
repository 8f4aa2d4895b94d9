//! Looks at what a probe wants measured, and at what it read.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use orch_engine::port::{BUILD_STEP, FILES_STEP};
use orch_model::{
    Action, Artifact, Build, Load, Measurement, Metric, ProbePlan, Profile, Readiness, Reading,
    RelativePath, Root, SandboxPath, Work,
};

use super::build::{build, paths, planned, tools_of};
use super::names::{
    ADDRESS_BYTES, NAME_BYTES, Reviewed, breach, count, distinct, name, no_control,
};
use crate::shown;

/// Samples that one measurement may want to begin with.
const SAMPLES: u32 = 10_000;
/// Connections of one load.
const CONNECTIONS: u32 = 10_000;
/// Requests each second.
const RATES: RangeInclusive<f64> = 0.01..=10_000_000.0;
/// Bytes that are sent with each request.
const BODY_BYTES: usize = 8 << 20;
/// Values of all metrics of one measurement.
const VALUES: usize = 1_000_000;
/// Profiles that are drawn of one measurement.
const PROFILES: usize = 16;
/// Bytes of the stacks of one profile: it is kept in the history and drawn on a page.
const STACK_BYTES: usize = 512 << 10;
/// A day: nothing is measured for longer.
const LONGEST_MS: u32 = 24 * 60 * 60 * 1_000;

/// A probe's actions and measurements. `always` are toolchains that every action reads.
pub(crate) fn probe_plan(plan: ProbePlan, always: &[&str]) -> Reviewed<ProbePlan> {
    let given = SandboxPath {
        root: Root::Artifact(BUILD_STEP.to_owned()),
        relative: RelativePath::root(),
    };
    let made = Build {
        actions: plan.actions,
        artifacts: plan.files,
    };
    let made = build(made, Some(&given), always)?;
    files(&made.artifacts)?;
    let actions = made.actions;
    let mut known: BTreeSet<&str> = actions.iter().map(|action| action.name.as_str()).collect();
    if !known.insert(BUILD_STEP) {
        return breach(format!(
            "called an action `{BUILD_STEP}`, which stands for the build that is measured"
        ));
    }
    if known.contains(FILES_STEP) {
        return breach(format!(
            "called an action `{FILES_STEP}`, which is the host's own that puts files in place"
        ));
    }
    let mut measurements = plan.measurements;
    count("measurements", &measurements)?;
    if measurements.is_empty() {
        return breach("planned nothing to measure".to_owned());
    }
    for measurement in &mut measurements {
        self::measurement(measurement, &known)?;
    }
    let names = measurements.iter().map(|one| one.name.as_str());
    distinct("measurement", names)?;
    Ok(ProbePlan {
        actions,
        measurements,
        files: made.artifacts,
    })
}

/// What is put in place was made by a step of the bench, and is no copy of what the build ships.
fn files(files: &[Artifact]) -> Reviewed<()> {
    let is_made = |file: &Artifact| match &file.path.root {
        Root::Artifact(step) => step != BUILD_STEP,
        _ => false,
    };
    match files.iter().find(|file| !is_made(file)) {
        None => Ok(()),
        Some(file) => breach(format!(
            "keeps the file `{}`, which no action of its own makes",
            shown::value(file.name.as_str())
        )),
    }
}

fn measurement(measurement: &mut Measurement, known: &BTreeSet<&str>) -> Reviewed<()> {
    name("measurement", &measurement.name)?;
    let whose = measurement.name.clone();
    for action in measurement.actions_mut() {
        action.tools = tools_of(action, &[]);
        action.after = steps(action);
        if let Some(step) = action
            .after
            .iter()
            .find(|step| !known.contains(step.as_str()))
        {
            return breach(format!(
                "measures `{whose}` with an output of the action `{}`, which it did not plan",
                shown::value(step)
            ));
        }
        planned("measured process", action, None)?;
    }
    if !(1..=SAMPLES).contains(&measurement.samples) || measurement.warmups > SAMPLES {
        return breach(format!(
            "wants {} samples and {} warm-ups of `{whose}`; 1 to {SAMPLES} are possible",
            measurement.samples, measurement.warmups
        ));
    }
    if let Some(service) = &measurement.service {
        within("wait for the service of", &whose, service.ready_within_ms)?;
        let (Readiness::Http { url: address, .. } | Readiness::Tcp(address)) = &service.ready;
        no_control("address", address, ADDRESS_BYTES)?;
        loopback(&whose, address)?;
    }
    match &measurement.work {
        Work::Load(load) if measurement.service.is_some() => self::load(&whose, load),
        Work::Load(_) => breach(format!("loads no service in `{whose}`")),
        Work::Inspect if measurement.service.is_some() => breach(format!(
            "started a service for `{whose}`, which runs nothing"
        )),
        Work::Inspect => Ok(()),
        // A probe says how long each process may take.
        Work::Run(action) => {
            let limit_ms = u32::try_from(action.timeout_ms.unwrap_or_default());
            within("run", &whose, limit_ms.unwrap_or(u32::MAX))
        }
    }
}

fn load(whose: &str, load: &Load) -> Reviewed<()> {
    no_control("address", &load.url, ADDRESS_BYTES)?;
    loopback(whose, &load.url)?;
    name("method", &load.method)?;
    count("headers", &load.headers)?;
    for (header, value) in &load.headers {
        name("header", header)?;
        no_control("header's value", value, ADDRESS_BYTES)?;
    }
    if !(1..=CONNECTIONS).contains(&load.connections) {
        return breach(format!(
            "wants {} connections in `{whose}`; 1 to {CONNECTIONS} are possible",
            load.connections
        ));
    }
    if load.rate.is_some_and(|rate| !RATES.contains(&rate)) {
        return breach(format!(
            "wants a rate in `{whose}` that is not between {} and {} requests a second",
            RATES.start(),
            RATES.end()
        ));
    }
    if load.body.len() > BODY_BYTES {
        return breach(format!(
            "sends {} bytes with each request of `{whose}`; {BODY_BYTES} are allowed",
            load.body.len()
        ));
    }
    within("load", whose, load.duration_ms)?;
    within("wait for a request of", whose, load.timeout_ms)?;
    match load.warmup_ms {
        0 => Ok(()),
        some => within("warm up", whose, some),
    }
}

/// The host itself asks a service, outside of any sandbox: it must be one of this machine.
fn loopback(whose: &str, address: &str) -> Reviewed<()> {
    let authority = address.strip_prefix("http://").unwrap_or(address);
    let authority = authority.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority
        .rsplit_once(':')
        .map_or(authority, |(host, _)| host);
    match matches!(host, "127.0.0.1" | "[::1]" | "localhost") {
        true => Ok(()),
        false => breach(format!(
            "asks a service of `{whose}` at `{}`, which is not this machine: 127.0.0.1, [::1] and \
             localhost are",
            shown::value(address)
        )),
    }
}

fn within(what: &str, whose: &str, milliseconds: u32) -> Reviewed<()> {
    match (1..=LONGEST_MS).contains(&milliseconds) {
        true => Ok(()),
        false => breach(format!(
            "wants to {what} `{whose}` for {milliseconds} ms; 1 ms to a day are possible"
        )),
    }
}

/// The steps whose outputs a process names, each once.
fn steps(action: &Action) -> Vec<String> {
    let named = paths(action).filter_map(|path| match &path.root {
        Root::Artifact(step) => Some(step.clone()),
        _ => None,
    });
    named.collect::<BTreeSet<_>>().into_iter().collect()
}

/// What a probe read of samples.
pub(crate) fn reading(reading: Reading) -> Reviewed<Reading> {
    metrics(&reading.metrics)?;
    profiles(&reading.profiles)?;
    Ok(reading)
}

fn profiles(profiles: &[Profile]) -> Reviewed<()> {
    if profiles.len() > PROFILES {
        return breach(format!(
            "returned {} profiles; {PROFILES} are allowed",
            profiles.len()
        ));
    }
    for profile in profiles {
        no_control("profile", &profile.name, NAME_BYTES)?;
        no_control("unit", &profile.unit, NAME_BYTES)?;
        if profile.name.is_empty() || profile.stacks.len() > STACK_BYTES {
            return breach(format!(
                "gave a profile without a name, or one of {} bytes; {STACK_BYTES} are allowed",
                profile.stacks.len()
            ));
        }
        if profile
            .stacks
            .contains(|c: char| c.is_control() && c != '\n')
        {
            return breach(format!(
                "gave the profile `{}` stacks that hold control characters",
                shown::value(&profile.name)
            ));
        }
    }
    let names = profiles.iter().map(|profile| profile.name.as_str());
    distinct("profile", names)
}

fn metrics(metrics: &[Metric]) -> Reviewed<()> {
    count("metrics", metrics)?;
    for metric in metrics {
        // Names of Go's benchmarks have slashes: `Parse/small-8`.
        no_control("metric", &metric.name, NAME_BYTES)?;
        no_control("unit", &metric.unit, NAME_BYTES)?;
        if metric.name.is_empty() || metric.values.is_empty() {
            return breach("gave a metric without a name or without values".to_owned());
        }
        if metric.values.iter().any(|value| !value.is_finite()) {
            return breach(format!(
                "gave the metric `{}` a value that is no number",
                shown::value(&metric.name)
            ));
        }
    }
    let values: usize = metrics.iter().map(|metric| metric.values.len()).sum();
    if values > VALUES {
        return breach(format!("returned {values} values; {VALUES} are allowed"));
    }
    distinct("metric", metrics.iter().map(|metric| metric.name.as_str()))
}

#[cfg(test)]
mod tests;
