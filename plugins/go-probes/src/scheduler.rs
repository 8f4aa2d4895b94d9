//! `go-scheduler`: what the runtime takes for a goroutine, a message and a collection. A program of
//! our own measures, since nothing of it can be seen from outside.

use std::collections::BTreeMap;

use orch_plugin::benchmark_probe::{Command, Measurement, Metric, ProbePlan, Request, Work};
use orch_plugin::{Error, Sample};
use orch_plugin_go_command::Program;

use crate::settings::{Probe, Settings};

const PROGRAM: Program = Program {
    name: "scheduler",
    sources: &[("scheduler.go", include_str!("scheduler/scheduler.go"))],
};

/// What the program prints, in nanoseconds.
const FIGURES: [&str; 5] = [
    "goroutine p50",
    "goroutine p99",
    "channel round-trip",
    "gc-pause p50",
    "gc-pause max",
];

pub(crate) fn plan(request: &Request, settings: &Settings) -> Result<ProbePlan, Error> {
    let compile = PROGRAM.compile(
        &request.toolchain,
        &request.target,
        &request.target_environment,
    )?;
    Error::if_any(settings.problems(Probe::Scheduler))?;
    let variables = settings.env.iter();
    let command = variables.fold(Command::new(PROGRAM.path()), |command, (name, value)| {
        command.variable(name, value)
    });
    let measurement = Measurement::of(PROGRAM.name, Work::Run(command));
    Ok(ProbePlan::nothing()
        .action(compile)
        .measurement(measurement))
}

pub(crate) fn read(samples: &[Sample]) -> Result<Vec<Metric>, Error> {
    let printed: Vec<BTreeMap<String, f64>> = samples
        .iter()
        .map(|sample| serde_json::from_slice(&sample.stdout))
        .collect::<Result<_, _>>()
        .map_err(|error| Error::Failed(format!("what `{}` printed: {error}", PROGRAM.name)))?;
    let metric = |name: &str| {
        let values = printed.iter().map(|figures| figures.get(name).copied());
        let values: Option<Vec<f64>> = values.collect();
        let values = values
            .ok_or_else(|| Error::Failed(format!("`{}` printed no `{name}`", PROGRAM.name)))?;
        Ok(Metric::less_is_better(name, "ns", values))
    };
    FIGURES.into_iter().map(metric).collect()
}
