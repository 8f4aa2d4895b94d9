//! `orch run`: does everything that is not done yet.

use std::collections::HashMap;
use std::num::NonZero;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use orch_engine::port::{OutputFile, Sources};
use orch_engine::{
    ActionGraph, Cancel, Forecast, Node, NodeKind, NodeRun, Origin, Outcome, Plan, PlannedBuild,
    Run, RunOptions, SmokeRun, World, product_folder,
};
use orch_execute::{
    FileMemory, LocalExecutor, LocalSettings, NotedSources, ProjectPublisher, ProjectSources,
    Sandboxes, StoreActionCache,
};
use orch_model::{Fault, FaultKind, Runner};
use orch_plugins::{EmbeddedSettings, EmbeddedWasm};
use orch_report::{ResultOrigin, ResultRow, Summary, Table};

use crate::arguments::{ProjectArguments, Running, Selection};
use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::healing;
use crate::history;
use crate::house::House;
use crate::interrupt;
use crate::isolation::{self, Isolation};
use crate::judge::StoreJudge;
use crate::known_projects;
use crate::planned::Planned;
use crate::project::Project;
use crate::selection::select;
use crate::stop::Stop;
use crate::trace_file::TraceFile;
use crate::warm::{self, LastRun, Warm};

pub fn run(
    environment: Environment,
    arguments: &ProjectArguments,
    selection: &Selection,
    running: &Running,
    console: &Console,
) -> Result<Exit, Stop> {
    let began = Instant::now();
    let warm = Warm::new(&environment, arguments, selection, running.sandbox);
    if let Some(last) = shortcut(warm.as_ref(), running, console) {
        show(&last.rows, &up_to_date(&last, began.elapsed()), console);
        return Ok(Exit::Done);
    }
    let order = Order {
        planned: &Planned::open(environment, arguments, console)?,
        selection,
        running,
        warm,
        began,
        says_protections: true,
    };
    let cancel = Cancel::new();
    if !running.dry_run {
        interrupt::listen(&cancel, !console.is_json())?;
    }
    carry_out(order, &cancel, console, |_| {})
}

/// What to run of a plan, and how.
pub struct Order<'a> {
    pub planned: &'a Planned,
    pub selection: &'a Selection,
    pub running: &'a Running,
    /// Where a run that left nothing to do is kept.
    pub warm: Option<Warm>,
    /// When the command began, or what led to this run.
    pub began: Instant,
    /// Whether to say which protections this run does without.
    pub says_protections: bool,
}

/// Runs what is not done yet, or says what would be run. The hands are shown to `prepare`
/// before they do anything.
pub fn carry_out(
    order: Order<'_>,
    cancel: &Cancel,
    console: &Console,
    prepare: impl FnOnce(&mut Hands),
) -> Result<Exit, Stop> {
    let (running, planned) = (order.running, order.planned);
    let Planned {
        project,
        house,
        plan,
    } = planned;
    let graph = select(&graph_of(plan)?, order.selection)?;
    let isolation = Isolation::find(running.sandbox, &house.environment)?;
    if order.says_protections && !running.dry_run {
        isolation.warn(console);
    }
    let warm = order.warm.filter(|_| isolation.is_settled(running.sandbox));
    let mut hands = Hands::new(house, project, isolation.sandboxes)?;
    prepare(&mut hands);
    if running.dry_run {
        return foresee(house, &hands, &graph, console);
    }
    let options = RunOptions {
        jobs: running.jobs.map_or_else(cores, usize::from),
        keep_going: running.keep_going,
    };
    known_projects::note(&house.store, &project.folder)?;
    let trace = running.trace.as_deref();
    let run = perform(house, &hands, &graph, options, cancel, console, trace)?;
    let rows = rows(plan, &graph, &run);
    let mut summary = Summary {
        took: order.began.elapsed(),
        ..Summary::default()
    };
    for node in &run.nodes {
        summary.count(&node.outcome);
    }
    show(&rows, &summary, console);
    history::add(&project.folder, &run)?;
    hands.memory.save()?;
    if let Some(warm) = warm.filter(|_| warm::is_settled(&graph, &run)) {
        let last = LastRun {
            nodes: run.nodes.len(),
            rows: rows.iter().map(warm::as_cached).collect(),
        };
        warm.keep(house, project, &hands.memory, plan, &graph, last)?;
    }
    Ok(Exit::of_run(&run))
}

