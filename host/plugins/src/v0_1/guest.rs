//! Calls into an instance of a plugin, in the model's types.

use orch_engine::port::{
    AdviceRequest, BuildRequest, DeployRequest, FinishRequest, ProbeRequest, SampleRequest,
};
use orch_model::{
    Advice, Build, Machine, Observation, Offer, PluginId, ProbePlan, Proposal, Reading, Role,
    Target, Toolchain,
};
use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre};

use super::bindings::{
    benchmark_probe, builder, deployer, target_platform, toolchain_source, tuning_policy, types,
};
use super::{accept, accept_deploy, accept_probe, give};
use crate::call::CallState;
use crate::failure::CallError;

/// Where the functions of each role lie in a component; a role that it does not play has
/// none.
pub(crate) struct Roles {
    toolchain_source: Option<toolchain_source::ToolchainSourcePluginIndices>,
    builder: Option<builder::BuilderPluginIndices>,
    target_platform: Option<target_platform::TargetPlatformPluginIndices>,
    tuning_policy: Option<tuning_policy::TuningPolicyPluginIndices>,
    benchmark_probe: Option<benchmark_probe::BenchmarkProbePluginIndices>,
    deployer: Option<deployer::DeployerPluginIndices>,
}

impl Roles {
    /// Looks the roles up.
    pub fn find(component: &InstancePre<CallState>, roles: &[Role]) -> wasmtime::Result<Self> {
        macro_rules! role {
            ($role:ident, $module:ident, $indices:ident) => {
                roles
                    .contains(&Role::$role)
                    .then(|| $module::$indices::new(component))
                    .transpose()?
            };
        }
        Ok(Self {
            toolchain_source: role!(
                ToolchainSource,
                toolchain_source,
                ToolchainSourcePluginIndices
            ),
            builder: role!(Builder, builder, BuilderPluginIndices),
            target_platform: role!(TargetPlatform, target_platform, TargetPlatformPluginIndices),
            tuning_policy: role!(TuningPolicy, tuning_policy, TuningPolicyPluginIndices),
            benchmark_probe: role!(BenchmarkProbe, benchmark_probe, BenchmarkProbePluginIndices),
            deployer: role!(Deployer, deployer, DeployerPluginIndices),
        })
    }
}

/// An instance of a plugin, good for one call.
pub(crate) struct Guest<'a> {
    /// Holds the instance and what the call may take.
    pub store: &'a mut Store<CallState>,
    /// The instance.
    pub instance: Instance,
    /// Where its functions lie.
    pub roles: &'a Roles,
    /// Whose build the actions are.
    pub plugin: &'a PluginId,
}

/// Loads a role's functions, checks their types, and calls one.
macro_rules! call {
    ($guest:ident, $name:ident, $role:ident, $interface:ident, $call:ident($($argument:expr),*)) => {{
        let indices = $guest.roles.$role.as_ref().ok_or(CallError::NoSuchRole)?;
        let role = indices
            .load(&mut *$guest.store, &$guest.instance)
            .map_err(|error| CallError::Misfit(Role::$name, error))?;
        role.$interface()
            .$call(&mut *$guest.store, $($argument),*)
            .map_err(CallError::Ended)?
    }};
}

fn said<T>(result: Result<T, types::Error>) -> Result<T, CallError> {
    result.map_err(|error| CallError::Said(accept::error(error)))
}

