//! A run of which most is known to be settled: only what a change reaches is looked up, and
//! done where it must be. What it says is what an ordinary run would say.

use std::time::Instant;

use crate::arguments::Running;
use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::hands::{Hands, perform};
use crate::history;
use crate::house::House;
use crate::isolation::Isolation;
use crate::results;
use crate::shortcut::{self, Rest, Shortcut};
use crate::stop::Stop;

use super::{Shown, count, options};

pub fn run(
    environment: Environment,
    shortcut: &Shortcut,
    mut rest: Rest,
    running: &Running,
    began: Instant,
    console: &Console,
) -> Result<Exit, Stop> {
    let folder = shortcut.folder();
    let (home, offline) = (Some(folder.to_owned()), shortcut.is_offline());
    let house = House::open(environment, home, offline, console)?;
    let cancel = house.interruptible(console)?;
    let isolation = Isolation::find(running.sandbox, &house.environment)?;
    isolation.warn(console);
    let is_settled = isolation.is_settled(running.sandbox);
    let hands = Hands::at(&house, folder, shortcut.own_files(), isolation.sandboxes)?;
    let (plan, graph, last) = (&rest.plan, &rest.graph, &mut rest.note.last);
    let options = options(running);
    let run = perform(&house, &hands, graph, options, cancel, console, None)?;
    let rows = results::rows(plan, graph, &run);
    let rows = results::renewed(std::mem::take(&mut last.rows), plan, rows);
    let mut summary = count(&run, began);
    summary.cached += last.nodes.saturating_sub(graph.nodes().len());
    Shown::of_builds(&rows, &last.left_out).say(&summary, console);
    history::add(folder, &run)?;
    hands.memory.save()?;
    if is_settled && shortcut::is_settled(graph, &run) {
        last.rows = rows.iter().map(shortcut::as_cached).collect();
        shortcut.renew(&rest, &hands.memory)?;
    }
    Ok(Exit::of_run(&run))
}
