//! `orch bench`: measures, and sets what was measured side by side.

mod calibrate;
mod calibrate_fleet;
mod compare;

use std::time::Instant;

use orch_engine::Plan;
use orch_model::Fault;

pub use calibrate::{calibrate, told};
pub use calibrate_fleet::calibrate_fleet;
pub use compare::compare;

use crate::arguments::{ProjectArguments, Running, Selection};
use crate::command::run::{Order, carry_out};
use crate::console::Console;
use crate::deploying::DeployOptions;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::planned::Planned;
use crate::planning::LockUse;
use crate::selection::is_selected;
use crate::stop::Stop;

/// Measures the selected benches anew, and makes what they need.
pub fn bench(
    environment: Environment,
    arguments: &ProjectArguments,
    selection: &Selection,
    running: &Running,
    console: &Console,
) -> Result<Exit, Stop> {
    let began = Instant::now();
    let lock_use = LockUse::of_flag(arguments.locked);
    let planned = Planned::with_lock(environment, arguments, lock_use, console)?;
    let order = Order {
        selection: &benches(&planned.plan, selection)?,
        planned: &planned,
        running,
        shortcut: None,
        began,
        anew: true,
        deploying: DeployOptions::default(),
        says_protections: true,
    };
    carry_out(order, console)
}

/// The benches that a selection means, each by its name. What the user names and is no bench is
/// refused where the graph is looked at.
fn benches(plan: &Plan, selection: &Selection) -> Result<Selection, Fault> {
    if plan.benches.is_empty() && !plan.left_out.is_empty() {
        return Err(Fault::usage("every bench of this pipeline is left out")
            .hint("`orch plan` says why of each"));
    }
    if plan.benches.is_empty() {
        return Err(Fault::usage("this pipeline has nothing to measure")
            .hint("add a table such as `[bench.startup]` with `probe` and `of`"));
    }
    let meant = plan
        .benches
        .iter()
        .filter(|bench| is_selected(&bench.node, selection));
    let mut only: Vec<String> = meant.map(|bench| bench.node.to_string()).collect();
    let names_bench = |wanted: &&String| {
        let mut nodes = plan.benches.iter().map(|bench| &bench.node);
        !nodes.any(|node| node.is_meant_by(wanted))
    };
    only.extend(selection.only.iter().filter(names_bench).cloned());
    if let Some(other) = only.iter().find(|name| !name.starts_with("bench.")) {
        return Err(Fault::usage(format!("`{other}` is no bench"))
            .hint("`orch run --only` takes any node; `orch plan` shows all"));
    }
    if only.is_empty() {
        return Err(Fault::usage("no bench is of what you selected")
            .hint("`orch plan` shows every bench, and why one is left out"));
    }
    Ok(Selection {
        only,
        target: Vec::new(),
    })
}
