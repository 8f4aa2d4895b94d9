//! `orch cache …`: what can be made again, counted, checked and removed.

mod collect;
mod disk;
mod stats;
mod verify;

use crate::arguments::CacheCommand;
use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::stop::Stop;

pub fn cache(
    environment: Environment,
    command: CacheCommand,
    console: &Console,
) -> Result<Exit, Stop> {
    match command {
        CacheCommand::Stats => stats::stats(environment, console),
        CacheCommand::Verify => verify::verify(environment, console),
        CacheCommand::Gc {
            older_than,
            keep,
            dry_run,
        } => collect::collect(environment, older_than, keep, dry_run, console),
    }
}
