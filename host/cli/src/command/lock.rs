//! `orch lock`: pins every toolchain and plugin of a pipeline.

use crate::arguments::ProjectArguments;
use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::planned;
use crate::planning::{self, LockUse};
use crate::stop::Stop;

pub fn lock(
    environment: Environment,
    arguments: &ProjectArguments,
    update: bool,
    console: &Console,
) -> Result<Exit, Stop> {
    let (mut project, house) = planned::open(environment, arguments, console)?;
    let pipeline = planning::parse(&project, console)?;
    let plugins = house.plugins(console, &planning::own_plugins(&pipeline, &project))?;
    planning::hold_against_plugins(&house, &project, &pipeline, &plugins, console)?;
    let lock_use = match update {
        true => LockUse::Update,
        false => LockUse::of_flag(arguments.locked),
    };
    let before = project.lock_text.clone();
    planning::resolve(&house, &mut project, &pipeline, &plugins, lock_use, console)?;
    if project.lock_text == before {
        console.say("orch.lock: up to date");
    }
    Ok(Exit::Done)
}
