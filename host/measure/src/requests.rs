//! A load as a sample: the document that the contract gives to a probe.

use std::net::SocketAddr;
use std::time::Duration;

use orch_engine::Cancel;
use orch_model::{Fault, Load, Sample};
use rustix::thread::{CpuSet, sched_setaffinity};
use serde_json::{Map, Value, json};

use crate::load::{self, Endpoint, Pace, Step, StepResult};
use crate::sampling::Unsampled;

/// One thread sends more than a service on the same machine answers.
const THREADS: usize = 1;

/// What came of a load.
pub(crate) struct Loaded {
    pub(crate) sample: Sample,
    /// The median latency; none without an answer.
    pub(crate) p50: Option<Duration>,
    /// Why the figures may be those of this machine and not the service's, if they may.
    pub(crate) bottleneck: Option<String>,
}

/// Sends the requests to the machine with this address, from these CPUs if there are any, and sums up
/// what came of them. A service that answers none has no figures, but errors.
pub(crate) fn requests(
    load: &Load,
    at: SocketAddr,
    cpus: &[u32],
    cancel: &Cancel,
) -> Result<Loaded, Unsampled> {
    let endpoint = Endpoint::get(&load.url)?.at(at);
    let mut endpoint = endpoint.with_method(&load.method)?;
    for (name, value) in &load.headers {
        endpoint = endpoint.with_header(name, value)?;
    }
    let step = Step {
        connections: load.connections as usize,
        pace: load.rate.map_or(Pace::Unlimited, Pace::PerSecond),
        warmup: Duration::from_millis(load.warmup_ms.into()),
        duration: Duration::from_millis(load.duration_ms.into()),
    };
    let generator = load::Load {
        endpoint: endpoint.with_body(load.body.clone()),
        request_limit: Duration::from_millis(load.timeout_ms.into()),
        threads: THREADS,
    };
    let climb = || {
        stay_on(cpus)?;
        generator.climb(std::slice::from_ref(&step), cancel, |_| {})
    };
    // A thread of its own can be bound, and what it starts is bound as it is.
    let climbed = std::thread::scope(|scope| scope.spawn(climb).join());
    let climbed = climbed.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    let results = match climbed {
        Err(_) if cancel.is_cancelled() => return Err(Unsampled::Cancelled),
        climbed => climbed?,
    };
    let document: Vec<Value> = results
        .iter()
        .map(|result| document(result, &step))
        .collect();
    let stdout = match document.first() {
        Some(document) => document.to_string().into_bytes(),
        None => Vec::new(),
    };
    let result = results.first();
    let latencies = result.and_then(|result| result.latencies);
    Ok(Loaded {
        bottleneck: result.and_then(|result| result.generator.bottleneck()),
        sample: Sample {
            stdout,
            wall_ns: u64::try_from(step.duration.as_nanos()).unwrap_or(u64::MAX),
            ..Sample::default()
        },
        p50: latencies.map(|latencies| Duration::from_nanos(latencies.p50_ns)),
    })
}

/// Binds this thread, sched_setaffinity(2).
fn stay_on(cpus: &[u32]) -> Result<(), Fault> {
    if cpus.is_empty() {
        return Ok(());
    }
    let mut set = CpuSet::new();
    let possible = cpus.iter().map(|cpu| *cpu as usize);
    possible
        .filter(|cpu| *cpu < CpuSet::MAX_CPU)
        .for_each(|cpu| set.set(cpu));
    sched_setaffinity(None, &set).map_err(|error| {
        Fault::internal(format!("could not send requests from other CPUs: {error}"))
            .hint("take `cpus` out of the bench")
    })
}

fn document(result: &StepResult, step: &Step) -> Value {
    let errors = result.errors.iter();
    let mut errors: Map<String, Value> = errors
        .map(|(kind, tally)| (kind.name().to_owned(), tally.count.into()))
        .collect();
    if result.unsent > 0 {
        errors.insert("unsent".to_owned(), result.unsent.into());
    }
    let requests = result.succeeded + result.failed() + result.unsent;
    let mut document = json!({
        "requests": requests,
        "seconds": step.duration.as_secs_f64(),
        "throughput": result.throughput,
        "errors": errors,
        "late": result.generator.late,
    });
    if let Some(latencies) = &result.latencies {
        document["mean"] = latencies.mean_ns.into();
        document["p50"] = latencies.p50_ns.into();
        document["p95"] = latencies.p95_ns.into();
        document["p99"] = latencies.p99_ns.into();
        document["p999"] = latencies.p999_ns.into();
        document["max"] = latencies.max_ns.into();
    }
    document
}
