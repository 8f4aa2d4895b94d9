//! Targets: which plugin offers each platform, and what it says of the machine.

use orch_model::{Role, Span};

use crate::plan::PlannedTarget;
use crate::problem::PlanProblem;

use super::names::{Offered, Offers, offered};
use super::{Planner, settings_problems};

impl Planner<'_> {
    pub(super) fn plan_targets(&mut self) {
        let Some(first) = self.pipeline.targets.first() else {
            return;
        };
        let offers = self.offers(Role::TargetPlatform, &first.platform.span);
        for table in &self.pipeline.targets {
            let whose = format!("target `{}` wants platform", table.name.value);
            let offer = match offered(
                &table.platform,
                &offers,
                &whose,
                "`orch target list` shows all",
            ) {
                Ok(Some(offer)) => offer,
                Ok(None) => continue,
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

    /// What all plugins of a role offer. The first place that wants an offer is where their
    /// failures are said.
    pub(super) fn offers(&mut self, role: Role, wanted: &Span) -> Offers {
        let plugins: Vec<_> = self
            .names
            .with_role(role)
            .map(|manifest| manifest.id.clone())
            .collect();
        let mut offers = Offers::none();
        for plugin in plugins {
            let called = match role {
                Role::TuningPolicy => self.plugins.policy_offers(&plugin),
                Role::BenchmarkProbe => self.plugins.probe_offers(&plugin),
                _ => self.plugins.platform_offers(&plugin),
            };
            let site = Self::site(
                &plugin,
                "say what it offers".to_owned(),
                wanted.clone(),
                None,
            );
            match self.take(called, &site) {
                Some(all) => offers.all.extend(all.into_iter().map(|offer| Offered {
                    plugin: plugin.clone(),
                    name: offer.name,
                })),
                None => offers.incomplete = true,
            }
        }
        offers
    }
}
