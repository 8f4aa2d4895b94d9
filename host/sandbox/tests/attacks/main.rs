//! Programs that try to get out, to get at others, or to stay. Each test says what happened.
//!
//! This executable plays all parts: without arguments the tests, with `sandbox` the processes
//! of a sandbox, and with `orch` one that is killed in the middle of a job. A word selects
//! the tests that have it in their names.

mod files;
mod kernel;
mod network;
mod processes;
mod rig;

use std::process::ExitCode;

type Test = (&'static str, fn());

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("sandbox") => return orch_sandbox::sandbox_main(arguments.len() > 1),
        Some("orch") => return processes::play_orch(&arguments[1]),
        _ => {}
    }
    let tests = [
        files::TESTS,
        kernel::TESTS,
        network::TESTS,
        processes::TESTS,
    ]
    .concat();
    let wanted = arguments.iter().find(|word| !word.starts_with('-'));
    // A test runner asks for the names of tests.
    let listed = arguments.iter().any(|word| word == "--list");
    let mut ran = 0;
    for (name, test) in tests {
        if wanted.is_some_and(|wanted| !name.contains(wanted.as_str())) {
            continue;
        }
        if listed {
            println!("{name}: test");
            continue;
        }
        println!("test {name}");
        test();
        ran += 1;
    }
    if !listed {
        println!("{ran} attacks failed as they should");
    }
    ExitCode::SUCCESS
}