/// The last run, if it would only be repeated. Programs that read along are told of every
/// node, and a dry run lists them.
fn shortcut(warm: Option<&Warm>, running: &Running, console: &Console) -> Option<LastRun> {
    if running.dry_run || running.trace.is_some() || console.is_json() {
        return None;
    }
    warm?.last_run()
}

fn up_to_date(last: &LastRun, took: Duration) -> Summary {
    Summary {
        cached: last.nodes,
        took,
        ..Summary::default()
    }
}

/// What a run made, and how its nodes ended.
fn show(rows: &[ResultRow], summary: &Summary, console: &Console) {
    match console.json() {
        Some(json) => {
            json.results(rows);
            json.summary(summary);
        }
        None => {
            if !rows.is_empty() {
                console.print(&orch_report::render_results(rows, console.style()));
            }
            console.say(orch_report::render_summary(summary, console.style()).trim_end());
        }
    }
}

/// The graph of a plan. Only a plugin can make one that cannot be.
pub fn graph_of(plan: &Plan) -> Result<ActionGraph, Fault> {
    ActionGraph::of_plan(plan).map_err(|error| Fault::new(FaultKind::Plugin, error.to_string()))
}

/// Runs a graph with this machine behind the ports, and once more if that shows that the
/// cache has lost something. Leaves a timeline in the file `trace`.
pub fn perform(
    house: &House,
    hands: &Hands,
    graph: &ActionGraph,
    options: RunOptions,
    cancel: &Cancel,
    console: &Console,
    trace: Option<&Path>,
) -> Result<Run, Stop> {
    // A name that cannot be written is said before anything runs.
    let trace_file = trace.map(TraceFile::create).transpose()?;
    let once = || {
        let observer = console.observer();
        let observer = match &trace_file {
            Some(file) => Box::new(file.trace.watch(observer)),
            None => observer,
        };
        orch_engine::run(graph, hands.world(house), options, &*observer, cancel)
    };
    let mut run = once();
    if let Some(lost) = healing::lost(&run).filter(|_| !cancel.is_cancelled()) {
        healing::say(&lost, console);
        hands.cache.check_content();
        run = healing::joined(run, once());
    }
    settle(house, console);
    if let Some(file) = trace_file {
        file.write()?;
    }
    Ok(run)
}

/// Makes durable what the run made, also if it was interrupted. All is in place already, and
/// content is checked whenever it is read: that this failed is worth a warning, not a result.
fn settle(house: &House, console: &Console) {
    if let Err(fault) = house.store.settle() {
        console.warning(
            &format!("a power cut may undo this run: {fault}"),
            fault.hint.as_deref(),
        );
    }
}

/// What stands behind the ports of a run.
pub struct Hands {
    sources: Arc<dyn Sources>,
    executor: LocalExecutor,
    /// What was done before.
    pub cache: StoreActionCache,
    judge: StoreJudge,
    publisher: ProjectPublisher,
    memory: Arc<FileMemory>,
}

impl Hands {
    pub fn new(
        house: &House,
        project: &Project,
        sandboxes: Option<Arc<Sandboxes>>,
    ) -> Result<Self, Fault> {
        let environment = &house.environment;
        let wasm = EmbeddedWasm::new(EmbeddedSettings::new(&environment.cache));
        let mut settings = LocalSettings::new(
            environment.cache.clone(),
            project.folder.clone(),
            environment.path().into(),
            isolation::own_command("internal-reaper")?,
            Arc::new(wasm),
        );
        settings.sandboxes = sandboxes;
        let memory = Arc::new(FileMemory::open(project.folder.clone()));
        Ok(Self {
            sources: Arc::new(project_sources(project, &memory)),
            executor: LocalExecutor::new(settings, house.store.clone()),
            cache: StoreActionCache::new(house.store.clone()),
            judge: StoreJudge(house.store.clone()),
            publisher: ProjectPublisher::new(
                project.folder.clone(),
                house.store.clone(),
                memory.clone(),
            ),
            memory,
        })
    }

    /// Notes from now on what a run gets of the project's files.
    pub fn note_sources(&mut self, project: &Project) -> Arc<NotedSources> {
        let sources = project_sources(project, &self.memory);
        let noted = NotedSources::new(project.folder.clone(), sources, self.memory.clone());
        let noted = Arc::new(noted);
        self.sources = noted.clone();
        noted
    }

