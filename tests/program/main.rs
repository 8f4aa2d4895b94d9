//! The whole program, as a user sees it: command line in, files and words out.
//!
//! `host/cli` runs this, so that cargo builds the `orch` that is tested. What one crate can
//! show by itself is tested there.

mod bad_certificate;
mod bad_fetch;
mod bad_machine;
mod bad_pipeline;
mod bad_plugin;
mod bench;
mod c;
mod c_products;
mod cache;
mod cgo;
mod command_line;
mod companions;
mod compilers;
mod debuggers;
mod deploy;
mod emulator;
mod every_target;
mod example;
mod firmware;
mod gate;
mod gcc;
mod graph;
mod interrupt;
mod killed;
mod lua;
mod made;
mod matrix;
mod musl;
mod native;
mod packages;
mod pinned;
mod platforms;
mod rest;
mod rust;
mod sandbox;
mod slim;
mod sysroot;
mod system;
mod target_check;
mod target_probe;
mod tasks;
mod toolchains;
mod tuning;
mod warm;
mod watch;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use orch_tests::Project;

/// An empty folder, and the `orch` that was built from these sources.
fn project() -> Project {
    Project::new(env!("CARGO_BIN_EXE_orch"))
}

/// The same for tests of real compilers, which share a cache: what takes minutes, fetching
/// them and compiling their C libraries, is done once in each run of the tests.
fn project_of_compilers() -> Project {
    static CACHE: LazyLock<PathBuf> = LazyLock::new(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compilers");
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder can be made");
        folder
    });
    project().sharing_cache(&CACHE)
}
