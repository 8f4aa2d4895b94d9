//! `orch check`: everything that is wrong with a pipeline, without running it.

use crate::arguments::ProjectArguments;
use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::planned::{self, graph_of};
use crate::planning::{self, LockUse};
use crate::stop::Stop;

pub fn check(
    environment: Environment,
    arguments: &ProjectArguments,
    console: &Console,
) -> Result<Exit, Stop> {
    let (project, house) = planned::open(environment, arguments, console)?;
    let lock_use = LockUse::of_flag(arguments.locked);
    match planning::check(&house, &project, lock_use, console)? {
        Some(plan) => {
            let graph = graph_of(&plan)?;
            console.say(&format!("{}: fine, {} nodes", project.name, graph.nodes().len()));
        }
        None => console.say(&format!(
            "{}: fine as far as it goes; `orch lock` pins its toolchains, then targets and builds are checked too",
            project.name
        )),
    }
    Ok(Exit::Done)
}
