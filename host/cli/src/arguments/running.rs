//! The words that many commands share: which pipeline, which of its nodes, and how they are run.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Which pipeline, and how its lock is used.
#[derive(Clone, Debug, Args)]
pub struct ProjectArguments {
    /// The pipeline file, or its folder.
    #[arg(default_value = "pipeline.toml")]
    pub pipeline: PathBuf,
    /// Fail if `orch.lock` would have to change.
    #[arg(long)]
    pub locked: bool,
    /// Use only what lies on this machine.
    #[arg(long)]
    pub offline: bool,
}

/// Which nodes.
#[derive(Clone, Debug, Args)]
pub struct Selection {
    /// Only these nodes and what they need, e.g. `build.agent@pi5`.
    #[arg(long, value_name = "NODE", num_args = 1..)]
    pub only: Vec<String>,
    /// Only what is for these targets, and what that needs.
    #[arg(long, value_name = "TARGET", num_args = 1..)]
    pub target: Vec<String>,
}

/// How to run.
#[derive(Clone, Debug, Args)]
pub struct Running {
    /// How many actions at once [default: one for each core].
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,
    /// After a failure go on with what does not need it.
    #[arg(long, short)]
    pub keep_going: bool,
    /// Say what would run, and do nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Write a timeline of the run, as Perfetto and Chrome open it.
    #[arg(long, value_name = "FILE")]
    pub trace: Option<PathBuf>,
    /// What keeps actions from all but what they declare.
    #[arg(long, value_enum, value_name = "MODE", default_value_t = SandboxMode::Best)]
    pub sandbox: SandboxMode,
}

/// How much of a sandbox there must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SandboxMode {
    /// Every protection, or nothing runs.
    Strict,
    /// What this kernel gives; a warning says what it does not.
    Best,
    /// None: actions read and write whatever you can.
    Off,
}
