//! The command line as types. Knows words and flags; does nothing.

mod bench;
mod cache;
mod ci;
mod deploy;
mod plugin;
mod running;
mod target;
mod toolchain;

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

pub use bench::{BenchCommand, HistoryArguments, HistoryFormat};
pub use cache::CacheCommand;
pub use ci::CiCommand;
pub use deploy::{FleetCommand, LogArguments};
pub use plugin::PluginCommand;
pub use running::{ProjectArguments, Running, SandboxMode, Selection};
pub use target::TargetCommand;
pub use toolchain::{ShellSyntax, ToolchainCommand};

/// Takes a service from its sources to measured, healthy copies on every machine it is meant for.
#[derive(Debug, Parser)]
#[command(
    name = "orch",
    version,
    propagate_version = true,
    disable_help_subcommand = true,
    after_help = "\
Exit codes:
  0 done · 1 an action failed · 2 usage or pipeline wrong · 3 plugin refused, denied or failed
  4 could not fetch or verify · 5 our own fault · 10 a gate failed · 11 a gate could not be decided
  12 a release was rolled back · 130 interrupted

Environment:
  ORCH_CACHE_DIR   what can be made again [default: $XDG_CACHE_HOME/orch]
  ORCH_CONFIG_DIR  what you allowed plugins [default: $XDG_CONFIG_HOME/orch]
  ORCH_MIRRORS     `https://from/=https://to/`, comma separated
  ORCH_ALLOW_HTTP  hosts that may be reached without TLS, comma separated
  NO_COLOR         no colours"
)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,

    /// How to say it: text for people, one JSON event a line for programs.
    #[arg(long, global = true, value_enum, default_value_t = OutputFormat::Text)]
    pub output: OutputFormat,

    /// Whether to use colours.
    #[arg(long, global = true, value_enum, default_value_t = ColorChoice::Auto)]
    pub color: ColorChoice,
}

/// How results are said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// For people.
    Text,
    /// One JSON event a line.
    Json,
}

/// Whether to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Also in a pipe.
    Always,
    /// Not at all.
    Never,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start a pipeline file in a folder.
    #[command(after_help = "Example:\n  orch init my-service")]
    Init {
        /// The folder; made if it is not there.
        #[arg(default_value = ".")]
        folder: PathBuf,
    },

    /// Say everything that is wrong with a pipeline, without running it.
    #[command(after_help = "\
Examples:
  orch check pipeline.toml
  orch check --reproducible build.agent@pi5")]
    Check {
        #[command(flatten)]
        project: ProjectArguments,
        /// Make this build twice, in surroundings that differ, and compare what it leaves.
        #[arg(long, value_name = "BUILD")]
        reproducible: Option<String>,
    },

    /// Show what a run would do: toolchains, targets, flags with their reasons, actions.
    #[command(after_help = "\
Examples:
  orch plan --target pi5
  orch plan --tuning")]
    Plan {
        #[command(flatten)]
        project: ProjectArguments,
        #[command(flatten)]
        selection: Selection,
        /// Show only what tuning set: by whom, why, where that can be checked, and what overrode it.
        #[arg(long)]
        tuning: bool,
    },

    /// Do everything that is not done yet.
    #[command(after_help = "\
Examples:
  orch run
  orch run services/agent/pipeline.toml --only build.agent@pi5
  orch run --dry-run")]
    Run {
        #[command(flatten)]
        project: ProjectArguments,
        #[command(flatten)]
        selection: Selection,
        #[command(flatten)]
        running: Running,
    },

    /// Measure: every bench, or those that are named, also if it was measured before.
    #[command(
        after_help = "\
Examples:
  orch bench
  orch bench --only bench.startup@static
  orch bench compare 4f2a91c HEAD
  orch bench compare pi5 graviton3
  orch bench calibrate
  orch bench calibrate --on fleet.lab/pi-1",
        args_conflicts_with_subcommands = true,
        subcommand_negates_reqs = true
    )]
    Bench {
        #[command(subcommand)]
        command: Option<BenchCommand>,
        #[command(flatten)]
        project: ProjectArguments,
        #[command(flatten)]
        selection: Selection,
        #[command(flatten)]
        running: Running,
    },

    /// What was measured before: a line for each metric, or everything for other programs.
    #[command(after_help = "\
Examples:
  orch history
  orch history --only bench.startup --metric wall
  orch history --format benchstat > figures.txt")]
    History {
        #[command(flatten)]
        arguments: HistoryArguments,
    },

    /// Bring what builds leave onto machines and into registries: every deploy, or those named.
    #[command(after_help = "\
Examples:
  orch deploy
  orch deploy --only edge
  orch deploy --only edge --dry-run")]
    Deploy {
        #[command(flatten)]
        project: ProjectArguments,
        /// Only these deploys, e.g. `edge`, and what they need.
        #[arg(long = "only", value_name = "DEPLOY", num_args = 1..)]
        names: Vec<String>,
        #[command(flatten)]
        running: Running,
        /// Go on although somebody else holds a machine's lock.
        #[arg(long)]
        break_lock: bool,
    },

    /// Let a deploy go on that waits for a person.
    #[command(after_help = "Example:\n  orch promote edge")]
    Promote {
        /// The deploy.
        name: String,
        #[command(flatten)]
        project: ProjectArguments,
        #[command(flatten)]
        running: Running,
    },

    /// Bring the machines of a deploy back to the release that held before.
    #[command(after_help = "\
