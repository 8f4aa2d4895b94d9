//! Benches with `limits`: they bind what the build ships, and no tools that look at it.

use orch_model::{BenchLimits, BenchTable, Diagnostic, Measurement, Spanned};

use crate::problem::PlanProblem;

use super::Planner;
use super::benches::runs_a_tool;

impl Planner<'_> {
    /// Whether what is measured are programs that can be limited; if not, that is told.
    pub(super) fn can_be_limited(
        &mut self,
        table: &BenchTable,
        limits: &Spanned<BenchLimits>,
        measurements: &[Measurement],
    ) -> bool {
        let actions: Vec<_> = measurements.iter().flat_map(Measurement::actions).collect();
        let why = match actions.iter().any(|action| runs_a_tool(action)) {
            _ if actions.is_empty() => "it runs nothing",
            true => "it measures by a toolchain's own tools, which they would bind in its place",
            false => return true,
        };
        let name = &table.name.value;
        let message =
            format!("bench `{name}` has `limits` that bind no program of the build: {why}");
        let problem = Diagnostic::error(message, limits.span.clone());
        let problem = PlanProblem::usage(problem.hint("take `limits` out"));
        // Another cell of the same bench may have said so.
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
        false
    }
}
