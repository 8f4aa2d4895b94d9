//! `cargo run --release -p orch-bench`: the same graph for `orch` and for its peers, run in
//! turn on this machine, and what each took, as ratios.
//!
//! Nothing here judges a change: it prints what it finds, with the goals beside it. The peers
//! are installed from the package registries into `target/bench-peers`.

mod contest;
mod deploy;
mod figures;
mod file;
mod goals;
mod graph;
mod install;
mod launch;
mod layout;
mod measure;
mod peer;
mod place;
mod plot;
mod probes;
mod single;
mod state;
mod svg;
mod table;
mod tool;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, ValueEnum};

use contest::Contest;
use deploy::Deploys;
use figures::Results;
use graph::Shape;
use peer::PEERS;
use probes::Probes;
use single::Single;
use state::State;
use tool::Tool;

/// Compares orch with its peers on the same graphs of small tasks.
///
/// Tables and plots are written to the folder `--out`; progress goes to standard error.
#[derive(Debug, Parser)]
#[command(name = "orch-bench")]
struct Arguments {
    /// What is measured.
    #[arg(long, value_delimiter = ',', default_values = ["graphs", "restore", "go"])]
    parts: Vec<Part>,
    /// How many tasks a graph has; one after the other, growing.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 10, 100, 1_000, 10_000, 100_000])]
    sizes: Vec<usize>,
    /// How the tasks need each other.
    #[arg(long, value_delimiter = ',', default_values_t = [Shape::Flat, Shape::Chain, Shape::Layered, Shape::FanIn])]
    shapes: Vec<Shape>,
    /// How many machines are deployed to; one fleet after the other, growing.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 5, 20])]
    machines: Vec<usize>,
    /// What there is to do.
    #[arg(long, value_delimiter = ',', default_values = ["cold", "up-to-date", "leaf-changed", "outputs-deleted"])]
    states: Vec<State>,
    /// Who takes part beside orch.
    #[arg(long, value_delimiter = ',', default_values_t = PEERS[1..].iter().map(|peer| peer.name.to_owned()))]
    peers: Vec<String>,
    /// Runs of each kind; the median counts.
    #[arg(long, default_value_t = 7)]
    runs: usize,
    /// Seconds after which a tool does not run once more for the same figure.
    #[arg(long, default_value_t = 20.0, value_name = "SECONDS")]
    patience: f64,
    /// Seconds that one run may take; a tool that takes longer is left out of that size.
    #[arg(long, default_value_t = 300.0, value_name = "SECONDS")]
    limit: f64,
    /// Runs everything once at sizes of 1 to 10, to see that it works.
    #[arg(long)]
    quick: bool,
    /// Where tables and plots are written.
    #[arg(long, default_value = "target/bench", value_name = "FOLDER")]
    out: PathBuf,
    /// Where peers are installed.
    #[arg(long, default_value = "target/bench-peers", value_name = "FOLDER")]
    peers_folder: PathBuf,
    /// Writes the plots to this folder too, as `performance-*.svg`.
    #[arg(long, value_name = "FOLDER", num_args = 0..=1, default_missing_value = "docs")]
    docs: Option<PathBuf>,
    /// The program to measure.
    #[arg(long, default_value = "target/release/orch", value_name = "FILE")]
    orch: PathBuf,
}

/// What can be measured by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Graphs, against all peers.
    Graphs,
    /// Restoring 10,000 outputs of one task, against `cp -al`.
    Restore,
    /// Building a Go program, against `go build` alone.
    Go,
    /// Deploying to machines that really boot, against Ansible; needs root.
    Deploy,
    /// What the probes `startup` and `http-load` say, beside hyperfine and wrk.
    Probes,
}

fn main() -> ExitCode {
    let mut words = std::env::args_os().skip(1);
    if words.next().is_some_and(|word| word == launch::COMMAND) {
        launch::main(words);
        return ExitCode::SUCCESS;
    }
    match run(Arguments::parse().completed()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::FAILURE
        }
    }
}

impl Arguments {
    /// What follows from others is filled in; lists are put in order.
    fn completed(mut self) -> Self {
        if self.quick {
            self.sizes = vec![1, 5, 10];
            self.machines = vec![1];
            self.runs = 1;
        }
        self.sizes.sort_unstable();
        self.sizes.dedup();
        self.states.sort_unstable();
        self.states.dedup();
        self
    }
}

