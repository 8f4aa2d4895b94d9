//! What one run of a program takes, as the kernel accounts for it.

use std::collections::BTreeMap;

use orch_plugin::benchmark_probe::{
    BenchmarkProbe, Command, Measurement, Metric, ProbePlan, Reading, Request, Work,
};
use orch_plugin::{Error, Facts, Offer, Sample, argument_problems, variable_problems};
use serde::Deserialize;

/// The probes.
pub struct Process;

/// What a `[bench.*]` table may set.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    arguments: Vec<String>,
    env: BTreeMap<String, String>,
    cold: bool,
}

const STARTUP: &str = "startup";
const MEMORY: &str = "memory";

/// The measurement whose program was not in the kernel's cache.
const COLD: &str = "cold";
const WARM: &str = "warm";

impl BenchmarkProbe for Process {
    type Settings = Settings;

    fn offers() -> Vec<Offer> {
        vec![
            Offer::new(STARTUP, "how long a program takes from start to end"),
            Offer::new(MEMORY, "how much memory a run of a program takes"),
        ]
    }

    fn plan(
        probe: &str,
        request: &Request,
        settings: Settings,
        _: &dyn Facts,
    ) -> Result<ProbePlan, Error> {
        let mut problems = argument_problems("arguments", &settings.arguments);
        problems.extend(variable_problems("env", &settings.env));
        Error::if_any(problems)?;
        let program = Command::new(request.program()?).arguments(settings.arguments);
        let variables = settings.env.into_iter();
        let command = variables.fold(program, |command, (name, value)| {
            command.variable(name, value)
        });
        let warm = Measurement {
            warmups: 2,
            samples: 20,
            ..Measurement::of(WARM, Work::Run(command.clone()))
        };
        let plan = ProbePlan::nothing().measurement(warm);
        if !settings.cold || probe != STARTUP {
            return Ok(plan);
        }
        Ok(plan.measurement(Measurement {
            cold: true,
            warmups: 0,
            samples: 20,
            ..Measurement::of(COLD, Work::Run(command))
        }))
    }

    fn read(
        probe: &str,
        measurement: &str,
        _: Settings,
        samples: &[Sample],
    ) -> Result<Reading, Error> {
        let values = |of: fn(&Sample) -> u64| samples.iter().map(|it| of(it) as f64).collect();
        if probe == MEMORY {
            let peak = Metric::less_is_better("peak", "B", values(|it| it.peak_rss_bytes));
            let counted = ["minor-faults", "major-faults"];
            let counted = counted
                .into_iter()
                .filter_map(|name| counter("", name, samples));
            let all = std::iter::once(peak).chain(counted);
            return Ok(all.collect::<Vec<_>>().into());
        }
        let prefix = match measurement {
            COLD => "cold-",
            _ => "",
        };
        let time =
            |name: &str, of| Metric::less_is_better(format!("{prefix}{name}"), "ns", values(of));
        let times = vec![
            time("wall", |it| it.wall_ns),
            time("user", |it| it.user_ns),
            time("system", |it| it.system_ns),
        ];
        let counted = ["instructions", "cycles"].into_iter();
        let counted = counted.filter_map(|name| counter(prefix, name, samples));
        Ok(times.into_iter().chain(counted).collect::<Vec<_>>().into())
    }
}

/// A figure that not every machine has; none where a sample is without it.
fn counter(prefix: &str, name: &str, samples: &[Sample]) -> Option<Metric> {
    let of = |sample: &Sample| sample.counter(name).map(|value| value as f64);
    let values: Option<Vec<f64>> = samples.iter().map(of).collect();
    let name = format!("{prefix}{name}");
    Some(Metric::less_is_better(name, "", values?))
}

orch_plugin::export_benchmark_probe!(Process);

#[cfg(test)]
mod tests {
    use orch_plugin::{InstalledToolchain, fake};

    use super::*;

    fn planned(probe: &str, cold: bool) -> ProbePlan {
        let request = Request::of("agent", InstalledToolchain::of("go", "1.22.10"));
        let settings = Settings {
            arguments: vec!["--version".to_owned()],
            cold,
            ..Settings::default()
        };
        Process::plan(probe, &request, settings, &fake::Facts::new()).unwrap()
    }

    #[test]
    fn a_cold_start_is_measured_where_it_is_asked_for() {
        let names = |plan: ProbePlan| -> Vec<String> {
            plan.measurements.into_iter().map(|one| one.name).collect()
        };
        assert_eq!(names(planned(STARTUP, false)), [WARM]);
        assert_eq!(names(planned(STARTUP, true)), [WARM, COLD]);
        assert_eq!(names(planned(MEMORY, true)), [WARM]);
    }

    #[test]
    fn counters_are_read_where_there_are_any() {
        let sample = Sample {
            wall_ns: 7,
            ..Sample::printing("")
                .counting("minor-faults", 9)
                .counting("instructions", 11)
        };
        let samples = [sample];
        let metrics = Process::read(MEMORY, WARM, Settings::default(), &samples);
        let metrics = metrics.unwrap().metrics;
        let names: Vec<_> = metrics.iter().map(|metric| metric.name.as_str()).collect();
        assert_eq!(names, ["peak", "minor-faults"]);
        let metrics = Process::read(STARTUP, COLD, Settings::default(), &samples);
        let metrics = metrics.unwrap().metrics;
        assert_eq!(metrics[0].name, "cold-wall");
        assert_eq!(metrics[0].values, [7.0]);
        let last = metrics.last().unwrap();
        assert_eq!(
            (&*last.name, &*last.values),
            ("cold-instructions", &[11.0][..])
        );
    }
}
