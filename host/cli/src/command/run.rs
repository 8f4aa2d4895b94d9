//! `orch run`: does everything that is not done yet.

use std::time::{Duration, Instant};

use orch_engine::{ActionGraph, Cancel, Forecast, LeftOut, RunOptions};
use orch_report::{ResultRow, Summary, Table};

use crate::arguments::{ProjectArguments, Running, Selection};
use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::hands::{Hands, cores, perform};
use crate::history;
use crate::house::House;
use crate::interrupt;
use crate::isolation::Isolation;
use crate::known_projects;
use crate::planned::{Planned, graph_of};
use crate::planning::LockUse;
use crate::results::rows;
use crate::selection::{left_out, select};
use crate::shortcut::{self, LastRun, Shortcut};
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
    if let Some(last) = last_run(shortcut.as_ref(), running, console) {
        show(
            &last.rows,
            &last.left_out,
            &up_to_date(&last, began.elapsed()),
            console,
        );
        return Ok(Exit::Done);
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
    pub shortcut: Option<Shortcut>,
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
    let graph = select(plan, &graph_of(plan)?, order.selection)?;
    let isolation = Isolation::find(running.sandbox, &house.environment)?;
    if order.says_protections && !running.dry_run {
        isolation.warn(console);
    }
    let shortcut = order
        .shortcut
        .filter(|_| isolation.is_settled(running.sandbox));
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
    let left_out = left_out(plan, order.selection);
    let mut summary = Summary {
        took: order.began.elapsed(),
        ..Summary::default()
    };
    for node in &run.nodes {
        summary.count(&node.outcome);
    }
    show(&rows, &left_out, &summary, console);
    history::add(&project.folder, &run)?;
    hands.memory.save()?;
    if let Some(shortcut) = shortcut.filter(|_| shortcut::is_settled(&graph, &run)) {
        let last = LastRun {
            nodes: run.nodes.len(),
            rows: rows.iter().map(shortcut::as_cached).collect(),
            left_out,
        };
        shortcut.keep(house, project, &hands.memory, plan, &graph, last)?;
    }
    Ok(Exit::of_run(&run))
}

/// The last run, if it would only be repeated. Programs that read along are told of every
/// node, and a dry run lists them.
fn last_run(shortcut: Option<&Shortcut>, running: &Running, console: &Console) -> Option<LastRun> {
    if running.dry_run || running.trace.is_some() || console.is_json() {
        return None;
    }
    shortcut?.last_run()
}

fn up_to_date(last: &LastRun, took: Duration) -> Summary {
    Summary {
        cached: last.nodes,
        took,
        ..Summary::default()
    }
}

/// What a run made, what of its matrices cannot be, and how its nodes ended.
fn show(rows: &[ResultRow], left_out: &[LeftOut], summary: &Summary, console: &Console) {
    for cell in left_out {
        let message = format!("`{}` is left out: {}", cell.node, cell.reason);
        console.warning(&message, None);
    }
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
