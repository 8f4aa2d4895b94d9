//! Toolchains: those that the lock holds, and programs that the machine has already.

use orch_model::{Diagnostic, FaultKind, Lock, Machine, PluginId, Role, Toolchain, ToolchainTable};

use crate::plan::PlannedToolchain;
use crate::port::{Called, Plugins};
use crate::problem::{self, CallSite, PlanProblem};
use crate::resolve;

use super::{Planner, Unpinned, settings_problems};

impl Planner<'_> {
    pub(super) fn plan_toolchains(&mut self, lock: &Lock, unpinned: Unpinned) {
        let tables = self.pipeline.toolchains.iter();
        for table in tables.filter(|table| table.from.is_none()) {
            let Ok(manifest) = self.names.plugin(&table.with, Role::ToolchainSource) else {
                continue; // Reported when the plugins' names were checked.
            };
            let (plugin, finds_programs) = (manifest.id.clone(), manifest.finds_programs());
            let toolchain = match finds_programs {
                true => self.find_programs(table, &plugin),
                false => self.pinned_toolchain(table, lock, unpinned),
            };
            let by = self.proposer(&plugin);
            self.plan
                .toolchains
                .extend(toolchain.map(|toolchain| PlannedToolchain {
                    name: table.name.value.clone(),
                    by,
                    toolchain,
                    made: None,
                }));
        }
    }

    /// What the lock holds; its plugin is not called.
    fn pinned_toolchain(
        &mut self,
        table: &ToolchainTable,
        lock: &Lock,
        unpinned: Unpinned,
    ) -> Option<Toolchain> {
        let pinned = resolve::pinned(lock, table, self.surroundings.host).cloned();
        if pinned.is_none() && unpinned == Unpinned::Problem {
            let name = &table.name;
            let message = format!("toolchain `{}` is not pinned for this host", name.value);
            self.problems.push(PlanProblem::usage(
                Diagnostic::error(message, name.span.clone()).hint(
                    "run `orch lock`; a release without archives for this host needs another \
                     `version`",
                ),
            ));
        }
        pinned
    }

    /// Programs of this machine, as the plugin finds them now.
    fn find_programs(&mut self, table: &ToolchainTable, plugin: &PluginId) -> Option<Toolchain> {
        let role = Role::ToolchainSource;
        let refused = settings_problems(&self.names, plugin, role, &table.settings);
        if refused.iter().any(PlanProblem::is_error) {
            return None; // Said already.
        }
        let host = Machine::of_triple(self.surroundings.host.triple.clone());
        let called = found_version(table, plugin, &host, self.plugins);
        let version = self
            .take(called, &site(table, plugin))?
            .into_iter()
            .next()?;
        let called = self
            .plugins
            .locate(plugin, &version, &host, &table.settings.json());
        self.take(called, &site(table, plugin))
    }
}

/// The version of a toolchain that is programs of this machine, or what is wrong with them;
/// `None` for one that is fetched, or whose plugin is not there.
pub fn look_for_programs(
    table: &ToolchainTable,
    host: &Machine,
    plugins: &dyn Plugins,
) -> Option<Result<String, Vec<PlanProblem>>> {
    if table.from.is_some() {
        return None;
    }
    let summaries = plugins.summaries();
    let mut manifests = summaries.iter().map(|summary| &summary.manifest);
    let manifest =
        manifests.find(|known| known.id.as_str() == table.with.value && known.finds_programs())?;
    let called = found_version(table, &manifest.id, host, plugins);
    let versions = called
        .result
        .map_err(|failure| problem::of_failure(failure, &site(table, &manifest.id)));
    Some(versions.map(|versions| versions.into_iter().next().unwrap_or_default()))
}

fn found_version(
    table: &ToolchainTable,
    plugin: &PluginId,
    host: &Machine,
    plugins: &dyn Plugins,
) -> Called<Vec<String>> {
    plugins.releases(plugin, &table.version.value, host, &table.settings.json())
}

fn site<'a>(table: &'a ToolchainTable, plugin: &'a PluginId) -> CallSite<'a> {
    CallSite {
        plugin,
        wanted: format!("find the programs of toolchain `{}`", table.name.value),
        span: table.version.span.clone(),
        settings: Some(&table.settings),
        failed: FaultKind::Plugin,
    }
}
