//! The role of what to measure, and how to read it.

use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use crate::contract::benchmark_probe::exports::orch::plugin::benchmark_probe::Guest;
pub use crate::contract::benchmark_probe::exports::orch::plugin::benchmark_probe::{
    Better, Measurement, Metric, Request, Scope,
};
use crate::offer::offered;
use crate::panics::report_through_log;
use crate::{Error, Facts, HostFacts, IntoWord, Offer, Sample, Variable};

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
    ) -> Result<Vec<Measurement>, Error>;

    /// What the runs of one measurement say.
    fn read(probe: &str, measurement: &str, samples: &[Sample]) -> Result<Vec<Metric>, Error>;
}

impl Measurement {
    /// A measurement of a whole process, once warmed up and ten times measured, a minute
    /// at most for each.
    pub fn of_process(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            scope: Scope::Process,
            command: Vec::new(),
            environment: Vec::new(),
            service: None,
            warmups: 1,
            samples: 10,
            timeout_ms: 60_000,
        }
    }

    /// With one more word of the command.
    pub fn argument(mut self, argument: impl IntoWord) -> Self {
        self.command.push(argument.into_word());
        self
    }

    /// With a variable.
    pub fn variable(mut self, name: impl Into<String>, value: impl IntoWord) -> Self {
        self.environment.push(Variable::new(name, value));
        self
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

    fn plan(probe: String, request: Request) -> Result<Vec<Measurement>, Error> {
        report_through_log();
        offered(T::offers(), &probe)?;
        let settings = crate::settings(&request.settings)?;
        T::plan(&probe, &request, settings, &HostFacts)
    }

    fn read(
        probe: String,
        measurement: String,
        samples: Vec<Sample>,
    ) -> Result<Vec<Metric>, Error> {
        report_through_log();
        offered(T::offers(), &probe)?;
        T::read(&probe, &measurement, &samples)
    }
}
