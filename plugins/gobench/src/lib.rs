//! The benchmarks in a Go module's tests.
//!
//! `packages` finds where they are, `plan` compiles the tests of each package into a program and
//! has it run, `results` reads what that prints.

mod packages;
mod plan;
mod results;
mod settings;

use orch_plugin::benchmark_probe::{BenchmarkProbe, Metric, ProbePlan, Request};
use orch_plugin::{Error, Facts, Offer, Sample};

pub use crate::settings::Settings;

/// The probe.
pub struct Gobench;

/// What the measurement is called where there is only one package.
const ONLY: &str = "benchmarks";

impl BenchmarkProbe for Gobench {
    type Settings = Settings;

    fn offers() -> Vec<Offer> {
        vec![Offer::new(
            "gobench",
            "the benchmarks in a Go module's tests",
        )]
    }

    fn plan(
        _: &str,
        request: &Request,
        settings: Settings,
        facts: &dyn Facts,
    ) -> Result<ProbePlan, Error> {
        plan::plan(request, &settings, facts)
    }

    fn read(
        _: &str,
        measurement: &str,
        settings: Settings,
        samples: &[Sample],
    ) -> Result<Vec<Metric>, Error> {
        results::metrics(measurement, &settings, samples)
    }
}

orch_plugin::export_benchmark_probe!(Gobench);
