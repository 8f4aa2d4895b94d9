//! The words of `orch toolchain`.

use clap::{Subcommand, ValueEnum};

/// `orch toolchain …`
#[derive(Debug, Subcommand)]
pub enum ToolchainCommand {
    /// List what is installed, or what a plugin can install.
    #[command(
        after_help = "Examples:\n  orch toolchain list\n  orch toolchain list --available go"
    )]
    List {
        /// List the releases that this plugin knows for this machine.
        #[arg(long, value_name = "PLUGIN")]
        available: Option<String>,
    },
    /// Install a release.
    #[command(
        after_help = "Examples:\n  orch toolchain install go@1.22\n  orch toolchain install go@1.21.13"
    )]
    Install {
        /// Plugin and requirement; the newest release without `@…`.
        #[arg(value_name = "PLUGIN[@VERSION]")]
        toolchain: String,
        /// Use what lies here already; ask no network.
        #[arg(long)]
        offline: bool,
    },
    /// Print the variables that put an installed toolchain on a shell's `PATH`.
    #[command(after_help = "\
Examples:
  eval \"$(orch toolchain env go@1.22)\"
  eval \"$(orch toolchain env go)\"        # in a project: the release that its lock pins
  orch toolchain env go@1.22 --shell fish | source
  orch toolchain env go@1.22 --shell direnv >> .envrc")]
    Env {
        /// Plugin and requirement, e.g. `go@1.22`; inside a project also a toolchain's name.
        #[arg(value_name = "PLUGIN[@VERSION]")]
        toolchain: String,
        /// Whose syntax.
        #[arg(long, value_enum, default_value_t = ShellSyntax::Sh)]
        shell: ShellSyntax,
    },
    /// Print where a tool of an installed toolchain lies.
    #[command(after_help = "\
Examples:
  orch toolchain which go@1.22
  orch toolchain which go --tool gofmt")]
    Which {
        /// Plugin and requirement, e.g. `go@1.22`; inside a project also a toolchain's name.
        #[arg(value_name = "PLUGIN[@VERSION]")]
        toolchain: String,
        /// Which of its tools; the one that has the plugin's name if it is left out.
        #[arg(long, value_name = "TOOL")]
        tool: Option<String>,
    },
    /// Remove an installed release that no project on this machine pins.
    #[command(after_help = "\
Examples:
  orch toolchain remove go@1.21.13
  orch toolchain remove go@1.21 --force")]
    Remove {
        /// What `orch toolchain list` shows, with a release or a requirement; or the folder
        /// that it lies in.
        #[arg(value_name = "TOOLCHAIN@VERSION")]
        toolchain: String,
        /// Also where the lock of a project pins it; it is fetched again when that needs it.
        #[arg(long)]
        force: bool,
    },
}

/// Whose syntax `orch toolchain env` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ShellSyntax {
    /// POSIX shells, bash and zsh.
    Sh,
    /// fish.
    Fish,
    /// An `.envrc` of direnv.
    Direnv,
    /// `NAME=value` lines, as `go env -w` and editors read them; no `PATH`.
    Goenv,
}
