//! What Go itself takes: its runtime, its tools, its memory.
//!
//! Each probe has a file: `scheduler`, `build_speed`, `memory`. The first and the last bring a
//! small program in Go, which the build's own toolchain compiles.

mod build_speed;
mod memory;
mod scheduler;
mod settings;

use orch_plugin::benchmark_probe::{BenchmarkProbe, ProbePlan, Reading, Request};
use orch_plugin::{Error, Facts, Offer, Sample};

use crate::settings::Probe;
pub use crate::settings::Settings;

/// The probes.
pub struct GoProbes;

impl BenchmarkProbe for GoProbes {
    type Settings = Settings;

    fn offers() -> Vec<Offer> {
        Probe::ALL
            .iter()
            .map(|probe| Offer::new(probe.name(), probe.summary()))
            .collect()
    }

    fn plan(
        probe: &str,
        request: &Request,
        settings: Settings,
        facts: &dyn Facts,
    ) -> Result<ProbePlan, Error> {
        match Probe::named(probe)? {
            Probe::Scheduler => scheduler::plan(request, &settings),
            Probe::BuildSpeed => build_speed::plan(request, &settings, facts),
            Probe::Memory => memory::plan(request, &settings),
        }
    }

    fn read(
        probe: &str,
        measurement: &str,
        _: Settings,
        samples: &[Sample],
    ) -> Result<Reading, Error> {
        let metrics = match Probe::named(probe)? {
            Probe::Scheduler => scheduler::read(samples),
            Probe::BuildSpeed => Ok(build_speed::read(measurement, samples)),
            Probe::Memory => memory::read(samples),
        };
        metrics.map(Reading::from)
    }
}

orch_plugin::export_benchmark_probe!(GoProbes);

#[cfg(test)]
mod tests;
