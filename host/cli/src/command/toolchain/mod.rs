//! `orch toolchain …`: many versions side by side, nothing global touched.

mod env;
mod install;
mod list;
mod release;
mod remove;
mod which;

use crate::arguments::ToolchainCommand;
use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::stop::Stop;

pub fn toolchain(
    environment: Environment,
    command: ToolchainCommand,
    console: &Console,
) -> Result<Exit, Stop> {
    match command {
        ToolchainCommand::List { available: None } => list::list(environment, console),
        ToolchainCommand::List {
            available: Some(plugin),
        } => list::available(environment, &plugin, console),
        ToolchainCommand::Install { toolchain, offline } => {
            install::install(environment, &toolchain, offline, console)
        }
        ToolchainCommand::Env { toolchain, shell } => {
            env::env(environment, &toolchain, shell, console)
        }
        ToolchainCommand::Which { toolchain, tool } => {
            which::which(environment, &toolchain, tool.as_deref(), console)
        }
        ToolchainCommand::Remove { toolchain, force } => {
            remove::remove(environment, &toolchain, force, console)
        }
    }
}
