//! The engine's view of the loaded plugins: one method for each function of the contract,
//! each a call and a look at what came back.

use orch_engine::port::{
    AdviceRequest, BuildRequest, Called, DeployRequest, FinishRequest, Plugins, ProbeRequest,
    SampleRequest,
};
use orch_model::{
    Advice, Build, Machine, Observation, Offer, PluginId, PluginSummary, ProbePlan, Proposal,
    Reading, Role, Target, Toolchain,
};

use crate::{PluginHost, failure::Breach, review};

impl PluginHost {
    fn finds_programs(&self, plugin: &PluginId) -> bool {
        let summaries = self.summaries();
        let mut manifests = summaries.iter().map(|summary| &summary.manifest);
        manifests.any(|known| known.id == *plugin && known.finds_programs())
    }
}

impl Plugins for PluginHost {
    fn summaries(&self) -> Vec<PluginSummary> {
        self.summaries()
    }

    fn releases(
        &self,
        plugin: &PluginId,
        requirement: &str,
        host: &Machine,
        settings: &str,
    ) -> Called<Vec<String>> {
        self.call(plugin, Role::ToolchainSource, "releases", |guest| {
            Ok(review::releases(guest.releases(
                requirement,
                host,
                settings,
            )?)?)
        })
    }

    fn locate(
        &self,
        plugin: &PluginId,
        version: &str,
        host: &Machine,
        settings: &str,
    ) -> Called<Toolchain> {
        self.call(plugin, Role::ToolchainSource, "locate", |guest| {
            let toolchain = review::toolchain(guest.locate(version, host, settings)?)?;
            if !toolchain.programs.is_empty() && !self.finds_programs(plugin) {
                return Err(Breach(
                    "found programs of the machine, and asks for none in its manifest".to_owned(),
                )
                .into());
            }
            Ok(toolchain)
        })
    }

    fn plan_build(&self, plugin: &PluginId, request: &BuildRequest) -> Called<Build> {
        self.call(plugin, Role::Builder, "plan", |guest| {
            let toolchain = request.toolchain.name.as_str();
            let build = review::build(guest.plan_build(request)?, None, &[toolchain])?;
            if build.artifacts.is_empty() {
                return Err(Breach("planned a build that ships nothing".to_owned()).into());
            }
            Ok(build)
        })
    }

    fn platform_offers(&self, plugin: &PluginId) -> Called<Vec<Offer>> {
        self.call(plugin, Role::TargetPlatform, "offers", |guest| {
            Ok(review::offers(guest.platform_offers()?)?)
        })
    }

    fn describe_target(&self, plugin: &PluginId, name: &str, settings: &str) -> Called<Target> {
        self.call(plugin, Role::TargetPlatform, "describe", |guest| {
            Ok(review::target(guest.describe_target(name, settings)?)?)
        })
    }

    fn recognise(&self, plugin: &PluginId, observation: &Observation) -> Called<Vec<String>> {
        self.call(plugin, Role::TargetPlatform, "recognise", |guest| {
            Ok(review::recognised(guest.recognise(observation)?)?)
        })
    }

    fn finish_artifact(&self, plugin: &PluginId, request: &FinishRequest) -> Called<Build> {
        self.call(plugin, Role::TargetPlatform, "finish", |guest| {
            let build = guest.finish_artifact(request)?;
            Ok(review::build(build, Some(&request.artifact.path), &[])?)
        })
    }

    fn policy_offers(&self, plugin: &PluginId) -> Called<Vec<Offer>> {
        self.call(plugin, Role::TuningPolicy, "offers", |guest| {
            Ok(review::offers(guest.policy_offers()?)?)
        })
    }

    fn advise(
        &self,
        plugin: &PluginId,
        policy: &str,
        request: &AdviceRequest,
    ) -> Called<Vec<Advice>> {
        self.call(plugin, Role::TuningPolicy, "advise", |guest| {
            Ok(review::advice(guest.advise(policy, request)?)?)
        })
    }

    fn probe_offers(&self, plugin: &PluginId) -> Called<Vec<Offer>> {
        self.call(plugin, Role::BenchmarkProbe, "offers", |guest| {
            Ok(review::offers(guest.probe_offers()?)?)
        })
    }

    fn plan_probe(
        &self,
        plugin: &PluginId,
        probe: &str,
        request: &ProbeRequest,
    ) -> Called<ProbePlan> {
        self.call(plugin, Role::BenchmarkProbe, "plan", |guest| {
            let toolchain = request.toolchain.name.as_str();
            let plan = guest.plan_probe(probe, request)?;
            Ok(review::probe_plan(plan, &[toolchain])?)
        })
    }

    fn read_samples(&self, plugin: &PluginId, request: &SampleRequest) -> Called<Reading> {
        self.call(plugin, Role::BenchmarkProbe, "read", |guest| {
            Ok(review::reading(guest.read_samples(request)?)?)
        })
    }

    fn plan_deploy(&self, plugin: &PluginId, request: &DeployRequest) -> Called<Proposal> {
        self.call(plugin, Role::Deployer, "plan", |guest| {
            let proposal = guest.plan_deploy(request)?;
            Ok(review::proposal(proposal, &request.artifacts)?)
        })
    }
}
