//! The whole program, as a user sees it: command line in, files and words out.
//!
//! `host/cli` runs this, so that cargo builds the `orch` that is tested. What one crate can
//! show by itself is tested there.

mod bad_certificate;
mod bad_fetch;
mod bad_machine;
mod bad_pipeline;
mod bad_plugin;
mod c;
mod c_products;
mod cache;
mod command_line;
mod companions;
mod compilers;
mod every_target;
mod example;
mod gate;
mod gcc;
mod graph;
mod interrupt;
mod killed;
mod lua;
mod made;
mod matrix;
mod packages;
mod pinned;
mod platforms;
mod rust;
mod sandbox;
mod slim;
mod system;
mod target_check;
mod target_probe;
mod tasks;
mod toolchains;
mod tuning;
mod warm;
mod watch;

use orch_tests::Project;

/// An empty folder, and the `orch` that was built from these sources.
fn project() -> Project {
    Project::new(env!("CARGO_BIN_EXE_orch"))
}
