//! What an HTTP service answers under load. The host sends the requests and counts; this plugin
//! says which, and names the figures.

mod figures;
mod settings;

use orch_plugin::benchmark_probe::{
    BenchmarkProbe, Load, Measurement, ProbePlan, Reading, Request, Service, Work, address,
};
use orch_plugin::{Error, Facts, Offer, Pair, Problem, Sample};

pub use crate::settings::Settings;
use crate::settings::Times;

/// The probe.
pub struct HttpLoad;

/// What starting, stopping and reading take beside the load itself, in milliseconds.
const AROUND_MS: u32 = 30_000;

impl BenchmarkProbe for HttpLoad {
    type Settings = Settings;

    fn offers() -> Vec<Offer> {
        vec![Offer::new(
            "http-load",
            "what an HTTP service answers under load: throughput, latencies, errors",
        )]
    }

    fn plan(
        _: &str,
        request: &Request,
        settings: Settings,
        _: &dyn Facts,
    ) -> Result<ProbePlan, Error> {
        let program = request.program()?;
        if request.target.triple.starts_with("wasm") {
            return Err(Error::Unsupported(
                "a program for WebAssembly cannot listen at a port here".to_owned(),
            ));
        }
        let mut problems = settings.problems();
        let times = settings.times(&mut problems);
        let ready = settings.ready.as_deref();
        let service = Service::listening(program, &settings.arguments, &settings.env, ready);
        let service = service.map_err(|problem: Problem| problems.push(problem));
        Error::if_any(problems)?;
        let rungs = settings.connections.iter();
        let measurements = rungs.map(|&connections| Measurement {
            service: service.clone().ok(),
            warmups: 0,
            samples: 5,
            timeout_ms: times.duration_ms + times.warmup_ms + times.timeout_ms + AROUND_MS,
            ..Measurement::of(
                rung(connections),
                Work::Load(load(&settings, connections, times)),
            )
        });
        Ok(measurements.fold(ProbePlan::nothing(), ProbePlan::measurement))
    }

    fn read(
        _: &str,
        measurement: &str,
        settings: Settings,
        samples: &[Sample],
    ) -> Result<Reading, Error> {
        let prefix = match settings.is_ladder() {
            true => format!("{measurement} "),
            false => String::new(),
        };
        figures::metrics(&prefix, samples).map(Reading::from)
    }
}

/// What the measurement with so many connections is called.
fn rung(connections: u32) -> String {
    format!("c{connections}")
}

fn load(settings: &Settings, connections: u32, times: Times) -> Load {
    let headers = settings.headers.iter();
    Load {
        url: address(&settings.path),
        method: settings.method.clone(),
        headers: headers
            .map(|(name, value)| Pair::new(name, value))
            .collect(),
        body: settings.body.clone().into_bytes(),
        connections,
        rate: settings.rate,
        duration_ms: times.duration_ms,
        warmup_ms: times.warmup_ms,
        timeout_ms: times.timeout_ms,
    }
}

orch_plugin::export_benchmark_probe!(HttpLoad);

#[cfg(test)]
mod tests;
