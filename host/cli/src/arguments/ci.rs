//! The words of `orch ci`.

use clap::Subcommand;

use super::{ProjectArguments, Selection};

/// `orch ci …`
#[derive(Debug, Subcommand)]
pub enum CiCommand {
    /// Print a workflow of GitHub Actions.
    #[command(after_help = "Example:\n  orch ci github > .github/workflows/orch.yml")]
    Github {
        #[command(flatten)]
        project: ProjectArguments,
        #[command(flatten)]
        selection: Selection,
    },
    /// Print a pipeline of GitLab.
    #[command(after_help = "Example:\n  orch ci gitlab > .gitlab-ci.yml")]
    Gitlab {
        #[command(flatten)]
        project: ProjectArguments,
        #[command(flatten)]
        selection: Selection,
    },
}
