//! The role of what to measure, and how to read it.

mod service;
#[cfg(not(target_family = "wasm"))]
mod text;

use std::marker::PhantomData;

use serde::de::DeserializeOwned;

pub use self::service::{PORT, address, path_problem, port_problem, takes_port};
use crate::contract::benchmark_probe::exports::orch::plugin::benchmark_probe::Guest;
pub use crate::contract::benchmark_probe::exports::orch::plugin::benchmark_probe::{
    Better, Command, Load, Measurement, Metric, ProbePlan, Profile, Readiness, Reading, Request,
    Service, Work,
};
use crate::offer::offered;
use crate::panics::report_through_log;
use crate::process::describes_a_process;
use crate::{
    Action, Artifact, Error, Facts, HostFacts, InstalledToolchain, Machine, Offer, Path, Sample,
    path,
};

/// A way to measure. Export it with
/// [`export_benchmark_probe!`](crate::export_benchmark_probe).
pub trait BenchmarkProbe {
    /// What the user may set in a `[bench.*]` table beside what every measurement has.
    type Settings: DeserializeOwned;

    /// The probes, by the names that a pipeline uses.
    fn offers() -> Vec<Offer>;

    /// What to run, and how often.
    fn plan(
        probe: &str,
        request: &Request,
        settings: Self::Settings,
        facts: &dyn Facts,
    ) -> Result<ProbePlan, Error>;

    /// What the samples of one measurement say.
    fn read(
        probe: &str,
        measurement: &str,
        settings: Self::Settings,
        samples: &[Sample],
    ) -> Result<Reading, Error>;
}

impl Request {
    /// A request for a build of this name with a toolchain, which ships one program by that
    /// name; the host is a Linux machine on x86_64, and the program for one like it. Where tests
    /// begin.
    pub fn of(unit: impl Into<String>, toolchain: InstalledToolchain) -> Self {
        let unit = unit.into();
        Self {
            settings: "{}".to_owned(),
            directory: String::new(),
            toolchain,
            tools: Vec::new(),
            host: Machine::of("x86_64-unknown-linux-gnu"),
            target: Machine::of("x86_64-unknown-linux-gnu"),
            target_environment: Vec::new(),
            artifacts: vec![Artifact::program(
                unit.as_str(),
                path::artifact("build", unit.as_str()),
            )],
            unit,
        }
    }

    /// The first program that the build ships.
    ///
    /// # Errors
    ///
    /// `unsupported` where it ships none.
    pub fn program(&self) -> Result<Path, Error> {
        let mut artifacts = self.artifacts.iter();
        let program = artifacts.find(|artifact| artifact.executable);
        program.map(|program| program.path.clone()).ok_or_else(|| {
            Error::Unsupported("the build ships no program that could be run".to_owned())
        })
    }
}

impl ProbePlan {
    /// A plan of nothing.
    pub fn nothing() -> Self {
        Self {
            actions: Vec::new(),
            measurements: Vec::new(),
            files: Vec::new(),
        }
    }

    /// With an action that makes something to measure.
    pub fn action(mut self, action: Action) -> Self {
        self.actions.push(action);
        self
    }

    /// With one more measurement.
    pub fn measurement(mut self, measurement: Measurement) -> Self {
        self.measurements.push(measurement);
        self
    }

    /// With an output of an action that the user finds after the run.
    pub fn file(mut self, file: Artifact) -> Self {
        self.files.push(file);
        self
    }
}

impl From<Vec<Metric>> for Reading {
    /// A reading of figures alone.
    fn from(metrics: Vec<Metric>) -> Self {
        Self {
            metrics,
            profiles: Vec::new(),
        }
    }
}

describes_a_process!(Command);

impl Command {
    /// A program without arguments, in an empty directory of its own.
    pub fn new(program: Path) -> Self {
        Self {
            program,
            arguments: Vec::new(),
            environment: Vec::new(),
            directory: path::scratch(""),
            inputs: Vec::new(),
            caches: Vec::new(),
        }
    }

    /// As an action, which is run once and may leave files.
    pub fn action(self, name: impl Into<String>) -> Action {
        Action {
            arguments: self.arguments,
            environment: self.environment,
            directory: self.directory,
            inputs: self.inputs,
            caches: self.caches,
            ..Action::new(name, self.program)
        }
    }
}

impl Measurement {
    /// A measurement of this work, once warmed up and ten times measured, a minute at most for
    /// each.
    pub fn of(name: impl Into<String>, work: Work) -> Self {
        Self {
            name: name.into(),
            service: None,
            work,
            cold: false,
            warmups: 1,
            samples: 10,
            timeout_ms: 60_000,
        }
    }
}

impl Metric {
    /// A metric of which less is better, such as a time.
    pub fn less_is_better(
        name: impl Into<String>,
        unit: impl Into<String>,
        values: Vec<f64>,
    ) -> Self {
        Self {
            name: name.into(),
            unit: unit.into(),
            better: Better::Less,
            values,
        }
    }

    /// A metric of which more is better, such as a throughput.
    pub fn more_is_better(
        name: impl Into<String>,
        unit: impl Into<String>,
        values: Vec<f64>,
    ) -> Self {
        Self {
            better: Better::More,
            ..Self::less_is_better(name, unit, values)
        }
    }
}

/// Exports a [`BenchmarkProbe`](crate::benchmark_probe::BenchmarkProbe) from the component.
#[macro_export]
macro_rules! export_benchmark_probe {
    ($plugin:ty) => {
        const _: () = {
            type Exported = $crate::benchmark_probe::Adapter<$plugin>;
            #[cfg(target_family = "wasm")]
            $crate::contract::benchmark_probe::export_benchmark_probe_component!(
                Exported with_types_in $crate::contract::benchmark_probe
            );
            // Elsewhere there is nothing to export; that the role is played is checked.
            #[cfg(not(target_family = "wasm"))]
            const _: fn() = $crate::benchmark_probe::is_played_by::<Exported>;
        };
    };
}

/// What the macro exports in place of the author's type.
#[doc(hidden)]
pub struct Adapter<T>(PhantomData<T>);

#[doc(hidden)]
pub fn is_played_by<T: Guest>() {}

impl<T: BenchmarkProbe> Guest for Adapter<T> {
    fn offers() -> Vec<Offer> {
        report_through_log();
        T::offers()
    }

    fn plan(probe: String, request: Request) -> Result<ProbePlan, Error> {
        report_through_log();
        offered(T::offers(), &probe)?;
        let settings = crate::settings(&request.settings)?;
        T::plan(&probe, &request, settings, &HostFacts)
    }

    fn read(
        probe: String,
        measurement: String,
        settings: String,
        samples: Vec<Sample>,
    ) -> Result<Reading, Error> {
        report_through_log();
        offered(T::offers(), &probe)?;
        T::read(&probe, &measurement, crate::settings(&settings)?, &samples)
    }
}
