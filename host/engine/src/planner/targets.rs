//! Targets: which plugin offers each platform, and what it says of the machine.

use orch_model::Role;

use crate::plan::PlannedTarget;
use crate::problem::PlanProblem;

use super::names::{Offered, offered};
use super::{Planner, settings_problems};

impl Planner<'_> {
    pub(super) fn plan_targets(&mut self) {
        if self.pipeline.targets.is_empty() {
            return;
        }
        let offers = self.platform_offers();
        for table in &self.pipeline.targets {
            let whose = format!("target `{}` wants platform", table.name.value);
            let offer = match offered(
                &table.platform,
                &offers,
                &whose,
                "`orch target list` shows all",
            ) {
                Ok(offer) => offer,
                Err(problem) => {
                    self.problems.push(*problem);
                    continue;
                }
            };
            let wrong = settings_problems(
                &self.names,
                &offer.plugin,
                Role::TargetPlatform,
                &table.settings,
            );
            if wrong.iter().any(PlanProblem::is_error) {
                self.problems.extend(wrong);
                continue;
            }
            let called =
                self.plugins
                    .describe_target(&offer.plugin, &offer.name, &table.settings.json());
            let site = Self::site(
                &offer.plugin,
                format!("describe target `{}`", table.name.value),
                table.platform.span.clone(),
                Some(&table.settings),
            );
            if let Some(target) = self.take(called, &site) {
                self.plan.targets.push(PlannedTarget {
                    name: table.name.value.clone(),
                    platform: offer.name.clone(),
                    by: self.proposer(&offer.plugin),
                    target,
                });
            }
        }
    }

    fn platform_offers(&mut self) -> Vec<Offered> {
        let plugins: Vec<_> = self
            .names
            .with_role(Role::TargetPlatform)
            .map(|manifest| manifest.id.clone())
            .collect();
        let mut offers = Vec::new();
        for plugin in plugins {
            let called = self.plugins.platform_offers(&plugin);
            let span = self.pipeline.targets[0].platform.span.clone();
            let site = Self::site(&plugin, "say what it offers".to_owned(), span, None);
            for offer in self.take(called, &site).unwrap_or_default() {
                offers.push(Offered {
                    plugin: plugin.clone(),
                    name: offer.name,
                });
            }
        }
        offers
    }
}
