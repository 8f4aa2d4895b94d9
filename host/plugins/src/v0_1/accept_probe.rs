//! What a probe hands to the host, in the model's types. Nothing of it is trusted.

use orch_model::{
    Better, Load, Measurement, Metric, PluginId, ProbePlan, Profile, Readiness, Reading, Service,
    Work,
};

use super::accept::{self, Accepted, all};
use super::bindings::{benchmark_probe, types};

use benchmark_probe::exports::orch::plugin::benchmark_probe as probe;

/// What to measure; the names in `caches` will belong to `owner`.
pub(crate) fn plan(plan: probe::ProbePlan, owner: &PluginId) -> Accepted<ProbePlan> {
    Ok(ProbePlan {
        actions: all(plan.actions, |one| accept::action(one, owner))?,
        measurements: all(plan.measurements, |one| measurement(one, owner))?,
        files: all(plan.files, accept::artifact)?,
    })
}

fn measurement(measurement: probe::Measurement, owner: &PluginId) -> Accepted<Measurement> {
    let timeout_ms = u64::from(measurement.timeout_ms);
    let process = |step: &str, command| process(step, command, timeout_ms, owner);
    let service = |service: probe::Service| {
        let mut action = process("service", service.command)?;
        // It runs as long as the work does.
        action.timeout_ms = None;
        action.network = true;
        Ok(Service {
            action: Box::new(action),
            ready: match service.ready {
                probe::Readiness::Http((url, status)) => Readiness::Http { url, status },
                probe::Readiness::Tcp(address) => Readiness::Tcp(address),
            },
            ready_within_ms: service.ready_within_ms,
        })
    };
    let has_service = measurement.service.is_some();
    Ok(Measurement {
        service: measurement.service.map(service).transpose()?,
        work: match measurement.work {
            probe::Work::Inspect => Work::Inspect,
            probe::Work::Run(command) => {
                let mut action = process(&measurement.name, command)?;
                // It asks the service, which is on the machine's own loopback.
                action.network = has_service;
                Work::Run(Box::new(action))
            }
            probe::Work::Load(load) => Work::Load(self::load(load)),
        },
        name: measurement.name,
        cold: measurement.cold,
        warmups: measurement.warmups,
        samples: measurement.samples,
    })
}

/// A measured process is an action that leaves nothing.
fn process(
    name: &str,
    command: probe::Command,
    timeout_ms: u64,
    owner: &PluginId,
) -> Accepted<orch_model::Action> {
    let mut action = accept::action(
        types::Action {
            name: name.to_owned(),
            program: command.program,
            arguments: command.arguments,
            environment: command.environment,
            directory: command.directory,
            inputs: command.inputs,
            files: Vec::new(),
            outputs: Vec::new(),
            caches: command.caches,
            network: false,
            after: Vec::new(),
        },
        owner,
    )?;
    action.timeout_ms = Some(timeout_ms);
    action.cacheable = false;
    Ok(action)
}

fn load(load: probe::Load) -> Load {
    Load {
        url: load.url,
        method: load.method,
        headers: load
            .headers
            .into_iter()
            .map(|header| (header.name, header.value))
            .collect(),
        body: load.body,
        connections: load.connections,
        rate: load.rate,
        duration_ms: load.duration_ms,
        warmup_ms: load.warmup_ms,
        timeout_ms: load.timeout_ms,
    }
}

pub(crate) fn reading(reading: probe::Reading) -> Reading {
    let profile = |profile: probe::Profile| Profile {
        name: profile.name,
        unit: profile.unit,
        stacks: profile.stacks,
    };
    Reading {
        metrics: reading.metrics.into_iter().map(metric).collect(),
        profiles: reading.profiles.into_iter().map(profile).collect(),
    }
}

fn metric(metric: probe::Metric) -> Metric {
    Metric {
        name: metric.name,
        unit: metric.unit,
        better: match metric.better {
            probe::Better::Less => Better::Less,
            probe::Better::More => Better::More,
        },
        values: metric.values,
    }
}
