//! `orch run`: does everything that is not done yet.

mod rest;

use std::time::{Duration, Instant};

use orch_engine::{ActionGraph, Forecast, LeftOut, Run, RunOptions};
use orch_report::{BenchRow, DeployRow, ResultRow, Summary, Table};

use crate::arguments::{ProjectArguments, Running, Selection};
use crate::console::Console;
use crate::deploying::DeployOptions;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::hands::{Hands, cores, perform};
use crate::history;
use crate::house::House;
use crate::isolation::Isolation;
use crate::known_projects;
use crate::planned::{Planned, graph_of};
use crate::planning::LockUse;
use crate::report_file;
use crate::results::{bench_rows, deploy_rows, rows};
use crate::selection::{left_out, select};
use crate::shortcut::{self, Glance, LastRun, Settled, Shortcut};
use crate::stop::Stop;

pub fn run(
    environment: Environment,
    arguments: &ProjectArguments,
    selection: &Selection,
    running: &Running,
    console: &Console,
) -> Result<Exit, Stop> {
    let began = Instant::now();
    let shortcut = Shortcut::new(&environment, arguments, selection, running.sandbox);
    let shorter = shortcut.as_ref().filter(|_| may_be_short(running, console));
    if let Some(shortcut) = shorter {
        match shortcut.glance() {
            Glance::NothingToDo(last) => {
                let summary = up_to_date(&last, began.elapsed());
                Shown::of_builds(&last.rows, &last.left_out).say(&summary, console);
                return Ok(Exit::Done);
            }
            Glance::Rest(rest) => {
                return rest::run(environment, shortcut, *rest, running, began, console);
            }
            Glance::Unknown => {}
        }
    }
    let lock_use = match running.dry_run && !arguments.locked {
        true => LockUse::Foresee,
        false => LockUse::of_flag(arguments.locked),
    };
    let order = Order {
        planned: &Planned::with_lock(environment, arguments, lock_use, console)?,
        selection,
        running,
        shortcut,
        began,
        anew: false,
        deploying: DeployOptions::default(),
        says_protections: true,
    };
    carry_out(order, console)
}

/// What to run of a plan, and how.
pub struct Order<'a> {
    pub planned: &'a Planned,
    pub selection: &'a Selection,
    pub running: &'a Running,
    /// Where a run that left nothing to do is kept.
    pub shortcut: Option<Shortcut>,
    /// When the command began, or what led to this run.
    pub began: Instant,
    /// Whether to measure what was measured before too.
    pub anew: bool,
    /// What the user wants of deploys.
    pub deploying: DeployOptions,
    /// Whether to say which protections this run does without.
    pub says_protections: bool,
}

/// Runs what is not done yet until the user interrupts, or says what would be run.
pub fn carry_out(order: Order<'_>, console: &Console) -> Result<Exit, Stop> {
    if !order.running.dry_run {
        order.planned.house.interruptible(console)?;
    }
    carry_out_with(order, console, |_| {})
}

