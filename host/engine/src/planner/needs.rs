//! What `needs` means: which nodes, for a node of which target and toolchain.

use std::collections::HashSet;

use orch_model::{Diagnostic, NodeId, Pipeline, Spanned};

use crate::problem::PlanProblem;

use super::Planner;

/// What a build, task, bench or deploy is made once for each of.
#[derive(Clone, Copy)]
pub(super) struct Cells<'a> {
    /// Empty for what is done once.
    targets: &'a [Spanned<String>],
    /// Empty where there is no matrix.
    toolchains: &'a [Spanned<String>],
}

/// Every build, task, bench and deploy with its cells, by `build.x`, `task.y`, `bench.z` and
/// `deploy.w`.
pub(super) fn units(pipeline: &Pipeline) -> impl Iterator<Item = (String, Cells<'_>)> {
    let builds = pipeline.builds.iter().map(|build| {
        let cells = Cells {
            targets: &build.targets,
            toolchains: &build.toolchains,
        };
        (format!("build.{}", build.name.value), cells)
    });
    let tasks = pipeline.tasks.iter().map(|task| {
        let cells = Cells {
            targets: &task.targets,
            toolchains: &[],
        };
        (format!("task.{}", task.name.value), cells)
    });
    let benches = pipeline.benches.iter().map(|bench| {
        let (targets, toolchains) = bench.cells(pipeline);
        let cells = Cells {
            targets,
            toolchains,
        };
        (format!("bench.{}", bench.name.value), cells)
    });
    let deploys = pipeline.deploys.iter().map(|deploy| {
        let cells = Cells {
            targets: &[],
            toolchains: &[],
        };
        (format!("deploy.{}", deploy.name.value), cells)
    });
    builds.chain(tasks).chain(benches).chain(deploys)
}

impl Planner<'_> {
    /// The nodes that a `needs` entry means. A build or task without a target means all
    /// of its targets, but for a node of a target it means that target's where it can; and
    /// likewise for toolchains.
    pub(super) fn nodes_of(
        &self,
        need: &str,
        target: Option<&str>,
        toolchain: Option<&str>,
    ) -> Vec<NodeId> {
        if let Some(name) = need.strip_prefix("toolchain.") {
            return vec![NodeId::toolchain(name)];
        }
        let (unit, cell) = match need.split_once('@') {
            Some((unit, cell)) => (unit, Some(cell)),
            None => (need, None),
        };
        let (wanted_target, wanted_toolchain) = match cell.and_then(|cell| cell.split_once('+')) {
            Some((target, toolchain)) => (Some(target), Some(toolchain)),
            None => (cell, None),
        };
        let (Some((kind, name)), Some(cells)) = (unit.split_once('.'), self.units.get(unit)) else {
            return Vec::new();
        };
        let toolchains = meant(cells.toolchains, wanted_toolchain, toolchain);
        let mut nodes = Vec::new();
        for target in meant(cells.targets, wanted_target, target) {
            nodes.extend(toolchains.iter().map(|toolchain| match kind {
                "build" => NodeId::build(name, target.unwrap_or_default(), *toolchain),
                "bench" => NodeId::bench(name, target.unwrap_or_default(), *toolchain),
                "deploy" => NodeId::deploy(name),
                _ => NodeId::task(name, target),
            }));
        }
        nodes
    }

    /// Takes the cells that are left out from what nodes need. One that is needed by its own
    /// name is a problem.
    pub(super) fn settle_needs(&mut self) {
        let cells = self.plan.left_out.iter();
        let left_out: HashSet<NodeId> = cells.map(|cell| cell.node.clone()).collect();
        if left_out.is_empty() {
            return;
        }
        let builds = self.plan.builds.iter_mut().map(|build| &mut build.needs);
        let tasks = self.plan.tasks.iter_mut().map(|task| &mut task.needs);
        let benches = self.plan.benches.iter_mut().map(|bench| &mut bench.needs);
        let deploys = self.plan.deploys.iter_mut().map(|deploy| &mut deploy.needs);
        for needs in builds.chain(tasks).chain(benches).chain(deploys) {
            needs.retain(|need| !left_out.contains(need));
        }
        let builds = self.pipeline.builds.iter().map(|build| &build.needs);
        let tasks = self.pipeline.tasks.iter().map(|task| &task.needs);
        let benches = self.pipeline.benches.iter().map(|bench| &bench.needs);
        let deploys = self.pipeline.deploys.iter().map(|deploy| &deploy.needs);
        for need in builds.chain(tasks).chain(benches).chain(deploys).flatten() {
            let mut cells = self.plan.left_out.iter();
            if let Some(cell) = cells.find(|cell| cell.node.as_str() == need.value) {
                let message = format!("`{}` cannot be needed: {}", need.value, cell.reason);
                let problem = Diagnostic::error(message, need.span.clone())
                    .hint("need the build without its toolchain: that means the cells that can be");
                self.problems.push(PlanProblem::usage(problem));
            }
        }
    }
}

/// Those of a list that are meant: the wanted one, or the asking node's own, or all; nothing
/// to choose from is one without a name.
fn meant<'s>(
    all: &'s [Spanned<String>],
    wanted: Option<&'s str>,
    own: Option<&'s str>,
) -> Vec<Option<&'s str>> {
    let has = |own: &&str| all.iter().any(|known| known.value == *own);
    match wanted.or(own.filter(has)) {
        _ if all.is_empty() => vec![None],
        Some(one) => vec![Some(one)],
        None => all.iter().map(|known| Some(known.value.as_str())).collect(),
    }
}
