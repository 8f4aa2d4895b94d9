//! Benches on machines of fleets: where that is, and what cannot be measured there. How a machine
//! is reached is not known here.

use orch_model::{
    Action, BenchTable, Diagnostic, FleetPlace, Measurement, Root, Spanned, TargetRunner, Work,
};

use crate::plan::{PlannedFleet, PlannedPlace, PlannedTarget};
use crate::problem::PlanProblem;

use super::Planner;
use super::benches::runs_a_tool;

impl Planner<'_> {
    /// The machine that a bench names; the parser has seen that its fleet is there.
    pub(super) fn place(&self, on: &FleetPlace) -> Option<PlannedPlace> {
        let mut fleets = self.pipeline.fleets.iter();
        let fleet = fleets.find(|fleet| fleet.name.value == on.fleet)?;
        Some(PlannedPlace {
            fleet: PlannedFleet {
                name: fleet.name.value.clone(),
                inventory: fleet.inventory.value.clone(),
                labels: fleet.labels.clone(),
            },
            host: on.host.clone(),
        })
    }

    /// Whether all of a bench can be measured on another machine; if not, everything that cannot
    /// is told.
    pub(super) fn fits_elsewhere(
        &mut self,
        table: &BenchTable,
        on: &Spanned<FleetPlace>,
        measurements: &[Measurement],
        target: &PlannedTarget,
    ) -> bool {
        let mut reasons = Vec::new();
        if target.target.runner == TargetRunner::EmbeddedWasm {
            reasons.push((
                format!("is for `{}`, whose programs run inside `orch`", target.name),
                "take `on` out, or choose other `targets`",
            ));
        }
        if measurements.iter().all(|one| one.work == Work::Inspect) {
            reasons.push((
                "runs nothing: its figures are the same on every machine".to_owned(),
                "take `on` out",
            ));
        }
        for measurement in measurements {
            reasons.extend(refusal(measurement));
        }
        for (why, hint) in &reasons {
            let name = &table.name.value;
            let message = format!("bench `{name}` cannot be measured on a fleet: it {why}");
            let problem = Diagnostic::error(message, on.span.clone()).hint(*hint);
            let problem = PlanProblem::usage(problem);
            // Another cell of the same bench may have said so.
            if !self.problems.contains(&problem) {
                self.problems.push(problem);
            }
        }
        reasons.is_empty()
    }
}

/// Why a measurement can be taken on this machine only, and what to do.
fn refusal(measurement: &Measurement) -> Option<(String, &'static str)> {
    let tool = measurement.actions().find_map(tool_of)?;
    Some((
        format!(
            "runs or reads toolchain `{tool}` (`{}`), which is on this machine only",
            measurement.name
        ),
        "take `on` out: what is measured there is what the build ships",
    ))
}

/// A toolchain that a process is in need of.
fn tool_of(action: &Action) -> Option<&str> {
    let own = action.program.paths().find_map(|path| match &path.root {
        Root::Tool(name) if runs_a_tool(action) => Some(name.as_str()),
        _ => None,
    });
    own.or_else(|| action.tools.first().map(String::as_str))
}
