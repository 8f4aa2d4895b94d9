//! `memstats`: what the memory of a service is made of, as Go's runtime counts it and as the kernel
//! does. The runtime's figures are those of the package `expvar`, fetched by a program of our own
//! while the service runs: <https://pkg.go.dev/runtime#MemStats>.

use orch_plugin::benchmark_probe::{
    Better, Command, Measurement, Metric, PORT, ProbePlan, Request, Service, Work, path_problem,
};
use orch_plugin::{Error, Problem, Sample};
use orch_plugin_go_command::Program;
use serde::Deserialize;

use crate::settings::{Probe, Settings};

const PROGRAM: Program = Program {
    name: "fetch",
    sources: &[("fetch.go", include_str!("memory/fetch.go"))],
};

/// Where `expvar` answers.
const VARIABLES: &str = "/debug/vars";

/// How often a path is asked for before the memory is looked at.
const REQUESTS: u32 = 1_000;

/// How long all requests may take, in milliseconds.
const LONGEST_MS: u32 = 10 * 60 * 1_000;

/// What `expvar` says, as far as it is read.
#[derive(Debug, Deserialize)]
struct Variables {
    memstats: MemStats,
}

/// In bytes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct MemStats {
    sys: u64,
    heap_inuse: u64,
    heap_released: u64,
    stack_inuse: u64,
    #[serde(rename = "GCSys")]
    gc_sys: u64,
}

pub(crate) fn plan(request: &Request, settings: &Settings) -> Result<ProbePlan, Error> {
    let program = request.program()?;
    let compile = PROGRAM.compile(
        &request.toolchain,
        &request.target,
        &request.target_environment,
    )?;
    let mut problems = settings.problems(Probe::Memory);
    let variables = settings.vars.as_deref().unwrap_or(VARIABLES);
    let paths = [
        ("vars", Some(variables)),
        ("path", settings.path.as_deref()),
        ("ready", settings.ready.as_deref()),
    ];
    let paths = paths.into_iter();
    problems.extend(paths.filter_map(|(setting, path)| path_problem(setting, path?)));
    if settings.requests.is_some() && settings.path.is_none() {
        problems.push(
            Problem::new("`requests` says how often, and nothing says of what")
                .at("requests")
                .hint("set `path` to what is to be asked for"),
        );
    }
    let ready = settings.ready.as_deref();
    let service = Service::listening(program, &settings.arguments, &settings.env, ready);
    let service = service.map_err(|problem| problems.push(problem)).ok();
    Error::if_any(problems)?;

    let mut fetch = Command::new(PROGRAM.path())
        .argument(format!("127.0.0.1:{PORT}"))
        .argument(variables);
    if let Some(path) = &settings.path {
        let count = settings.requests.unwrap_or(REQUESTS);
        fetch = fetch.argument(path).argument(count.to_string());
    }
    Ok(ProbePlan::nothing()
        .action(compile)
        .measurement(Measurement {
            service,
            warmups: 0,
            timeout_ms: LONGEST_MS,
            ..Measurement::of("memory", Work::Run(fetch))
        }))
}

pub(crate) fn read(samples: &[Sample]) -> Result<Vec<Metric>, Error> {
    let said: Vec<MemStats> = samples.iter().map(mem_stats).collect::<Result<_, _>>()?;
    let of_go = |name: &str, of: fn(&MemStats) -> u64| {
        Metric::less_is_better(name, "B", said.iter().map(|it| of(it) as f64).collect())
    };
    let mut metrics = vec![
        of_go("heap-in-use", |it| it.heap_inuse),
        of_go("stacks", |it| it.stack_inuse),
        of_go("gc-sys", |it| it.gc_sys),
        Metric {
            better: Better::More,
            ..of_go("heap-released", |it| it.heap_released)
        },
        of_go("go-total", MemStats::total),
    ];
    for name in ["rss", "pss", "anonymous"] {
        let values = samples
            .iter()
            .map(|sample| Some(sample.counter(name)? as f64));
        let values: Option<Vec<f64>> = values.collect();
        metrics.extend(values.map(|values| Metric::less_is_better(name, "B", values)));
    }
    let gap = samples.iter().zip(&said).map(|(sample, said)| {
        let resident = sample.counter("rss")?;
        Some(resident as f64 - said.total() as f64)
    });
    let gap: Option<Vec<f64>> = gap.collect();
    metrics.extend(gap.map(|gap| Metric::less_is_better("outside-go", "B", gap)));
    Ok(metrics)
}

fn mem_stats(sample: &Sample) -> Result<MemStats, Error> {
    let read: Result<Variables, _> = serde_json::from_slice(&sample.stdout);
    read.map(|read| read.memstats).map_err(|_| {
        Error::Failed(
            "the service's variables hold no `memstats`: import the package `expvar` in it, and \
             set `vars` to where that answers"
                .to_owned(),
        )
    })
}

impl MemStats {
    /// What the runtime has of the system and did not give back: the memory that `GOMEMLIMIT`
    /// bounds.
    fn total(&self) -> u64 {
        self.sys.saturating_sub(self.heap_released)
    }
}
