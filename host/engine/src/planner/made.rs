//! Toolchains that a build makes: which build, and what of it is the toolchain.
//!
//! Such a toolchain has the release, programs and environment of the one that the build was
//! made by: a Go that was built of the sources of Go 1.26 is a Go 1.26. So it is known before
//! the build is planned, and what it is made of, after.

use orch_model::{
    BuildTable, Diagnostic, NodeId, RelativePath, Role, Root, Spanned, Toolchain, ToolchainTable,
};

use crate::plan::{Made, PlannedBuild, PlannedToolchain};
use crate::problem::PlanProblem;

use super::Planner;

impl Planner<'_> {
    /// Plans the toolchains that a build makes, as far as other toolchains tell.
    pub(super) fn plan_made_toolchains(&mut self) {
        for table in &self.pipeline.toolchains {
            let Some(from) = &table.from else { continue };
            match self.maker(from) {
                Ok((build, _)) => {
                    let planned = self.made_toolchain(table, build);
                    self.plan.toolchains.extend(planned);
                }
                Err(problem) => self.problems.push(*problem),
            }
        }
    }

    /// Says which step of which build each of them comes from, once builds are planned.
    pub(super) fn settle_made_toolchains(&mut self) {
        for table in &self.pipeline.toolchains {
            let Some(from) = &table.from else { continue };
            let Ok((_, node)) = self.maker(from) else {
                continue; // Said already.
            };
            let mut builds = self.plan.builds.iter();
            let Some(build) = builds.find(|build| build.node() == node) else {
                continue; // It has a problem of its own.
            };
            let made = made_by(build);
            let mut targets = self.plan.targets.iter();
            let target = targets.find(|target| target.name == build.target);
            let host = self.surroundings.host;
            let runs_here = target.is_some_and(|target| host.runs(&target.target.machine));
            let refused = match (&made, runs_here) {
                (None, _) => Some((
                    format!("`{node}` leaves no folder that could be a toolchain"),
                    "name a build whose builder makes one, such as `go-source`",
                )),
                (_, false) => Some((
                    format!("`{node}` makes a toolchain for another machine than this one"),
                    "name the cell of a target that is this machine",
                )),
                (Some(_), true) => None,
            };
            if let Some((message, hint)) = refused {
                let diagnostic = Diagnostic::error(message, from.span.clone()).hint(hint);
                self.problems.push(PlanProblem::usage(diagnostic));
            }
            let mut toolchains = self.plan.toolchains.iter_mut();
            if let Some(planned) = toolchains.find(|known| known.name == table.name.value) {
                planned.made = made;
            }
        }
    }

    /// The build that `from` names, and which of its cells.
    fn maker(&self, from: &Spanned<String>) -> Result<(&BuildTable, NodeId), Box<PlanProblem>> {
        let refused = |message: String| {
            let diagnostic = Diagnostic::error(message, from.span.clone())
                .hint("write `from = \"build.NAME@TARGET\"`, with a target that is this machine");
            Box::new(PlanProblem::usage(diagnostic))
        };
        let unit = from.split('@').next().unwrap_or_default();
        let mut builds = self.pipeline.builds.iter();
        let build = builds
            .find(|build| unit.strip_prefix("build.") == Some(build.name.value.as_str()))
            .ok_or_else(|| refused(format!("`from` names `{}`, which is no build", from.value)))?;
        let nodes = self.nodes_of(from, None, None);
        let is_known = |node: &NodeId| {
            let mut targets = build.targets.iter();
            targets.any(|target| node.target() == Some(target.value.as_str()))
        };
        match nodes.as_slice() {
            [node] if is_known(node) => Ok((build, node.clone())),
            _ => Err(refused(format!(
                "`{}` does not mean one target of that build",
                from.value
            ))),
        }
    }

    /// The toolchain as far as it is known before its build is planned; `None` if what that is
    /// built by is not there.
    fn made_toolchain(
        &self,
        table: &ToolchainTable,
        build: &BuildTable,
    ) -> Option<PlannedToolchain> {
        let builder = self.names.plugin(&build.with, Role::Builder).ok()?;
        let base = match &build.toolchain {
            Some(named) => named.value.as_str(),
            None => builder.id.as_str(),
        };
        let mut toolchains = self.plan.toolchains.iter();
        let base = toolchains.find(|known| known.name == base)?;
        Some(PlannedToolchain {
            name: table.name.value.clone(),
            by: self.proposer(&builder.id),
            toolchain: Toolchain {
                archives: Vec::new(),
                files: Vec::new(),
                ..base.toolchain.clone()
            },
            made: None,
        })
    }
}

/// The folder that a build's first artifact lies in: an output of the step that makes it.
fn made_by(build: &PlannedBuild) -> Option<Made> {
    let artifact = build.artifacts.first()?;
    let Root::Artifact(step) = &artifact.path.root else {
        return None;
    };
    let mut actions = build.actions.iter();
    let action = actions.find(|action| action.name == *step)?;
    let mut outputs = action.outputs.iter().map(|output| &output.relative);
    let root = outputs.find(|output| is_above(output, &artifact.path.relative))?;
    Some(Made {
        by: build.node(),
        step: step.clone(),
        root: root.clone(),
        actions: Vec::new(),
    })
}

fn is_above(folder: &RelativePath, path: &RelativePath) -> bool {
    let rest = path.as_str().strip_prefix(folder.as_str());
    rest.is_some_and(|rest| rest.starts_with('/'))
}
