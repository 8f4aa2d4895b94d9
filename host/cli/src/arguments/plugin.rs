//! The words of `orch plugin`.

use std::path::PathBuf;

use clap::Subcommand;

use super::ProjectArguments;

/// `orch plugin …`
#[derive(Debug, Subcommand)]
pub enum PluginCommand {
    /// Build a plugin's folder into a component.
    #[command(after_help = "Example:\n  orch plugin build plugins/mine")]
    Build {
        /// The folder that has `orch-plugin.toml` and `Cargo.toml`.
        #[arg(default_value = ".")]
        folder: PathBuf,
    },
    /// Say what a plugin is: roles, digest, imports, what it asks for.
    #[command(
        after_help = "Examples:\n  orch plugin inspect pi\n  orch plugin inspect plugins/mine/mine.wasm"
    )]
    Inspect {
        /// A loaded plugin's name, or a component's file.
        plugin: String,
        #[command(flatten)]
        project: ProjectArguments,
    },
    /// List the loaded plugins.
    #[command(after_help = "Example:\n  orch plugin list")]
    List(ProjectArguments),
    /// Allow a plugin of the pipeline's what it asks for. Kept outside the repository.
    #[command(after_help = "\
Examples:
  orch plugin grant mine variable:CI
  orch plugin grant mine --all")]
    Grant {
        /// The plugin's name.
        plugin: String,
        /// What to allow, as `kind:value`.
        #[arg(required_unless_present = "all")]
        asks: Vec<String>,
        /// Allow all that it asks for.
        #[arg(long, conflicts_with = "asks")]
        all: bool,
        /// The pipeline that names the plugin.
        #[arg(long, default_value = "pipeline.toml")]
        pipeline: PathBuf,
    },
}
