//! Artifacts, real and made by hand, against targets.

mod archive;
mod compilers;
mod damaged;
mod elf;
mod machines;
mod other_systems;
mod wasm;

use expect_test::Expect;
use orch_inspect::{compare, inspect};
use orch_model::{Machine, Target};

fn own_executable() -> Vec<u8> {
    std::fs::read(std::env::current_exe().unwrap()).unwrap()
}

fn target(triple: &str) -> Target {
    Target {
        machine: Machine::of_triple(triple),
        ..Target::default()
    }
}

fn static_target(triple: &str) -> Target {
    Target {
        static_link: true,
        ..target(triple)
    }
}

/// What is said of a file, and what speaks against it on a target.
fn check(file: &[u8], target: &Target, expected: Expect) {
    let text = match inspect(file) {
        Ok(facts) => std::iter::once(facts.summary())
            .chain(
                compare(&facts, target)
                    .into_iter()
                    .map(|problem| format!("! {problem}")),
            )
            .collect::<Vec<_>>()
            .join("\n"),
        Err(why) => format!("error: {why}"),
    };
    expected.assert_eq(&format!("{text}\n"));
}
