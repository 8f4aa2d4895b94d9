//! Companions: programs that a toolchain builds for the machine at hand, and that tasks find
//! beside its own. Each is a toolchain of its own, `go+dlv`, out of a step of its own.

use orch_model::{
    FaultKind, InstalledToolchain, NodeId, PluginId, RelativePath, Root, Target, Tool, Toolchain,
    ToolchainTable,
};

use crate::plan::{Made, PlannedToolchain};
use crate::port::BuildRequest;
use crate::problem::CallSite;

use super::Planner;

impl Planner<'_> {
    /// Has each toolchain's plugin plan the companions that the toolchain has.
    pub(super) fn plan_companions(&mut self) {
        for table in &self.pipeline.toolchains {
            let mut toolchains = self.plan.toolchains.iter();
            let Some(planned) = toolchains.find(|known| known.name == table.name.value) else {
                continue; // It is not pinned yet.
            };
            let installed = InstalledToolchain {
                name: planned.name.clone(),
                toolchain: planned.toolchain.clone(),
            };
            let plugin = planned.by.plugin.clone();
            for companion in table.companions() {
                let planned = self.plan_companion(table, &plugin, &installed, companion);
                self.plan.toolchains.extend(planned);
            }
        }
    }

    fn plan_companion(
        &mut self,
        table: &ToolchainTable,
        plugin: &PluginId,
        installed: &InstalledToolchain,
        companion: &str,
    ) -> Option<PlannedToolchain> {
        let host = self.surroundings.host.clone();
        let request = BuildRequest {
            unit: companion.to_owned(),
            settings: serde_json::json!({ "companion": companion }).to_string(),
            directory: RelativePath::root(),
            toolchain: installed.clone(),
            tools: Vec::new(),
            target: Target {
                machine: host.clone(),
                ..Target::default()
            },
            host,
            tweaks: Vec::new(),
        };
        let site = CallSite {
            plugin,
            wanted: format!("plan companion `{companion}` of `{}`", table.name.value),
            span: table.name.span.clone(),
            settings: Some(&table.settings),
            failed: FaultKind::Plugin,
        };
        let called = self.plugins.plan_build(plugin, &request);
        let build = self.take(called, &site)?;
        let artifact = build.artifacts.first()?;
        let Root::Artifact(step) = &artifact.path.root else {
            return None; // Refused where plugins are reviewed: a toolchain's file is no companion.
        };
        let program = artifact.path.relative.clone();
        let name = program.file_name().unwrap_or_default().to_owned();
        let unit = format!("{}+{name}", installed.name);
        Some(PlannedToolchain {
            made: Some(Made {
                by: NodeId::toolchain(&unit),
                step: step.clone(),
                root: RelativePath::root(),
                actions: build.actions,
            }),
            name: unit,
            by: self.proposer(plugin),
            toolchain: Toolchain {
                version: installed.toolchain.version.clone(),
                archives: Vec::new(),
                files: Vec::new(),
                programs: Vec::new(),
                tools: vec![Tool { name, program }],
                environment: Vec::new(),
                sysroot: None,
            },
        })
    }
}
