//! `build-speed`: how fast Go builds the program, with an empty cache and with a full one, and how
//! soon it answers what editors ask all day.

use orch_plugin::benchmark_probe::{Command, Measurement, Metric, ProbePlan, Request, Work};
use orch_plugin::{Error, Facts, Problem, Sample, count_problems, log, scratch, source};
use orch_plugin_go_command::environment::MODULE_CACHE;
use orch_plugin_go_command::{Go, Port, Project};

use crate::settings::{Probe, Settings};

/// The cache of compiled packages that is full.
const WARM_CACHE: &str = "build-speed";

const WARM: &str = "warm";
const LIST: &str = "list";
const GRAPH: &str = "mod-graph";

/// How long one build may take, in milliseconds.
const LONGEST_MS: u32 = 20 * 60 * 1_000;

/// The most programs that Go is told to run at once.
const PROGRAMS: u32 = 1024;

pub(crate) fn plan(
    request: &Request,
    settings: &Settings,
    facts: &dyn Facts,
) -> Result<ProbePlan, Error> {
    let go = Go::of(&request.toolchain)?;
    let port = Port::of_target(&request.target, &go.release)?;
    let (project, mut problems) = Project::without_network(&request.directory, &go, facts)?;
    problems.extend(settings.problems(Probe::BuildSpeed));
    problems.extend(settings.package.as_deref().and_then(package_problem));
    let cores = request.host.cores.or(facts.host_machine().cores);
    let parallel = settings.parallel.clone();
    let parallel = parallel.unwrap_or_else(|| powers_of_two(cores.unwrap_or(1)));
    problems.extend(count_problems(
        "parallel",
        "programs at once",
        &parallel,
        PROGRAMS,
    ));
    Error::if_any(problems)?;

    let tool = Tool {
        go: &go,
        port,
        project: &project,
        request,
        settings,
    };
    // The first fills the cache, and brings the compiler's files into memory for all that follow.
    let mut plan = ProbePlan::nothing()
        .measurement(measured(WARM, 10, tool.build(Cache::Kept, None)))
        .measurement(measured(LIST, 20, tool.list()));
    match project.vendored {
        true => log::info("`go mod graph` is not measured: it does not read `vendor`"),
        false => plan = plan.measurement(measured(GRAPH, 20, tool.graph())),
    }
    for programs in parallel {
        let build = tool.build(Cache::Empty, Some(programs));
        plan = plan.measurement(Measurement {
            warmups: 0,
            ..measured(&format!("cold-p{programs}"), 3, build)
        });
    }
    Ok(plan)
}

fn measured(name: &str, samples: u32, command: Command) -> Measurement {
    Measurement {
        samples,
        timeout_ms: LONGEST_MS,
        ..Measurement::of(name, Work::Run(command))
    }
}

/// Where compiled packages lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cache {
    /// In a directory of the run's own.
    Empty,
    /// In one that is kept between runs.
    Kept,
}

/// The `go` command in the build's folder, for the build's target.
struct Tool<'a> {
    go: &'a Go,
    port: Port,
    project: &'a Project,
    request: &'a Request,
    settings: &'a Settings,
}

impl Tool<'_> {
    /// A build, with so many programs at once where that is said.
    fn build(&self, cache: Cache, programs: Option<u32>) -> Command {
        let mut command = self
            .command(cache)
            .argument("build")
            .arguments(self.go.reproducible());
        if let Some(programs) = programs {
            command = command.argument(format!("-p={programs}"));
        }
        command
            .arguments(self.tags())
            .argument("-o")
            .argument(scratch("program"))
            .argument(self.settings.package.as_deref().unwrap_or("."))
    }

    /// Which packages the module is made of, with all that they need.
    fn list(&self) -> Command {
        self.command(Cache::Kept)
            .arguments(["list", "-deps"])
            .arguments(self.tags())
            .argument("./...")
    }

    /// Which modules need which.
    fn graph(&self) -> Command {
        self.command(Cache::Kept).arguments(["mod", "graph"])
    }

    fn tags(&self) -> Option<String> {
        let tags = &self.settings.tags;
        (!tags.is_empty()).then(|| format!("-tags={}", tags.join(",")))
    }

    fn command(&self, cache: Cache) -> Command {
        let mut command = Command::new(self.go.program.clone())
            .variables(self.go.variables_for(
                self.project,
                self.port,
                &self.request.target,
                &self.request.target_environment,
            ))
            .directory(source(self.request.directory.as_str()))
            .cache(MODULE_CACHE);
        command = match cache {
            Cache::Empty => command.variable("GOCACHE", scratch("build-cache")),
            Cache::Kept => command
                .variable("GOCACHE", orch_plugin::cache(WARM_CACHE))
                .cache(WARM_CACHE),
        };
        let inputs = self.project.inputs();
        inputs.into_iter().fold(command, Command::input)
    }
}

/// 1, 2, 4 and so on, and all cores at last.
fn powers_of_two(cores: u32) -> Vec<u32> {
    let cores = cores.clamp(1, PROGRAMS);
    let powers = std::iter::successors(Some(1), |power: &u32| power.checked_mul(2));
    let mut parallel: Vec<u32> = powers.take_while(|power| *power < cores).collect();
    parallel.push(cores);
    parallel
}

fn package_problem(package: &str) -> Option<Problem> {
    let is_folder = package == "." || package.starts_with("./");
    let leaves = package.split('/').any(|part| part == "..");
    let is_plain = is_folder && !leaves && !package.contains("...") && !package.contains('\0');
    (!is_plain).then(|| {
        let shown = package.escape_debug();
        Problem::new(format!(
            "`{shown}` is no folder of one package below the build's"
        ))
        .at("package")
        .hint("write it as in the build, such as `./cmd/agent`")
    })
}

/// The times of one kind; of what is asked all day, the 95th percentile too.
pub(crate) fn read(measurement: &str, samples: &[Sample]) -> Vec<Metric> {
    let times: Vec<f64> = samples.iter().map(|sample| sample.wall_ns as f64).collect();
    let slow = percentile_95(&times).filter(|_| [LIST, GRAPH].contains(&measurement));
    let slow =
        slow.map(|slow| Metric::less_is_better(format!("{measurement} p95"), "ns", vec![slow]));
    let times = Metric::less_is_better(measurement, "ns", times);
    std::iter::once(times).chain(slow).collect()
}

/// The smallest of the times that 95 of 100 do not exceed: of fewer than 20 the longest.
fn percentile_95(times: &[f64]) -> Option<f64> {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = (sorted.len() * 95).div_ceil(100);
    sorted.get(place.checked_sub(1)?).copied()
}