/// The same for who listens for interrupts already. The hands are shown to `prepare` before they
/// do anything.
pub fn carry_out_with(
    order: Order<'_>,
    console: &Console,
    prepare: impl FnOnce(&mut Hands),
) -> Result<Exit, Stop> {
    let (running, planned) = (order.running, order.planned);
    let Planned {
        project,
        house,
        plan,
    } = planned;
    let graph = select(plan, &graph_of(plan)?, order.selection)?;
    let isolation = Isolation::find(running.sandbox, &house.environment)?;
    if order.says_protections && !running.dry_run {
        isolation.warn(console);
    }
    let shortcut = order
        .shortcut
        .filter(|_| isolation.is_settled(running.sandbox));
    let mut hands = Hands::new(house, project, isolation.sandboxes)?;
    if !plan.benches.is_empty() {
        hands.measure(house, project, plan, order.anew)?;
    }
    if !plan.deploys.is_empty() {
        hands.deploy(planned, order.deploying)?;
    }
    prepare(&mut hands);
    if running.dry_run {
        return foresee(house, &hands, &graph, console);
    }
    let options = options(running);
    known_projects::note(&house.store, &project.folder)?;
    let trace = running.trace.as_deref();
    let run = perform(
        house,
        &hands,
        &graph,
        options,
        &house.cancel,
        console,
        trace,
    )?;
    let rows = rows(plan, &graph, &run);
    let benches = bench_rows(&graph, &run);
    let deploys = deploy_rows(&graph, &run);
    let left_out = left_out(plan, order.selection);
    let summary = count(&run, order.began);
    let shown = Shown {
        rows: &rows,
        benches: &benches,
        deploys: &deploys,
        left_out: &left_out,
    };
    shown.say(&summary, console);
    history::add(&project.folder, &run)?;
    hands.memory.save()?;
    if benches.iter().any(|bench| !bench.known) {
        match report_file::write(project, &plan.name, &benches) {
            Ok(()) => console.say(&format!("the figures as a page: {}", report_file::REPORT)),
            Err(fault) => console.warning(&fault.message, fault.hint.as_deref()),
        }
    }
    if let Some(shortcut) = shortcut.filter(|_| shortcut::is_settled(&graph, &run)) {
        let last = LastRun {
            nodes: run.nodes.len(),
            rows: rows.iter().map(shortcut::as_cached).collect(),
            left_out,
        };
        let settled = Settled {
            house,
            project,
            hands: &hands,
            plan,
            graph: &graph,
        };
        shortcut.keep(&settled, last)?;
    }
    Ok(Exit::of_run(&run))
}

/// Whether a run may leave out what is settled. Programs that read along are told of every
/// node, and a dry run lists them.
fn may_be_short(running: &Running, console: &Console) -> bool {
    !running.dry_run && running.trace.is_none() && !console.is_json()
}

fn options(running: &Running) -> RunOptions {
    RunOptions {
        jobs: running.jobs.map_or_else(cores, usize::from),
        keep_going: running.keep_going,
    }
}

/// How the nodes of a run ended that began when the command did.
fn count(run: &Run, began: Instant) -> Summary {
    let mut summary = Summary {
        took: began.elapsed(),
        ..Summary::default()
    };
    let nodes = run.nodes.iter();
    nodes.for_each(|node| summary.count(&node.outcome));
    summary
}

fn up_to_date(last: &LastRun, took: Duration) -> Summary {
    Summary {
        cached: last.nodes,
        took,
        ..Summary::default()
    }
}

/// What is said of a run.
#[derive(Default)]
struct Shown<'a> {
    /// What it made.
    rows: &'a [ResultRow],
    benches: &'a [BenchRow],
    deploys: &'a [DeployRow],
    /// What of its matrices cannot be.
    left_out: &'a [LeftOut],
}

impl<'a> Shown<'a> {
    /// Of a run in which nothing was measured or deployed.
    fn of_builds(rows: &'a [ResultRow], left_out: &'a [LeftOut]) -> Self {
        Self {
            rows,
            left_out,
            ..Self::default()
        }
    }

    fn say(&self, summary: &Summary, console: &Console) {
        for cell in self.left_out {
            let message = format!("`{}` is left out: {}", cell.node, cell.reason);
            console.warning(&message, None);
        }
        match console.json() {
            Some(json) => {
                json.results(self.rows);
                if !self.benches.is_empty() {
                    let rows: Vec<_> = self.benches.iter().map(BenchRow::to_json).collect();
                    json.list("benches", &rows);
                }
                if !self.deploys.is_empty() {
                    let rows: Vec<_> = self.deploys.iter().map(DeployRow::to_json).collect();
                    json.list("deploys", &rows);
                }
                json.summary(summary);
            }
            None => {
                let style = console.style();
                let tables = [
                    (!self.rows.is_empty()).then(|| orch_report::render_results(self.rows, style)),
                    (!self.benches.is_empty())
                        .then(|| orch_report::render_benches(self.benches, style)),
                    (!self.deploys.is_empty())
                        .then(|| orch_report::render_deploys(self.deploys, style)),
                ];
                let tables: Vec<String> = tables.into_iter().flatten().collect();
                if !tables.is_empty() {
                    console.print(&tables.join("\n"));
                }
                console.say(orch_report::render_summary(summary, style).trim_end());
            }
        }
    }
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
            Forecast::WouldRestore => "be put back: its result is at hand".to_owned(),
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
