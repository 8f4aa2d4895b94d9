//! `orch completions`: a script for a shell.

use clap::CommandFactory;

use crate::arguments::Arguments;
use crate::exit::Exit;
use crate::stop::Stop;

pub fn completions(shell: clap_complete::Shell) -> Result<Exit, Stop> {
    clap_complete::generate(
        shell,
        &mut Arguments::command(),
        "orch",
        &mut std::io::stdout(),
    );
    Ok(Exit::Done)
}
