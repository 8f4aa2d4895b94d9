//! `orch fleet …`.

use clap::Subcommand;

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
