//! Deploys: for each target of a build its deployer is asked how it goes live. Which machines
//! there are, and how they stand, is not known here.

use std::collections::BTreeMap;

use orch_model::{
    DeployTable, Diagnostic, HealthCheck, Inventory, NodeId, Placeholder, PluginId, Proposal, Role,
    SecretSource, parse_placeholders,
};

use crate::nearest;
use crate::plan::{PlannedBuild, PlannedDeploy, PlannedFleet, PlannedRelease};
use crate::port::DeployRequest;
use crate::problem::PlanProblem;

use super::policies::tweaks_that_count;
use super::{Planner, settings_problems};

impl Planner<'_> {
    pub(super) fn plan_deploys(&mut self) {
        for table in &self.pipeline.deploys {
            let Some(plugin) = self.deployer_of(table) else {
                continue;
            };
            let is_meant = |build: &&PlannedBuild| {
                let mut targets = table.targets.iter();
                let toolchain = table.toolchain.as_ref().map(|name| name.value.as_str());
                build.name == table.of.value
                    && build.matrix_toolchain() == toolchain
                    && (table.targets.is_empty()
                        || targets.any(|target| target.value == build.target))
            };
            let builds: Vec<_> = self.plan.builds.iter().filter(is_meant).cloned().collect();
            let releases: Vec<_> = builds
                .iter()
                .filter_map(|build| self.plan_release(table, &plugin, build))
                .collect();
            // A build that is missing has its own problem.
            if releases.len() == builds.len() && !releases.is_empty() {
                self.plan_deploy(table, &plugin, releases);
            }
        }
    }

    fn deployer_of(&mut self, table: &DeployTable) -> Option<PluginId> {
        let plugin = match self.names.plugin(&table.with, Role::Deployer) {
            Ok(manifest) => manifest.id.clone(),
            Err(problem) => {
                self.problems.push(*problem);
                return None;
            }
        };
        let wrong = settings_problems(&self.names, &plugin, Role::Deployer, &table.settings);
        let refused = wrong.iter().any(PlanProblem::is_error);
        self.problems.extend(wrong);
        (!refused).then_some(plugin)
    }

    fn plan_release(
        &mut self,
        table: &DeployTable,
        plugin: &PluginId,
        build: &PlannedBuild,
    ) -> Option<PlannedRelease> {
        let mut targets = self.plan.targets.iter();
        let target = targets.find(|target| target.name == build.target)?;
        let target = target.target.clone();
        let request = DeployRequest {
            unit: table.name.value.clone(),
            settings: table.settings.json(),
            project: self.pipeline.name.value.clone(),
            build: build.name.clone(),
            target_name: build.target.clone(),
            target: target.machine.clone(),
            artifacts: build.artifacts.clone(),
            tweaks: tweaks_that_count(&build.advice),
        };
        let called = self.plugins.plan_deploy(plugin, &request);
        let wanted = format!("plan deploy `{}` for `{}`", table.name.value, build.target);
        let span = table.name.span.clone();
        let site = Self::site(plugin, wanted, span, Some(&table.settings));
        Some(PlannedRelease {
            target: build.target.clone(),
            build: build.node(),
            machine: target,
            artifacts: build.artifacts.clone(),
            proposal: self.take(called, &site)?,
        })
    }

    fn plan_deploy(
        &mut self,
        table: &DeployTable,
        plugin: &PluginId,
        releases: Vec<PlannedRelease>,
    ) {
        self.check_place(table, plugin, &releases);
        let fleet = table.to.as_ref().and_then(|name| {
            let mut fleets = self.pipeline.fleets.iter();
            fleets.find(|fleet| fleet.name.value == name.value)
        });
        if let Some(fleet) = fleet
            && let Inventory::Hosts(hosts) = &fleet.inventory.value
        {
            let known = |target: &str| releases.iter().any(|release| release.target == target);
            for host in hosts.iter().filter(|host| !known(&host.target)) {
                // What the deploy names itself leaves the other machines out.
                if table.targets.is_empty() {
                    let message = format!(
                        "deploy `{}` has nothing for the machine `{}`, which is a `{}`",
                        table.name.value, host.name, host.target
                    );
                    let hint = format!(
                        "add that target to build `{}`, or name the deploy's own by `targets`",
                        table.of.value
                    );
                    let problem = Diagnostic::error(message, table.of.span.clone()).hint(hint);
                    self.problems.push(PlanProblem::usage(problem));
                }
            }
        }
        let named = Named::of(table, &releases);
        let secrets = self.secrets(table, &named);
        let mut needs: Vec<NodeId> = table
            .needs
            .iter()
            .flat_map(|need| self.nodes_of(&need.value, None, None))
            .collect();
        for image in &named.images {
            if self.units.contains_key(&format!("deploy.{image}")) {
                needs.push(NodeId::deploy(image));
            } else {
                self.unknown(
                    table,
                    &format!("image.{image}"),
                    "image",
                    "a deploy pushes it",
                );
            }
        }
        self.plan.deploys.push(PlannedDeploy {
            node: NodeId::deploy(&table.name.value),
            by: self.proposer(plugin),
            of: table.of.value.clone(),
            fleet: fleet.map(|fleet| PlannedFleet {
                name: fleet.name.value.clone(),
                inventory: fleet.inventory.value.clone(),
                labels: fleet.labels.clone(),
            }),
            some_targets: !table.targets.is_empty(),
            releases,
            rollout: table.rollout.clone(),
            secrets,
            needs,
        });
    }

    /// An image goes to no machine, and steps need to know theirs.
    fn check_place(&mut self, table: &DeployTable, plugin: &PluginId, releases: &[PlannedRelease]) {
        let steps = releases
            .iter()
            .filter(|release| matches!(release.proposal, Proposal::Release(_)))
            .count();
        let name = &table.name.value;
        let (message, hint) = match (&table.to, steps) {
            (Some(_), 0) => (
                format!("deploy `{name}` makes an image, which goes to no fleet"),
                "take `to` out; a deploy of another kind brings the image to machines".to_owned(),
            ),
            (None, 2..) => (
                format!("deploy `{name}` names no fleet, and has more than one target"),
                "add `to = \"fleet.…\"`, or choose the one for this machine by `targets`"
                    .to_owned(),
            ),
            _ if steps != 0 && steps != releases.len() => (
                format!("deployer `{plugin}` makes images of some targets of deploy `{name}` only"),
                "make two deploys of it, each with its own `targets`".to_owned(),
            ),
            _ => return,
        };
        let span = table.to.as_ref().map_or(&table.name.span, |to| &to.span);
        let problem = Diagnostic::error(message, span.clone()).hint(hint);
        self.problems.push(PlanProblem::usage(problem));
    }

    /// Where the secrets come from that a deploy names.
    fn secrets(&mut self, table: &DeployTable, named: &Named) -> BTreeMap<String, SecretSource> {
        let mut secrets = BTreeMap::new();
        for name in &named.secrets {
            let mut known = self.pipeline.secrets.iter();
            match known.find(|secret| secret.name.value == *name) {
                Some(secret) => {
                    secrets.insert(name.clone(), secret.source.clone());
                }
                None => self.unknown(
                    table,
                    &format!("secret.{name}"),
                    "secret",
                    &format!("add `[secret.{name}]` with `environment`, `file` or `command`"),
                ),
            }
        }
        secrets
    }

    fn unknown(&mut self, table: &DeployTable, wanted: &str, kind: &str, otherwise: &str) {
        let known: Vec<&str> = match kind {
            "secret" => names(self.pipeline.secrets.iter().map(|one| &one.name)),
            _ => names(self.pipeline.deploys.iter().map(|one| &one.name)),
        };
        let (_, short) = wanted.split_once('.').unwrap_or_default();
        let message = format!(
            "deploy `{}` wants `${{{wanted}}}`, which is not there",
            table.name.value
        );
        let problem = Diagnostic::error(message, table.name.span.clone())
            .hint(nearest::hint(short, known, otherwise));
        self.problems.push(PlanProblem::usage(problem));
    }
}