fn run(arguments: Arguments) -> Result<(), String> {
    let orch = arguments.orch.canonicalize().map_err(|error| {
        format!(
            "there is no `{}` ({error}); build it: `cargo build --release`",
            arguments.orch.display()
        )
    })?;
    file::create_folder(&arguments.out)?;
    file::create_folder(&arguments.peers_folder)?;
    let peers = arguments.peers_folder.canonicalize();
    let peers = peers.map_err(|error| format!("the peers' folder cannot be found: {error}"))?;
    let mut report = String::new();
    let mut say = |text: String| {
        println!("{text}");
        report.push_str(&text);
        report.push('\n');
    };
    let single = Single {
        orch: &orch,
        peers: &peers,
        runs: arguments.runs,
        limit: arguments.limit,
    };
    for part in &arguments.parts {
        match part {
            Part::Graphs => compare(&arguments, &orch, &peers, &mut say)?,
            Part::Restore => {
                eprintln!("bench: restoring outputs");
                say(single.restore(if arguments.quick { 200 } else { 10_000 })?);
            }
            Part::Go => {
                eprintln!("bench: building a Go program");
                say(single.go_build()?);
            }
            Part::Deploy => {
                let deploys = Deploys {
                    orch: &orch,
                    peers: &peers,
                    machines: &arguments.machines,
                    runs: arguments.runs,
                    patience: arguments.patience,
                    limit: arguments.limit,
                };
                say(deploys.play()?);
            }
            Part::Probes => {
                let probes = Probes {
                    orch: &orch,
                    runs: arguments.runs,
                    limit: arguments.limit,
                };
                say(probes.compare()?);
            }
        }
    }
    file::write(&arguments.out.join("report.md"), &report)
}

/// All shapes, one after the other; what is known is written after each.
fn compare(
    arguments: &Arguments,
    orch: &Path,
    peers: &Path,
    say: &mut impl FnMut(String),
) -> Result<(), String> {
    let tools = tools(arguments, orch, peers)?;
    let contest = Contest {
        tools: &tools,
        sizes: &arguments.sizes,
        states: &arguments.states,
        runs: arguments.runs,
        patience: arguments.patience,
        limit: arguments.limit,
    };
    let mut all: Vec<Results> = Vec::new();
    for &shape in &arguments.shapes {
        let results = contest.play(shape);
        let text = table::render(&results, &arguments.states) + &goals::judge(&results);
        file::write(
            &arguments.out.join(format!("performance-{shape}.md")),
            &text,
        )?;
        say(text);
        picture(arguments, &plot::file_name(shape), &plot::times(&results))?;
        all.push(results);
    }
    let memory = plot::memory(&all, State::UpToDate);
    picture(arguments, "performance-memory.svg", &memory)
}

fn picture(arguments: &Arguments, name: &str, drawing: &str) -> Result<(), String> {
    for folder in std::iter::once(&arguments.out).chain(&arguments.docs) {
        file::write(&folder.join(name), drawing)?;
    }
    Ok(())
}

/// Installs who takes part, orch first; who cannot be installed is named and left out.
fn tools(arguments: &Arguments, orch: &Path, folder: &Path) -> Result<Vec<Tool>, String> {
    let known: Vec<_> = PEERS[1..].iter().map(|peer| peer.name).collect();
    if let Some(name) = arguments
        .peers
        .iter()
        .find(|name| !known.contains(&name.as_str()))
    {
        let known = known.join(", ");
        return Err(format!("there is no peer `{name}`; there are {known}"));
    }
    let wanted = |name: &str| arguments.peers.iter().any(|peer| peer == name);
    let mut tools = vec![install::install(PEERS[0], orch, folder)?];
    for peer in PEERS[1..].iter().filter(|peer| wanted(peer.name)) {
        eprintln!("bench: installing {}", peer.name);
        match install::install(peer, orch, folder) {
            Ok(tool) => tools.push(tool),
            Err(why) => eprintln!("bench: {} takes no part: {why}", peer.name),
        }
    }
    Ok(tools)
}
