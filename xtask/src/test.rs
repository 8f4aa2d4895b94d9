//! Every check and test of the project, in the order in which they fail soonest.
//!
//! Does not know what is in the tests.

use std::path::{Path, PathBuf};

use crate::Stop;
use crate::setup::{self, Purpose};
use crate::stage::{Line, Stages};

/// The workspaces beside the root's, whose crates are built for WebAssembly in the end
/// and tested on this machine.
const GUEST_WORKSPACES: [&str; 1] = ["plugins"];

/// Sets up, then runs all stages; the first failure ends it.
pub fn run(root: &Path) -> Result<(), Stop> {
    setup::run(Purpose::Test)?;
    let mut stages = Stages::new(root);
    let target = target_directory(root);
    // One target directory for all guests: what they share is compiled once.
    let guests = target.join("guest-tests");

    stages.run("format", &Line::new("cargo fmt --all --check"))?;
    for workspace in GUEST_WORKSPACES {
        let line = manifest(Line::new("cargo fmt --all --check"), workspace);
        stages.run(&format!("format {workspace}"), &line)?;
    }
    stages.run(
        "lints",
        &Line::new("cargo clippy --workspace --all-targets --locked -- -D warnings"),
    )?;
    for workspace in GUEST_WORKSPACES {
        let line = Line::new("cargo clippy --workspace --all-targets --locked");
        let line = target_dir(manifest(line, workspace), &guests);
        let line = line.with("--").with("-D").with("warnings");
        stages.run(&format!("lints {workspace}"), &line)?;
    }
    stages.run(
        "tests",
        &Line::new("cargo test --workspace --locked --no-fail-fast"),
    )?;
    for workspace in GUEST_WORKSPACES {
        let line = manifest(
            Line::new("cargo test --workspace --locked --no-fail-fast"),
            workspace,
        );
        stages.run(&format!("tests {workspace}"), &target_dir(line, &guests))?;
    }
    if Line::new("cargo deny --version").succeeds() {
        stages.run(
            "deny",
            &Line::new(
                "cargo deny --offline --locked check --hide-inclusion-graph licenses bans sources",
            ),
        )?;
    } else {
        stages.remark(
            "`cargo deny` is not installed and was not run; the crate `orch-tests` has checked \
             licences and sources against deny.toml. `cargo install cargo-deny --locked` adds \
             the rest",
        );
    }
    stages.summary();
    Ok(())
}

fn manifest(line: Line, workspace: &str) -> Line {
    line.with("--manifest-path")
        .with(format!("{workspace}/Cargo.toml"))
}

fn target_dir(line: Line, directory: &Path) -> Line {
    line.with("--target-dir")
        .with(directory.display().to_string())
}

/// Where cargo puts what it builds, as this program was told itself.
#[expect(
    clippy::disallowed_methods,
    reason = "this program is at the edge itself"
)]
fn target_directory(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from)
}
