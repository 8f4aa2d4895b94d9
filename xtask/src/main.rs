//! The project's own tasks: `cargo xtask setup`, `cargo xtask example`, `cargo xtask test`.
//!
//! Owns the order of what a developer or a build server does. Knows no crate of the
//! house: it only starts programs, so that it compiles in seconds before anything else.

mod example;
mod need;
mod setup;
mod stage;
mod test;

use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask <task>

  setup     install what is missing to build and test
  example   set up, then run the example's pipeline
  test      set up, then run every check and test

Each prints what it installs and why. Run again, it does only what is missing.";

/// Why a task ended early; the text says what to do.
type Stop = String;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["setup"] => setup::run(setup::Purpose::Test),
        ["example"] => example::run(&root()),
        ["test"] => test::run(&root()),
        ["help" | "-h" | "--help"] => {
            println!("{USAGE}");
            Ok(())
        }
        [] => Err(format!("no task was named\n\n{USAGE}")),
        [unknown, ..] => Err(format!("there is no task `{unknown}`\n\n{USAGE}")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(stop) => {
            eprintln!("error: {stop}");
            ExitCode::FAILURE
        }
    }
}

/// The folder of the workspace; this program lies in a folder below it.
fn root() -> PathBuf {
    let mut root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.pop();
    root
}