    pub fn world<'a>(&'a self, house: &'a House) -> World<'a> {
        World {
            host: &house.environment.host,
            toolchains: &*house.fetcher,
            sources: &*self.sources,
            executor: &self.executor,
            cache: &self.cache,
            judge: &self.judge,
            publisher: &self.publisher,
        }
    }
}

fn project_sources(project: &Project, memory: &Arc<FileMemory>) -> ProjectSources {
    ProjectSources::new(project.folder.clone(), project.own_files(), memory.clone())
}

/// How many actions at once, where the user does not say.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

/// `--dry-run`: a line for each node.
fn foresee(
    house: &House,
    hands: &Hands,
    graph: &ActionGraph,
    console: &Console,
) -> Result<Exit, Stop> {
    let foreseen = orch_engine::forecast(graph, hands.world(house))?;
    let mut table = Table::new(["node", "would"]);
    for node in &foreseen {
        let would = match &node.forecast {
            Forecast::UpToDate => "stay: up to date".to_owned(),
            Forecast::WouldRun => "run".to_owned(),
            Forecast::DependsOn(first) => format!("follow `{first}`"),
        };
        table.row([node.id.as_str(), &would]);
    }
    match console.json() {
        Some(json) => json.forecast(&foreseen),
        None => console.print(&table.render(console.style())),
    }
    Ok(Exit::Done)
}

/// A row for every artifact that was put in place.
fn rows(plan: &Plan, graph: &ActionGraph, run: &Run) -> Vec<ResultRow> {
    let mut steps: HashMap<&str, Vec<Step<'_>>> = HashMap::new();
    for step in graph.nodes().iter().zip(&run.nodes) {
        steps.entry(step.0.id.unit()).or_default().push(step);
    }
    plan.builds
        .iter()
        .filter_map(|build| Some((build, steps.get(build.node().as_str())?)))
        .filter_map(|(build, steps)| Some((build, steps, outputs(steps)?)))
        .flat_map(|(build, steps, outputs)| {
            build
                .artifacts
                .iter()
                .zip(outputs)
                .map(|(artifact, file)| row(build, artifact.name.as_str(), file, steps))
        })
        .collect()
}

/// A node with what came of it.
type Step<'a> = (&'a Node, &'a NodeRun);

/// What the steps of a build put in place.
fn outputs<'a>(steps: &[Step<'a>]) -> Option<&'a [OutputFile]> {
    let (_, run) = steps
        .iter()
        .find(|(node, _)| matches!(node.kind, NodeKind::Publish { .. }))?;
    match &run.outcome {
        Outcome::Succeeded { result, .. } => Some(&result.outputs),
        _ => None,
    }
}

fn row(build: &PlannedBuild, artifact: &str, file: &OutputFile, steps: &[Step<'_>]) -> ResultRow {
    let kind = steps
        .iter()
        .filter(|(node, _)| matches!(node.kind, NodeKind::Judge { .. }))
        .find_map(|(_, run)| match &run.outcome {
            Outcome::Succeeded { result, .. } => result.findings.get(artifact)?.as_str(),
            _ => None,
        });
    // Putting a file in place is no work that a user counts.
    let counted: Vec<_> = steps
        .iter()
        .filter(|(node, _)| !matches!(node.kind, NodeKind::Publish { .. }))
        .collect();
    let cached = counted
        .iter()
        .filter(|(_, run)| {
            matches!(
                run.outcome,
                Outcome::Succeeded {
                    origin: Origin::Cached | Origin::Restored,
                    ..
                }
            )
        })
        .count();
    let folder = product_folder(&build.name, &build.target);
    ResultRow {
        build: build.name.clone(),
        target: build.target.clone(),
        artifact: format!("{folder}/{artifact}"),
        bytes: file.bytes,
        digest: file.digest,
        kind: kind.unwrap_or_default().to_owned(),
        took: steps.iter().map(|(_, run)| run.took).sum::<Duration>(),
        origin: match cached {
            0 => ResultOrigin::Built,
            all if all == counted.len() => ResultOrigin::Cached,
            _ => ResultOrigin::Partly,
        },
        smoke: match &build.smoke {
            SmokeRun::Action(action) => match &action.runner {
                Runner::Native => "ran here".to_owned(),
                Runner::EmbeddedWasm => "ran in the embedded engine".to_owned(),
                Runner::Emulator(command) => {
                    format!(
                        "ran under {}",
                        command.first().map_or("an emulator", String::as_str)
                    )
                }
            },
            SmokeRun::Not(why) => format!("not run: {why}"),
        },
    }
}
