//! `orch fleet …` and `orch logs`.

use clap::{Args, Subcommand};

use super::ProjectArguments;

/// `orch fleet …`
#[derive(Debug, Subcommand)]
pub enum FleetCommand {
    /// Reach every machine, look at its host key, ask what it is, and compare with its target.
    #[command(after_help = "Examples:\n  orch fleet check\n  orch fleet check --only edge")]
    Check {
        #[command(flatten)]
        project: ProjectArguments,
        /// Only these fleets.
        #[arg(long, value_name = "FLEET", num_args = 1..)]
        only: Vec<String>,
    },
}

/// Which logs, and how much of them.
#[derive(Clone, Debug, Args)]
pub struct LogArguments {
    /// The deploy, e.g. `edge`; every one without it.
    pub deploy: Option<String>,
    /// Only these machines.
    #[arg(long = "host", value_name = "NAME", num_args = 1..)]
    pub hosts: Vec<String>,
    /// Go on with each line as it comes, until Ctrl-C.
    #[arg(long, short)]
    pub follow: bool,
    /// How many lines of each machine; of those that are there when following begins, too.
    #[arg(
        long,
        short = 'n',
        value_name = "N",
        default_value_t = 50,
        value_parser = clap::value_parser!(u32).range(0..=100_000)
    )]
    pub lines: u32,
}
