//! The benchmarks in a Go module's tests, and where they or a program spend time and memory.
//!
//! `packages` finds where benchmarks are, `suite` compiles the tests of each package into a program.
//! The probe `gobench` has it run (`plan`) and reads what it prints (`results`); the probe `profile`
//! has it profiled and reads the stacks (`stacks`).

mod packages;
mod plan;
mod profile;
mod results;
mod settings;
mod stacks;
mod suite;

use orch_plugin::benchmark_probe::{BenchmarkProbe, ProbePlan, Reading, Request};
use orch_plugin::{Error, Facts, Offer, Sample};

pub use crate::settings::Settings;

/// The probes.
pub struct Gobench;

/// What the measurement is called where there is only one package.
const ONLY: &str = "benchmarks";

/// How long all benchmarks of a package may take at once, in milliseconds.
const LONGEST_MS: u32 = 10 * 60 * 1_000;

/// The probe that reads stacks.
const PROFILE: &str = "profile";

impl BenchmarkProbe for Gobench {
    type Settings = Settings;

    fn offers() -> Vec<Offer> {
        vec![
            Offer::new("gobench", "the benchmarks in a Go module's tests"),
            Offer::new(
                PROFILE,
                "where a program in Go, or its benchmarks, spend time and memory",
            ),
        ]
    }

    fn plan(
        probe: &str,
        request: &Request,
        settings: Settings,
        facts: &dyn Facts,
    ) -> Result<ProbePlan, Error> {
        match probe {
            PROFILE => profile::plan(request, &settings, facts),
            _ => plan::plan(request, &settings, facts),
        }
    }

    fn read(
        probe: &str,
        measurement: &str,
        settings: Settings,
        samples: &[Sample],
    ) -> Result<Reading, Error> {
        match probe {
            PROFILE => profile::read(measurement, samples),
            _ => results::metrics(measurement, &settings, samples).map(Reading::from),
        }
    }
}

orch_plugin::export_benchmark_probe!(Gobench);
