//! `orch run`: does everything that is not done yet.

use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;

use orch_engine::port::OutputFile;
use orch_engine::{
    ActionGraph, Cancel, Forecast, NodeKind, Origin, Outcome, Plan, PlannedBuild, Run, RunOptions,
    SmokeRun, World, product_folder,
};
use orch_execute::{
    LocalExecutor, LocalSettings, ProjectPublisher, ProjectSources, StoreActionCache,
};
use orch_model::{Fault, FaultKind, NodeId, Runner};
use orch_plugins::{EmbeddedSettings, EmbeddedWasm};
use orch_report::{ResultOrigin, ResultRow, Summary, Table};

use crate::arguments::{ProjectArguments, Running, Selection};
use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::history;
use crate::house::House;
use crate::interrupt;
use crate::judge::StoreJudge;
use crate::planned::Planned;
use crate::project::Project;
use crate::selection::select;
use crate::stop::Stop;

pub fn run(
    environment: Environment,
    arguments: &ProjectArguments,
    selection: &Selection,
    running: &Running,
    console: &Console,
) -> Result<Exit, Stop> {
    let began = std::time::Instant::now();
    let Planned {
        project,
        house,
        plan,
    } = Planned::open(environment, arguments, console)?;
    let graph = select(&graph_of(&plan)?, selection)?;
    if running.dry_run {
        return foresee(&house, &project, &graph, console);
    }
    let options = RunOptions {
        jobs: running.jobs.map_or_else(cores, usize::from),
        keep_going: running.keep_going,
    };
    let run = perform(&house, &project, &graph, options, console)?;
    history::add(&project.folder, &run)?;

    let rows = rows(&plan, &graph, &run);
    let mut summary = Summary {
        took: began.elapsed(),
        ..Summary::default()
    };
    for node in &run.nodes {
        summary.count(&node.outcome);
    }
    match console.json() {
        Some(json) => {
            json.results(&rows);
            json.summary(&summary);
        }
        None => {
            if !rows.is_empty() {
                console.print(&orch_report::render_results(&rows, console.style()));
            }
            console.say(orch_report::render_summary(&summary, console.style()).trim_end());
        }
    }
    Ok(Exit::of_run(&run))
}

/// The graph of a plan. Only a plugin can make one that cannot be.
pub fn graph_of(plan: &Plan) -> Result<ActionGraph, Fault> {
    ActionGraph::of_plan(plan).map_err(|error| Fault::new(FaultKind::Plugin, error.to_string()))
}

/// Runs a graph with this machine behind the ports.
pub fn perform(
    house: &House,
    project: &Project,
    graph: &ActionGraph,
    options: RunOptions,
    console: &Console,
) -> Result<Run, Stop> {
    let cancel = Cancel::new();
    interrupt::listen(&cancel, console.is_json())?;
    let hands = Hands::new(house, project)?;
    let observer = console.observer();
    let run = orch_engine::run(graph, hands.world(house), options, &*observer, &cancel);
    hands.publisher.save()?;
    Ok(run)
}

/// What stands behind the ports of a run.
pub struct Hands {
    sources: ProjectSources,
    executor: LocalExecutor,
    cache: StoreActionCache,
    judge: StoreJudge,
    publisher: ProjectPublisher,
}

impl Hands {
    pub fn new(house: &House, project: &Project) -> Result<Self, Fault> {
        let environment = &house.environment;
        let wasm = EmbeddedWasm::new(EmbeddedSettings::new(&environment.cache));
        let program = std::env::current_exe().map_err(|error| {
            Fault::internal(format!("could not find the `orch` program: {error}"))
        })?;
        Ok(Self {
            sources: ProjectSources::new(project.folder.clone(), project.own_files()),
            executor: LocalExecutor::new(
                LocalSettings::new(
                    environment.cache.clone(),
                    project.folder.clone(),
                    environment.path().into(),
                    vec![program.into(), "internal-reaper".into()],
                    Arc::new(wasm),
                ),
                house.store.clone(),
            ),
            cache: StoreActionCache::new(house.store.clone()),
            judge: StoreJudge(house.store.clone()),
            publisher: ProjectPublisher::new(project.folder.clone(), house.store.clone()),
        })
    }

    pub fn world<'a>(&'a self, house: &'a House) -> World<'a> {
        World {
            host: &house.environment.host,
            toolchains: &*house.fetcher,
            sources: &self.sources,
            executor: &self.executor,
            cache: &self.cache,
            judge: &self.judge,
            publisher: &self.publisher,
        }
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

/// `--dry-run`: a line for each node.
fn foresee(
    house: &House,
    project: &Project,
    graph: &ActionGraph,
    console: &Console,
) -> Result<Exit, Stop> {
    let hands = Hands::new(house, project)?;
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
    plan.builds
        .iter()
        .filter_map(|build| Some((build, outputs(&build.node(), run)?)))
        .flat_map(|(build, outputs)| {
            build
                .artifacts
                .iter()
                .zip(outputs)
                .map(|(artifact, file)| row(build, artifact.name.as_str(), file, graph, run))
                .collect::<Vec<_>>()
        })
        .collect()
}

fn outputs<'a>(node: &NodeId, run: &'a Run) -> Option<&'a [OutputFile]> {
    run.nodes
        .iter()
        .find(|known| known.id == *node)
        .and_then(|known| match &known.outcome {
            Outcome::Succeeded { result, .. } => Some(result.outputs.as_slice()),
            _ => None,
        })
}

fn row(
    build: &PlannedBuild,
    artifact: &str,
    file: &OutputFile,
    graph: &ActionGraph,
    run: &Run,
) -> ResultRow {
    let unit = build.node();
    let steps: Vec<_> = graph
        .nodes()
        .iter()
        .zip(&run.nodes)
        .filter(|(node, _)| node.id.unit() == unit.as_str())
        .collect();
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
                    origin: Origin::Cached,
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
