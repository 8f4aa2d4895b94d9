//! The names of metrics: by these a gate, a baseline and a history find them again. Where they come
//! from is not known here.

use std::collections::BTreeSet;

use orch_engine::PlannedBench;
use orch_model::{Fault, FaultKind, Gate, Metric};

/// Metrics that a bench may have over all of its measurements.
const MOST_METRICS: usize = 10_000;

/// By its name a metric is found again: there must be one of each, over all measurements.
pub(crate) fn check_names(bench: &PlannedBench, metrics: &[Metric]) -> Result<(), Fault> {
    let refused = |what: String| {
        let why = format!(
            "the probe `{}` of plugin `{}` {what}",
            bench.probe, bench.by.plugin
        );
        Fault::new(FaultKind::Plugin, why).hint("its author has to mend it")
    };
    if metrics.len() > MOST_METRICS {
        let count = metrics.len();
        return Err(refused(format!(
            "gave {count} metrics; {MOST_METRICS} are allowed"
        )));
    }
    let mut seen = BTreeSet::new();
    match metrics.iter().find(|metric| !seen.insert(&metric.name)) {
        None => Ok(()),
        Some(twice) => Err(refused(format!(
            "gave the metric `{}` in two measurements",
            twice.name
        ))),
    }
}

/// Every gate must be on a metric that there is.
pub(crate) fn check_gates(gates: &[Gate], metrics: &[Metric]) -> Result<(), Fault> {
    let names = || metrics.iter().map(|metric| metric.name.as_str());
    let unknown = gates
        .iter()
        .find(|gate| names().all(|name| name != gate.metric));
    let Some(gate) = unknown else { return Ok(()) };
    let listed: Vec<_> = names().map(|name| format!("`{name}`")).collect();
    let of_processor = ["instructions", "cycles"].map(|name| gate.metric.ends_with(name));
    let hint = match orch_model::nearest(&gate.metric, names()) {
        _ if listed.is_empty() => "the probe gives no metric: take the gate away".to_owned(),
        _ if of_processor.contains(&true) => format!(
            "`orch doctor` says why this machine counts none; the probe gives {}",
            listed.join(", ")
        ),
        Some(meant) => format!(
            "did you mean `{meant}`? The probe gives {}",
            listed.join(", ")
        ),
        None => format!("the probe gives {}", listed.join(", ")),
    };
    Err(Fault::usage(format!(
        "a gate is on the metric `{}`, which the probe does not give",
        gate.metric
    ))
    .hint(hint))
}