fn names<'a>(names: impl Iterator<Item = &'a orch_model::Name>) -> Vec<&'a str> {
    names.map(|name| name.value.as_str()).collect()
}

/// What a deploy's texts name, each once.
#[derive(Default)]
struct Named {
    secrets: Vec<String>,
    images: Vec<String>,
}

impl Named {
    fn of(table: &DeployTable, releases: &[PlannedRelease]) -> Self {
        let mut named = Self::default();
        for release in releases {
            if let Proposal::Release(release) = &release.proposal {
                release.texts().for_each(|text| named.add(text));
            }
        }
        for check in &table.rollout.health.checks {
            match check {
                HealthCheck::Machine(check) => {
                    check.texts().into_iter().for_each(|text| named.add(text));
                }
                HealthCheck::Prometheus { url, query, .. } => {
                    named.add(url);
                    named.add(query);
                }
            }
        }
        named
    }

    fn add(&mut self, text: &str) {
        // Texts that are wrong were refused where they came in.
        for part in parse_placeholders(text).unwrap_or_default() {
            let (list, name) = match part {
                Placeholder::Secret(name) => (&mut self.secrets, name),
                Placeholder::Image(name) => (&mut self.images, name),
                _ => continue,
            };
            if !list.contains(&name) {
                list.push(name);
            }
        }
    }
}
