//! Builds: for each target and toolchain tuning is asked first, then the builder, then the
//! platform's finishing steps. How the artifact is tried here is next door, in `smoke`.

use std::collections::HashMap;

use orch_model::{
    Action, Artifact, Build, BuildTable, Diagnostic, InstalledToolchain, NodeId, PluginFailure,
    PluginId, Role, Root,
};

use crate::nearest;
use crate::plan::{LeftOut, PlannedBuild, PlannedTarget};
use crate::port::{BuildRequest, FinishRequest};
use crate::problem::PlanProblem;

use super::Planner;
use super::names::Offers;
use super::policies::{self, Chosen};

impl Planner<'_> {
    pub(super) fn plan_builds(&mut self) {
        let wanted = self.pipeline.builds.iter().flat_map(|build| &build.tuning);
        let policies = match wanted.map(|policy| policy.offer.span.clone()).next() {
            Some(span) => self.offers(Role::TuningPolicy, &span),
            None => Offers::none(),
        };
        let targets: HashMap<String, PlannedTarget> = self
            .plan
            .targets
            .iter()
            .map(|target| (target.name.clone(), target.clone()))
            .collect();
        for table in &self.pipeline.builds {
            let Ok(builder) = self.names.plugin(&table.with, Role::Builder) else {
                continue; // Reported when the plugins' names were checked.
            };
            if self.refused_builds.contains(&table.name.value) {
                continue; // Its plugin would only say the same once for each target.
            }
            let builder = builder.id.clone();
            let toolchains = self.toolchains_of(table, &builder);
            if toolchains.is_empty() {
                continue;
            }
            let tools = table.tools.iter().map(|name| self.pinned(name));
            let Some(tools) = tools.collect::<Option<Vec<_>>>() else {
                continue; // One that is not pinned yet may be what its builder wants.
            };
            let chosen = self.policies_of(table, &policies);
            for target in &table.targets {
                for toolchain in &toolchains {
                    if let Some(target) = targets.get(&target.value) {
                        self.plan_build(table, &builder, toolchain, &tools, &chosen, target);
                    }
                }
            }
            // One that is not pinned yet may be what can build.
            if toolchains.len() == table.toolchains.len() {
                self.refuse_empty_matrix(table);
            }
        }
    }

    fn plan_build(
        &mut self,
        table: &BuildTable,
        builder: &PluginId,
        toolchain: &InstalledToolchain,
        tools: &[InstalledToolchain],
        policies: &[Chosen<'_>],
        target: &PlannedTarget,
    ) {
        let advice = self.advice(builder, toolchain, tools, policies, target);
        let request = BuildRequest {
            unit: table.name.value.clone(),
            settings: table.settings.json(),
            directory: table.directory.clone(),
            toolchain: toolchain.clone(),
            tools: tools.to_vec(),
            host: self.surroundings.host.clone(),
            target: target.target.clone(),
            tweaks: policies::tweaks_that_count(&advice),
        };
        let wanted = format!("plan build `{}` for `{}`", table.name.value, target.name);
        let in_matrix = !table.toolchains.is_empty();
        let mut called = self.plugins.plan_build(builder, &request);
        let node = NodeId::build(
            &table.name.value,
            &target.name,
            in_matrix.then_some(&toolchain.name),
        );
        if in_matrix && let Err(PluginFailure::Unsupported(why)) = &called.result {
            self.plan.left_out.push(LeftOut {
                node,
                reason: format!("plugin `{builder}`: {why}"),
            });
            // What it learnt stays on record: with another answer the cell may be.
            called.facts.drain(..).for_each(|fact| self.learn(fact));
            self.logs.append(&mut called.logs);
            return;
        }
        let site = Self::site(
            builder,
            wanted,
            table.name.span.clone(),
            Some(&table.settings),
        );
        let Some(build) = self.take(called, &site) else {
            return;
        };
        if build.artifacts.is_empty() {
            self.problems.push(PlanProblem::usage(Diagnostic::error(
                format!(
                    "builder `{builder}` plans no artifact for build `{}`",
                    table.name.value
                ),
                table.name.span.clone(),
            )));
            return;
        }
        let tools: Vec<_> = std::iter::once(toolchain).chain(tools).cloned().collect();
        let Some(build) = self.finish(table, build, target, &tools) else {
            return;
        };
        let smoke = self.smoke(table, &build.artifacts, target, &tools);
        let own_toolchain = in_matrix.then_some(toolchain.name.as_str());
        self.plan.builds.push(PlannedBuild {
            name: table.name.value.clone(),
            target: target.name.clone(),
            by: self.proposer(builder),
            toolchain: toolchain.name.clone(),
            in_matrix,
            advice,
            actions: build.actions,
            artifacts: build.artifacts,
            smoke,
            needs: table
                .needs
                .iter()
                .flat_map(|need| self.nodes_of(&need.value, Some(&target.name), own_toolchain))
                .collect(),
        });
    }

    /// Adds the platform's steps after the link. What they leave ships in place of the
    /// artifact that they were given.
    fn finish(
        &mut self,
        table: &BuildTable,
        mut build: Build,
        target: &PlannedTarget,
        tools: &[InstalledToolchain],
    ) -> Option<Build> {
        let platform = &target.by.plugin;
        let mut shipped: Vec<Artifact> = Vec::new();
        for artifact in std::mem::take(&mut build.artifacts) {
            if matches!(artifact.path.root, Root::Tool(_)) {
                shipped.push(artifact); // A toolchain's own file is finished.
                continue;
            }
            let request = FinishRequest {
                platform: target.platform.clone(),
                settings: self.settings_of_target(&target.name),
                artifact: artifact.clone(),
                tools: tools.to_vec(),
            };
            let called = self.plugins.finish_artifact(platform, &request);
            let wanted = format!("finish build `{}` for `{}`", table.name.value, target.name);
            let site = Self::site(platform, wanted, table.name.span.clone(), None);
            let mut finish = self.take(called, &site)?;
            if let Some(taken) = finish
                .actions
                .iter()
                .find(|action| build.actions.iter().any(|known| known.name == action.name))
            {
                self.problems.push(PlanProblem::usage(Diagnostic::error(
                    format!(
                        "platform `{}` and builder `{}` both call an action `{}`",
                        target.platform, table.with.value, taken.name
                    ),
                    table.name.span.clone(),
                )));
                return None;
            }
            if let Root::Artifact(made_by) = &artifact.path.root {
                let after = |action: &mut Action| action.after.push(made_by.clone());
                finish.actions.iter_mut().for_each(after);
            }
            build.actions.extend(finish.actions);
            if finish.artifacts.is_empty() {
                shipped.push(artifact);
            } else {
                shipped.extend(finish.artifacts);
            }
        }
        build.artifacts = shipped;
        Some(build)
    }

    fn settings_of_target(&self, name: &str) -> String {
        let mut targets = self.pipeline.targets.iter();
        let table = targets.find(|table| table.name.value == name);
        table.map_or_else(|| "{}".to_owned(), |table| table.settings.json())
    }

    /// Complains about a build of which no cell can be.
    fn refuse_empty_matrix(&mut self, table: &BuildTable) {
        let name = &table.name.value;
        let prefix = format!("build.{name}");
        let cells = self.plan.left_out.iter();
        let Some(first) = cells.clone().find(|cell| cell.node.is_meant_by(&prefix)) else {
            return;
        };
        if self.plan.builds.iter().any(|build| build.name == *name) {
            return;
        }
        let message = format!(
            "no toolchain of build `{name}` can build for any of its targets; {}",
            first.reason
        );
        let span = table.toolchains.first().unwrap_or(&table.name).span.clone();
        self.problems
            .push(PlanProblem::usage(Diagnostic::error(message, span)));
    }

    /// The toolchains of a build's matrix, or else the one that it has; those that are pinned.
    fn toolchains_of(&mut self, table: &BuildTable, builder: &PluginId) -> Vec<InstalledToolchain> {
        if table.toolchains.is_empty() {
            return self.toolchain_of(table, builder).into_iter().collect();
        }
        let names = table.toolchains.iter();
        names.filter_map(|name| self.pinned(name)).collect()
    }

    pub(super) fn pinned(&self, name: &str) -> Option<InstalledToolchain> {
        let mut toolchains = self.plan.toolchains.iter();
        let planned = toolchains.find(|known| known.name == name)?;
        Some(InstalledToolchain {
            name: planned.name.clone(),
            toolchain: planned.toolchain.clone(),
        })
    }

    /// The toolchain that a build names, or the one that fits its builder.
    fn toolchain_of(
        &mut self,
        table: &BuildTable,
        builder: &PluginId,
    ) -> Option<InstalledToolchain> {
        let tables = &self.pipeline.toolchains;
        let found = match &table.toolchain {
            Some(named) => tables.iter().find(|known| known.name.value == named.value),
            None => tables
                .iter()
                .find(|known| known.name.value == builder.as_str())
                .or_else(|| {
                    tables
                        .iter()
                        .find(|known| known.from.is_none() && known.with.value == builder.as_str())
                }),
        };
        let Some(found) = found else {
            let (message, span) = match &table.toolchain {
                Some(named) => (
                    format!(
                        "build `{}` wants toolchain `{}`, which there is not",
                        table.name.value, named.value
                    ),
                    named.span.clone(),
                ),
                None => (
                    format!(
                        "build `{}` has no toolchain for builder `{builder}`",
                        table.name.value
                    ),
                    table.name.span.clone(),
                ),
            };
            let known = tables.iter().map(|known| known.name.value.as_str());
            let wanted = table
                .toolchain
                .as_ref()
                .map_or(builder.as_str(), |named| &named.value);
            self.problems
                .push(PlanProblem::usage(Diagnostic::error(message, span).hint(
                    nearest::hint(
                        wanted,
                        known,
                        &format!("add a `[toolchain.{builder}]` table"),
                    ),
                )));
            return None;
        };
        self.pinned(&found.name)
    }
}