impl Guest<'_> {
    /// Checks the types of the functions of every role that the plugin plays.
    pub fn check(self) -> Result<(), CallError> {
        macro_rules! check {
            ($($name:ident $role:ident),*) => {$(
                if let Some(indices) = &self.roles.$role {
                    indices
                        .load(&mut *self.store, &self.instance)
                        .map_err(|error| CallError::Misfit(Role::$name, error))?;
                }
            )*};
        }
        check!(
            ToolchainSource toolchain_source,
            Builder builder,
            TargetPlatform target_platform,
            TuningPolicy tuning_policy,
            BenchmarkProbe benchmark_probe,
            Deployer deployer
        );
        Ok(())
    }

    pub fn releases(
        self,
        requirement: &str,
        host: &Machine,
        settings: &str,
    ) -> Result<Vec<String>, CallError> {
        said(call!(
            self,
            ToolchainSource,
            toolchain_source,
            orch_plugin_toolchain_source,
            call_releases(requirement, &give::machine(host), settings)
        ))
    }

    pub fn locate(
        self,
        version: &str,
        host: &Machine,
        settings: &str,
    ) -> Result<Toolchain, CallError> {
        let toolchain = said(call!(
            self,
            ToolchainSource,
            toolchain_source,
            orch_plugin_toolchain_source,
            call_locate(version, &give::machine(host), settings)
        ))?;
        Ok(accept::toolchain(toolchain)?)
    }

    pub fn plan_build(self, request: &BuildRequest) -> Result<Build, CallError> {
        let build = said(call!(
            self,
            Builder,
            builder,
            orch_plugin_builder,
            call_plan(&give::build_request(request))
        ))?;
        Ok(accept::build(build, self.plugin)?)
    }

    pub fn platform_offers(self) -> Result<Vec<Offer>, CallError> {
        let offers = call!(
            self,
            TargetPlatform,
            target_platform,
            orch_plugin_target_platform,
            call_offers()
        );
        Ok(offers.into_iter().map(accept::offer).collect())
    }

    pub fn describe_target(self, name: &str, settings: &str) -> Result<Target, CallError> {
        said(call!(
            self,
            TargetPlatform,
            target_platform,
            orch_plugin_target_platform,
            call_describe(name, settings)
        ))
        .map(accept::target)
    }

    pub fn recognise(self, observation: &Observation) -> Result<Vec<String>, CallError> {
        Ok(call!(
            self,
            TargetPlatform,
            target_platform,
            orch_plugin_target_platform,
            call_recognise(&give::observation(observation))
        ))
    }

    pub fn finish_artifact(self, request: &FinishRequest) -> Result<Build, CallError> {
        let build = said(call!(
            self,
            TargetPlatform,
            target_platform,
            orch_plugin_target_platform,
            call_finish(&give::finish_request(request))
        ))?;
        Ok(accept::build(build, self.plugin)?)
    }

    pub fn policy_offers(self) -> Result<Vec<Offer>, CallError> {
        let offers = call!(
            self,
            TuningPolicy,
            tuning_policy,
            orch_plugin_tuning_policy,
            call_offers()
        );
        Ok(offers.into_iter().map(accept::offer).collect())
    }

    pub fn advise(self, policy: &str, request: &AdviceRequest) -> Result<Vec<Advice>, CallError> {
        let advice = said(call!(
            self,
            TuningPolicy,
            tuning_policy,
            orch_plugin_tuning_policy,
            call_advise(policy, &give::advice_request(request))
        ))?;
        Ok(advice
            .into_iter()
            .map(|advice| accept::advice(advice, policy))
            .collect())
    }

    pub fn probe_offers(self) -> Result<Vec<Offer>, CallError> {
        let offers = call!(
            self,
            BenchmarkProbe,
            benchmark_probe,
            orch_plugin_benchmark_probe,
            call_offers()
        );
        Ok(offers.into_iter().map(accept::offer).collect())
    }

    pub fn plan_probe(self, probe: &str, request: &ProbeRequest) -> Result<ProbePlan, CallError> {
        let plan = said(call!(
            self,
            BenchmarkProbe,
            benchmark_probe,
            orch_plugin_benchmark_probe,
            call_plan(probe, &give::probe_request(request))
        ))?;
        Ok(accept_probe::plan(plan, self.plugin)?)
    }

    pub fn read_samples(self, request: &SampleRequest) -> Result<Reading, CallError> {
        let samples: Vec<_> = request.samples.iter().cloned().map(give::sample).collect();
        let reading = said(call!(
            self,
            BenchmarkProbe,
            benchmark_probe,
            orch_plugin_benchmark_probe,
            call_read(
                &request.probe,
                &request.measurement,
                &request.settings,
                &samples
            )
        ))?;
        Ok(accept_probe::reading(reading))
    }

    pub fn plan_deploy(self, request: &DeployRequest) -> Result<Proposal, CallError> {
        let proposal = said(call!(
            self,
            Deployer,
            deployer,
            orch_plugin_deployer,
            call_plan(&give::deploy_request(request))
        ))?;
        Ok(accept_deploy::proposal(proposal))
    }
}
