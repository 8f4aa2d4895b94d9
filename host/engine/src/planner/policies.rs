//! Tuning: which policies a build wants, and what they say. What a builder makes of it is next
//! door, in `builds`.

use orch_model::{Advice, BuildTable, ChosenPolicy, InstalledToolchain, PluginId, Role, Tweak};

use crate::plan::PlannedTarget;
use crate::port::AdviceRequest;
use crate::problem::PlanProblem;

use super::names::{Offered, Offers, offered};
use super::{Planner, settings_problems};

/// An entry of `tuning`, and what it means.
pub(super) type Chosen<'t> = (&'t ChosenPolicy, Offered);

impl Planner<'_> {
    /// The policies of a build, with who offers each; those with wrong settings are left out.
    pub(super) fn policies_of<'t>(
        &mut self,
        table: &'t BuildTable,
        offers: &Offers,
    ) -> Vec<Chosen<'t>> {
        let whose = format!("build `{}` wants tuning policy", table.name.value);
        let listed_by = "`orch plugin list` shows who offers what";
        let mut chosen = Vec::new();
        for policy in &table.tuning {
            let offer = match offered(&policy.offer, offers, &whose, listed_by) {
                Ok(Some(offer)) => offer,
                Ok(None) => continue,
                Err(problem) => {
                    self.problems.push(*problem);
                    continue;
                }
            };
            let (plugin, settings) = (&offer.plugin, &policy.settings);
            let wrong = settings_problems(&self.names, plugin, Role::TuningPolicy, settings);
            match wrong.iter().any(PlanProblem::is_error) {
                true => self.problems.extend(wrong),
                false => chosen.push((policy, offer)),
            }
        }
        chosen
    }

    /// What the policies of a build say for one toolchain and one target, in their order.
    pub(super) fn advice(
        &mut self,
        builder: &PluginId,
        toolchain: &InstalledToolchain,
        tools: &[InstalledToolchain],
        policies: &[Chosen<'_>],
        target: &PlannedTarget,
    ) -> Vec<Advice> {
        let mut advice = Vec::new();
        for (chosen, policy) in policies {
            let request = AdviceRequest {
                settings: chosen.settings.json(),
                builder: builder.as_str().to_owned(),
                toolchain: toolchain.clone(),
                tools: tools.to_vec(),
                target: target.target.machine.clone(),
                static_link: target.target.static_link,
            };
            let called = self.plugins.advise(&policy.plugin, &policy.name, &request);
            let wanted = format!("advise on `{}`", target.name);
            let span = chosen.offer.span.clone();
            let site = Self::site(&policy.plugin, wanted, span, Some(&chosen.settings));
            advice.extend(self.take(called, &site).unwrap_or_default());
        }
        advice
    }
}

/// What the builder is told: all that no later policy sets differently.
pub(super) fn tweaks_that_count(advice: &[Advice]) -> Vec<Tweak> {
    let counts = advice
        .iter()
        .zip(orch_model::overriding(advice))
        .filter(|(_, overriding)| overriding.is_none());
    counts.map(|(advice, _)| advice.tweak.clone()).collect()
}
