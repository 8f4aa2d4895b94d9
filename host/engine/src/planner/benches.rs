//! Benches: for each target and toolchain of a build its probe is asked what to measure. How
//! often, and when a gate is decided, is not known here.

use std::collections::HashMap;

use orch_model::{
    Action, Artifact, BenchTable, BuildTable, Digest, InstalledToolchain, NodeId, Role, Root,
    Runner, SandboxPath,
};

use crate::plan::{LeftOut, PlannedBench, PlannedBuild, PlannedTarget};
use crate::port::{BUILD_STEP, ProbeRequest};
use crate::problem::PlanProblem;

use super::baselines::baselines_first;
use super::names::{Offered, Offers, offered};
use super::policies::tweaks_that_count;
use super::runner::run_by;
use super::{Planner, settings_problems};

impl Planner<'_> {
    pub(super) fn plan_benches(&mut self) {
        let Some(first) = self.pipeline.benches.first() else {
            return;
        };
        let offers = self.offers(Role::BenchmarkProbe, &first.probe.span);
        let targets: HashMap<String, PlannedTarget> = self
            .plan
            .targets
            .iter()
            .map(|target| (target.name.clone(), target.clone()))
            .collect();
        for table in &self.pipeline.benches {
            let Some(probe) = self.probe_of(table, &offers) else {
                continue;
            };
            let mut builds = self.pipeline.builds.iter();
            let Some(of) = builds.find(|build| build.name.value == table.of.value) else {
                continue; // The parser has said so.
            };
            let is_wanted = |build: &&PlannedBuild| {
                let mut wanted = table.targets.iter();
                build.name == of.name.value
                    && (table.targets.is_empty() || wanted.any(|name| name.value == build.target))
            };
            self.leave_out(table, of);
            let planned: Vec<_> = self.plan.builds.iter().filter(is_wanted).cloned().collect();
            let first = self.plan.benches.len();
            for build in &planned {
                if let Some(target) = targets.get(&build.target) {
                    self.plan_bench(table, of, &probe, build, target);
                }
            }
            baselines_first(&mut self.plan.benches[first..]);
        }
    }

    /// Where a build cannot be there is nothing to measure.
    fn leave_out(&mut self, table: &BenchTable, of: &BuildTable) {
        let prefix = format!("build.{}@", of.name.value);
        let cells = self.plan.left_out.iter().filter_map(|cell| {
            let cell_name = cell.node.as_str().strip_prefix(&prefix)?;
            let (target, toolchain) = match cell_name.split_once('+') {
                Some((target, toolchain)) => (target, Some(toolchain)),
                None => (cell_name, None),
            };
            let mut wanted = table.targets.iter();
            let is_wanted = table.targets.is_empty() || wanted.any(|name| name.value == target);
            is_wanted.then(|| LeftOut {
                node: NodeId::bench(&table.name.value, target, toolchain),
                reason: format!("`{}` is left out: {}", cell.node, cell.reason),
            })
        });
        let cells: Vec<_> = cells.collect();
        self.plan.left_out.extend(cells);
    }

    /// The probe of a bench, if its settings are what it wants.
    fn probe_of(&mut self, table: &BenchTable, offers: &Offers) -> Option<Offered> {
        let whose = format!("bench `{}` wants probe", table.name.value);
        let listed_by = "`orch plugin list` shows who offers what";
        let probe = match offered(&table.probe, offers, &whose, listed_by) {
            Ok(probe) => probe?,
            Err(problem) => {
                self.problems.push(*problem);
                return None;
            }
        };
        let (plugin, settings) = (&probe.plugin, &table.settings);
        let wrong = settings_problems(&self.names, plugin, Role::BenchmarkProbe, settings);
        let refused = wrong.iter().any(PlanProblem::is_error);
        self.problems.extend(wrong);
        (!refused).then_some(probe)
    }

    fn plan_bench(
        &mut self,
        table: &BenchTable,
        of: &BuildTable,
        probe: &Offered,
        build: &PlannedBuild,
        target: &PlannedTarget,
    ) {
        let toolchain = build.matrix_toolchain();
        let node = NodeId::bench(&table.name.value, &build.target, toolchain);
        let own = self.pinned(&build.toolchain);
        let (Some(own), Some(plugin_digest)) = (own, self.names.digest(&probe.plugin)) else {
            return;
        };
        let lent = of.tools.iter().filter_map(|name| self.pinned(name));
        let lent: Vec<InstalledToolchain> = lent.collect();
        let release = own.toolchain.version.clone();
        // A cell of a matrix has its release behind the name already.
        let name = build.toolchain.split('@').next().unwrap_or_default();
        let request = ProbeRequest {
            unit: table.name.value.clone(),
            settings: table.settings.json(),
            directory: of.directory.clone(),
            toolchain: own,
            tools: lent,
            host: self.surroundings.host.clone(),
            target: target.target.clone(),
            artifacts: build.artifacts.iter().map(shipped).collect(),
        };
        let called = self
            .plugins
            .plan_probe(&probe.plugin, &probe.name, &request);
        let wanted = format!("plan bench `{}` for `{}`", table.name.value, target.name);
        let span = table.name.span.clone();
        let site = Self::site(&probe.plugin, wanted, span, Some(&table.settings));
        let Some(mut planned) = self.take(called, &site) else {
            return;
        };
        if let Some(on) = &table.on
            && !self.fits_elsewhere(table, on, &planned.measurements, target)
        {
            return;
        }
        if let Some(limits) = &table.limits
            && !self.can_be_limited(table, limits, &planned.measurements)
        {
            return;
        }
        let runs = match &table.on {
            // Only what the probe makes before is made here.
            Some(_) => planned.actions.iter().any(|one| !runs_a_tool(one)),
            None => planned
                .measurements
                .iter()
                .any(|one| one.actions().next().is_some()),
        };
        let runner = match runs {
            true => self.runner(target),
            false => Ok(Runner::Native),
        };
        let runner = match runner {
            Ok(runner) => runner,
            Err(reason) => {
                self.plan.left_out.push(LeftOut { node, reason });
                return;
            }
        };
        if table.limits.is_some() && runner == Runner::EmbeddedWasm {
            let reason = "it has `limits`, and a program in the embedded engine is a part of `orch`, \
                          which is not limited";
            self.plan.left_out.push(LeftOut {
                node,
                reason: reason.to_owned(),
            });
            return;
        }
        for measurement in &mut planned.measurements {
            measurement.samples = table.samples.unwrap_or(measurement.samples);
            measurement.warmups = table.warmups.unwrap_or(measurement.warmups);
            if let Some(timeout_ms) = table.timeout_ms {
                measurement.allow(timeout_ms);
            }
            for action in measurement.actions_mut().filter(|_| table.on.is_none()) {
                run_for(action, &runner, &request);
            }
        }
        for action in &mut planned.actions {
            if names_build(action) {
                action.after.push(BUILD_STEP.to_owned());
            }
            run_for(action, &runner, &request);
        }
        let needs = table.needs.iter();
        let needs = needs
            .flat_map(|need| self.nodes_of(&need.value, Some(&build.target), toolchain))
            .collect();
        self.plan.benches.push(PlannedBench {
            node,
            by: self.proposer(&probe.plugin),
            plugin_digest,
            probe: probe.name.clone(),
            settings: request.settings,
            build: build.node(),
            target: build.target.clone(),
            toolchain: format!("{name} {release}"),
            tuning: tuning(build),
            actions: planned.actions,
            measurements: planned.measurements,
            files: planned.files,
            on: table.on.as_ref().and_then(|on| self.place(on)),
            cpus: table.cpus,
            limits: table.limits.as_ref().map(|limits| limits.value),
            baseline: table.baseline.clone(),
            gates: table.gates.iter().map(|gate| gate.value.clone()).collect(),
            function_only: table.on.is_none() && matches!(runner, Runner::Emulator(_)),
            needs,
        });
    }
}

