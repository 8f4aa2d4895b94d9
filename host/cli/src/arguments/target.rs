//! The words of `orch target`.

use std::path::PathBuf;

use clap::Subcommand;

use super::ProjectArguments;

/// `orch target …`
#[derive(Debug, Subcommand)]
pub enum TargetCommand {
    /// List the platforms that the loaded plugins offer.
    #[command(after_help = "Example:\n  orch target list")]
    List(ProjectArguments),
    /// Ask a machine what it is: this one, or another over your own `ssh`.
    #[command(after_help = "\
Nothing is installed or changed there, and no question is asked: `ssh HOST true` must work by
itself. Exit codes: 0 it answered, 4 it could not be reached or refused.

Examples:
  orch target probe
  orch target probe pi@board
  orch target probe ssh://pi@board:2222 --output json > board.json")]
    Probe {
        /// The machine, as ssh takes it; without it, this one.
        host: Option<String>,
        /// The pipeline whose plugins are asked which platform it is.
        #[arg(long, default_value = "pipeline.toml")]
        pipeline: PathBuf,
    },
    /// Say why a program would not run on a machine, before it is sent there.
    #[command(after_help = "\
Exit codes: 0 it would run, or nothing proves that it would not; 1 it would not; 2 it is no
program, or the file of facts is none; 4 the machine could not be asked.

Examples:
  orch target check out/agent/pi5/agent --on pi@board
  orch target check out/agent/pi5/agent --on board.json
  orch target check ./agent")]
    Check {
        /// The program or library.
        artifact: PathBuf,
        /// The machine, as ssh takes it, or a file that `orch target probe --output json`
        /// wrote; without it, this machine.
        #[arg(long, value_name = "HOST|FILE")]
        on: Option<String>,
    },
}
