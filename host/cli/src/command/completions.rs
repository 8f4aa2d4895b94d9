//! `orch completions`: a script for a shell.

use clap::CommandFactory;

use crate::arguments::Arguments;
use crate::console::Console;
use crate::exit::Exit;
use crate::stop::Stop;

pub fn completions(shell: clap_complete::Shell, console: &Console) -> Result<Exit, Stop> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "orch", &mut script);
    console.document("completions", &String::from_utf8_lossy(&script));
    Ok(Exit::Done)
}