Examples:
  orch rollback edge
  orch rollback edge --to 0a1b2c3d4e5f")]
    Rollback {
        /// The deploy.
        name: String,
        /// The release, as `orch status --output json` and `orch audit` show them.
        #[arg(long, value_name = "RELEASE")]
        to: Option<String>,
        /// Go on although somebody else holds a machine's lock.
        #[arg(long)]
        break_lock: bool,
        #[command(flatten)]
        project: ProjectArguments,
    },

    /// Say how the machines of deploys stand now.
    #[command(after_help = "Examples:\n  orch status\n  orch status --only edge")]
    Status {
        #[command(flatten)]
        project: ProjectArguments,
        /// Only these deploys.
        #[arg(long, value_name = "DEPLOY", num_args = 1..)]
        only: Vec<String>,
    },

    /// Show what the services of deploys say on their machines.
    #[command(after_help = "\
Examples:
  orch logs
  orch logs edge --follow
  orch logs edge --host pi-1 pi-2 --lines 200")]
    Logs {
        #[command(flatten)]
        order: LogArguments,
        #[command(flatten)]
        project: ProjectArguments,
    },

    /// Say who deployed what, when and where.
    #[command(after_help = "Examples:\n  orch audit\n  orch audit --verify")]
    Audit {
        /// The pipeline file, or its folder.
        #[arg(default_value = "pipeline.toml")]
        pipeline: PathBuf,
        /// Find the first entry that somebody has touched.
        #[arg(long)]
        verify: bool,
    },

    /// Machines that are deployed to.
    #[command(subcommand)]
    Fleet(FleetCommand),

    /// Run, and again whenever an input, the pipeline, its lock or a plugin of its own changes.
    #[command(after_help = "\
Examples:
  orch watch
  orch watch --only task.test
  orch watch --deploy dev
  orch watch --keep-going --output json")]
    Watch {
        #[command(flatten)]
        project: ProjectArguments,
        #[command(flatten)]
        selection: Selection,
        #[command(flatten)]
        running: Running,
        /// Deploy too, and show the services' logs while waiting: these deploys and what they
        /// need, or every deploy.
        #[arg(long, value_name = "DEPLOY", num_args = 0..)]
        deploy: Option<Vec<String>>,
    },

    /// Say what a node is, who proposed it and why, and why it ran.
    #[command(after_help = "\
Examples:
  orch explain build.agent@pi5
  orch explain task.test --against 12")]
    Explain {
        /// The node, e.g. `build.agent@pi5`, `task.test` or `build.agent@pi5/compile`.
        node: String,
        /// Compare with this run, by the number that `orch explain` gives, instead of the last.
        #[arg(long, value_name = "RUN")]
        against: Option<u64>,
        #[command(flatten)]
        project: ProjectArguments,
    },

    /// Draw what needs what.
    #[command(after_help = "\
Examples:
  orch graph > graph.svg
  orch graph --format dot --target pi5 | dot -Tpdf > graph.pdf")]
    Graph {
        #[command(flatten)]
        project: ProjectArguments,
        #[command(flatten)]
        selection: Selection,
        /// What to print.
        #[arg(long, value_enum, default_value_t = GraphFormat::Svg)]
        format: GraphFormat,
    },

    /// List the nodes that a question means: `deps(…)`, `rdeps(…)`, `affected-by(FILE …)`.
    #[command(after_help = "\
Examples:
  orch query 'deps(build.agent@pi5)'
  orch query 'rdeps(task.test)'
  orch query 'affected-by(go.mod cmd/agent/main.go)'")]
    Query {
        /// The question; a node's name means itself.
        question: String,
        #[command(flatten)]
        project: ProjectArguments,
    },

    /// Pin every toolchain and plugin in `orch.lock`.
    #[command(after_help = "Examples:\n  orch lock\n  orch lock --update")]
    Lock {
        #[command(flatten)]
        project: ProjectArguments,
        /// Look for newer releases of what is pinned already.
        #[arg(long, conflicts_with_all = ["locked", "offline"])]
        update: bool,
    },

    /// Download and unpack every toolchain of a pipeline.
    #[command(after_help = "Example:\n  orch fetch && orch run --offline")]
    Fetch {
        #[command(flatten)]
        project: ProjectArguments,
    },

    /// Print the JSON Schema of the pipeline file, with the loaded plugins' settings.
    #[command(after_help = "Example:\n  orch schema > pipeline.schema.json")]
    Schema(ProjectArguments),

    /// Say what is missing on this machine, and the command that installs it.
    #[command(after_help = "Example:\n  orch doctor")]
    Doctor,

    /// Compilers and SDKs, many versions side by side.
    #[command(subcommand)]
    Toolchain(ToolchainCommand),

    /// Machines to build for, and whether a program would run on one.
    #[command(subcommand)]
    Target(TargetCommand),

    /// Sandboxed components that `orch` is extended by.
    #[command(subcommand)]
    Plugin(PluginCommand),

    /// What can be made again: count it, check it, remove what is old.
    #[command(subcommand)]
    Cache(CacheCommand),

    /// A build service's own file, with a job for each build, target and toolchain.
    #[command(subcommand)]
    Ci(CiCommand),

    /// Print a completion script for a shell.
    #[command(
        after_help = "Example:\n  orch completions bash > ~/.local/share/bash-completion/completions/orch"
    )]
    Completions {
        /// The shell.
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },

    /// Kills what a dead `orch` left running. Started by `orch` itself.
    #[command(hide = true)]
    InternalReaper,

    /// What is timed to calibrate. Started by `orch` itself.
    #[command(hide = true)]
    InternalCalibration,

    /// The processes of a sandbox. Started by `orch` itself.
    #[command(hide = true)]
    InternalSandbox {
        /// `init` for the first process inside.
        #[arg(value_parser = ["init"])]
        part: Option<String>,
    },
}

/// What `orch graph` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    /// A picture.
    Svg,
    /// The language of Graphviz.
    Dot,
    /// Nodes and what each needs.
    Json,
}
