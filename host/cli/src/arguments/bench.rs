//! `orch bench …` and `orch history`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// `orch bench …`
#[derive(Debug, Subcommand)]
pub enum BenchCommand {
    /// Measure a machine's own noise: how far two runs of the same program lie apart on it.
    #[command(after_help = "\
Examples:
  orch bench calibrate
  orch bench calibrate --on fleet.lab/pi-1
  orch bench calibrate --on fleet.lab")]
    Calibrate {
        /// A machine of a fleet, or one after the other all of a fleet, in place of this machine.
        #[arg(long, value_name = "FLEET[/MACHINE]")]
        on: Option<String>,
        /// The pipeline file, or its folder: its history keeps what is found.
        #[arg(default_value = "pipeline.toml")]
        pipeline: PathBuf,
    },
    /// Set what was measured side by side: two runs, commits, targets or toolchains.
    #[command(after_help = "\
Examples:
  orch bench compare 4f2a91c 88d0e1b
  orch bench compare static pi5 --only bench.size
  orch bench compare 'go 1.22.10' 'go 1.23.4'")]
    Compare {
        /// What is compared with: a run, the beginning of a commit (with `-dirty` behind it where
        /// sources were edited), a target, or a toolchain with its release, as `orch history` shows
        /// them.
        before: String,
        /// What is compared: of the same kind.
        now: String,
        /// Only these benches, e.g. `bench.startup`.
        #[arg(long, value_name = "BENCH", num_args = 1..)]
        only: Vec<String>,
        /// The pipeline file, or its folder.
        #[arg(long, default_value = "pipeline.toml")]
        pipeline: PathBuf,
    },
}

/// What `orch history` shows.
#[derive(Clone, Debug, Args)]
pub struct HistoryArguments {
    /// The pipeline file, or its folder.
    #[arg(default_value = "pipeline.toml")]
    pub pipeline: PathBuf,
    /// Only these benches, e.g. `bench.startup` or `bench.startup@static`.
    #[arg(long, value_name = "BENCH", num_args = 1..)]
    pub only: Vec<String>,
    /// Only this metric.
    #[arg(long, value_name = "NAME")]
    pub metric: Option<String>,
    /// How it is written.
    #[arg(long, value_enum, default_value_t = HistoryFormat::Table)]
    pub format: HistoryFormat,
}

/// How a history is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum HistoryFormat {
    /// For people: a line for each metric that has a gate, or that is asked for.
    Table,
    /// Everything, each measurement an object.
    Json,
    /// A line for each value, with a header.
    Csv,
    /// What Go's `benchstat` reads.
    Benchstat,
}
