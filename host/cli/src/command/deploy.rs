//! `orch deploy` and `orch promote`: brings what the builds leave onto machines and into
//! registries, whatever else the pipeline has.

mod fleet;
mod standing;
mod undo;

use std::time::Instant;

use orch_engine::{Plan, PlannedDeploy};
use orch_model::Fault;

pub use fleet::fleet;
pub use standing::status;
pub use undo::rollback;

use crate::arguments::{ProjectArguments, Running, Selection};
use crate::command::run::{Order, carry_out};
use crate::console::Console;
use crate::deploying::DeployOptions;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::planned::Planned;
use crate::planning::LockUse;
use crate::stop::Stop;

/// Deploys what is named, all deploys if nothing is, and makes what they need.
pub fn deploy(
    environment: Environment,
    arguments: &ProjectArguments,
    names: &[String],
    running: &Running,
    options: DeployOptions,
    console: &Console,
) -> Result<Exit, Stop> {
    let began = Instant::now();
    let lock_use = LockUse::of_flag(arguments.locked);
    let planned = Planned::with_lock(environment, arguments, lock_use, console)?;
    let chosen = deploys(&planned.plan, names)?;
    let order = Order {
        selection: &Selection {
            only: chosen.iter().map(|one| one.node.to_string()).collect(),
            target: Vec::new(),
        },
        planned: &planned,
        running,
        shortcut: None,
        began,
        anew: false,
        deploying: options,
        says_protections: true,
    };
    carry_out(order, console)
}

/// The deploys that a user names, with or without `deploy.`; all if none is named.
pub fn deploys<'p>(plan: &'p Plan, names: &[String]) -> Result<Vec<&'p PlannedDeploy>, Fault> {
    if plan.deploys.is_empty() {
        return Err(Fault::usage("this pipeline deploys nothing")
            .hint("add a table such as `[deploy.edge]` with `with`, `of` and `to`"));
    }
    if names.is_empty() {
        return Ok(plan.deploys.iter().collect());
    }
    let known = || plan.deploys.iter().map(PlannedDeploy::name);
    let named = names.iter().map(|name| {
        let short = name.strip_prefix("deploy.").unwrap_or(name);
        let mut deploys = plan.deploys.iter();
        deploys
            .find(|deploy| deploy.name() == short)
            .ok_or_else(|| {
                let hint = match orch_model::nearest(short, known()) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("there are {}", known().collect::<Vec<_>>().join(", ")),
                };
                Fault::usage(format!("no deploy is called `{short}`")).hint(hint)
            })
    });
    named.collect()
}
