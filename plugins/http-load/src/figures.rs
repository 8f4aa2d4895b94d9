//! What the host says of a load: the document that stands in a sample's standard output.

use std::collections::BTreeMap;

use orch_plugin::benchmark_probe::Metric;
use orch_plugin::{Error, Sample, log};
use serde::Deserialize;

/// So large a share of requests that the host sent late reaches into the 99th percentile.
const LATE_SHARE: f64 = 0.01;

/// One load.
#[derive(Debug, Deserialize)]
struct Figures {
    requests: u64,
    throughput: f64,
    errors: BTreeMap<String, u64>,
    late: u64,
    #[serde(flatten)]
    latencies: Option<Latencies>,
}

/// How long answers took, in nanoseconds; absent where there was none.
#[derive(Clone, Copy, Debug, Deserialize)]
struct Latencies {
    mean: f64,
    p50: f64,
    p95: f64,
    p99: f64,
    p999: f64,
}

/// The metrics of one rung; `prefix` stands in front of their names.
pub(crate) fn metrics(prefix: &str, samples: &[Sample]) -> Result<Vec<Metric>, Error> {
    let loads: Vec<Figures> = samples.iter().map(figures).collect::<Result<_, _>>()?;
    if let Some(warning) = lateness(prefix, &loads) {
        log::warning(&warning);
    }
    let latencies: Vec<Latencies> = loads
        .iter()
        .map(|load| load.latencies.ok_or_else(|| load.unanswered()))
        .collect::<Result<_, _>>()?;
    let named = |name: &str| format!("{prefix}{name}");
    let time = |name: &str, of: fn(&Latencies) -> f64| {
        Metric::less_is_better(named(name), "ns", latencies.iter().map(of).collect())
    };
    let throughput = loads.iter().map(|load| load.throughput).collect();
    let errors = loads.iter().map(Figures::error_share).collect();
    Ok(vec![
        Metric::more_is_better(named("throughput"), "requests/s", throughput),
        time("mean", |it| it.mean),
        time("p50", |it| it.p50),
        time("p95", |it| it.p95),
        time("p99", |it| it.p99),
        time("p999", |it| it.p999),
        Metric::less_is_better(named("errors"), "", errors),
    ])
}

fn figures(sample: &Sample) -> Result<Figures, Error> {
    serde_json::from_slice(&sample.stdout)
        .map_err(|error| Error::Failed(format!("the host's figures of the load: {error}")))
}

/// That the host could not send in time, if so.
fn lateness(prefix: &str, loads: &[Figures]) -> Option<String> {
    let sum = |of: fn(&Figures) -> u64| loads.iter().map(of).fold(0, u64::saturating_add);
    let (late, requests) = (sum(|load| load.late), sum(|load| load.requests));
    (late as f64 > LATE_SHARE * requests as f64).then(|| {
        format!(
            "{prefix}the host itself sent {late} of {requests} requests late, so that latencies \
             are partly its own: leave it a CPU, or set a lower `rate`"
        )
    })
}

impl Figures {
    /// How many of the requests came to nothing, between 0 and 1.
    fn error_share(&self) -> f64 {
        let errors = self.errors.values().copied().fold(0, u64::saturating_add);
        match self.requests {
            0 => 0.0,
            requests => errors as f64 / requests as f64,
        }
    }

    /// That no answer came of which a time could be told.
    fn unanswered(&self) -> Error {
        let kinds = self.errors.iter();
        let kinds: Vec<_> = kinds
            .map(|(kind, count)| format!("{kind} {count}"))
            .collect();
        let why = match kinds.is_empty() {
            true => "`duration` may be too short for one".to_owned(),
            false => format!(
                "{}; set `path`, `method`, `headers` and `body` so that the service answers with a \
                 status from 200 to 299",
                kinds.join(", ")
            ),
        };
        let requests = self.requests;
        Error::Failed(format!("none of {requests} requests was answered: {why}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_says_when_it_was_late_itself() {
        let load = |late: u64| {
            let text = format!(
                r#"{{"requests": 1000, "throughput": 9.5, "errors": {{}}, "late": {late}}}"#
            );
            figures(&Sample::printing(text)).unwrap()
        };
        assert_eq!(lateness("c8 ", &[load(10), load(10)]), None);
        let warning = lateness("c8 ", &[load(0), load(30)]).unwrap();
        assert!(warning.starts_with("c8 the host itself sent 30 of 2000 requests late"));
    }
}