/// Of all that tuning sets, whoever advised it and why.
fn tuning(build: &PlannedBuild) -> Option<Digest> {
    let tweaks = tweaks_that_count(&build.advice);
    let text: Vec<_> = tweaks.iter().map(ToString::to_string).collect();
    (!text.is_empty()).then(|| Digest::of(text.join("\n")))
}

/// What a build ships, as a bench finds it.
fn shipped(artifact: &Artifact) -> Artifact {
    Artifact {
        path: SandboxPath {
            root: Root::Artifact(BUILD_STEP.to_owned()),
            relative: artifact.name.clone(),
        },
        ..artifact.clone()
    }
}

/// Has a program of the target run by what runs such programs here. A toolchain's own program is
/// the host's, whatever the target is.
fn run_for(action: &mut Action, runner: &Runner, request: &ProbeRequest) {
    if runs_a_tool(action) {
        return;
    }
    let toolchains: Vec<_> = std::iter::once(&request.toolchain)
        .chain(&request.tools)
        .cloned()
        .collect();
    let own: Vec<_> = action.program.paths().cloned().collect();
    let beside = request.artifacts.iter();
    let beside = beside.filter(|artifact| !own.contains(&artifact.path));
    run_by(runner, action, beside, &toolchains, &request.target.machine);
}

pub(super) fn runs_a_tool(action: &Action) -> bool {
    action
        .program
        .paths()
        .any(|path| matches!(path.root, Root::Tool(_)))
}

/// Whether an action reads what the build ships.
fn names_build(action: &Action) -> bool {
    let values = action.environment.iter().map(|variable| &variable.value);
    let words = std::iter::once(&action.program)
        .chain(&action.arguments)
        .chain(values);
    let mut paths = words.flat_map(orch_model::Word::paths);
    paths.any(|path| matches!(&path.root, Root::Artifact(step) if step == BUILD_STEP))
}
