//! `cargo run --release -p orch-bench`: the same graph for `orch` and for its peers, run in
//! turn on this machine, and what each took, as ratios.
//!
//! Nothing here is a test: it prints what it finds, with the goals beside it. The peers are
//! installed from the package registries into `target/bench/peers`.

mod graph;
mod measure;
mod peer;
mod peers;
mod plot;
mod scene;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use graph::Shape;
use measure::Sampling;
use scene::{Scene, Work};

/// Compares orch with its peers on the same graph of small tasks.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many tasks; several are run one after the other.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 10, 100, 1_000, 10_000])]
    tasks: Vec<usize>,
    /// How they need each other.
    #[arg(long, value_delimiter = ',', default_values_t = [Shape::Flat])]
    shapes: Vec<Shape>,
    /// What is measured.
    #[arg(long, value_delimiter = ',', default_values_t = [Work::Nothing])]
    work: Vec<Work>,
    /// Who takes part beside orch; one that cannot be installed is named and left out.
    #[arg(long, value_delimiter = ',', default_values_t = ["ninja".to_owned(), "make".to_owned()])]
    peers: Vec<String>,
    /// Runs of each kind; the median counts.
    #[arg(long, default_value_t = 7)]
    samples: usize,
    /// A peer that takes longer than this for one run is not asked for larger graphs.
    #[arg(long, default_value_t = 30.0, value_name = "SECONDS")]
    patience: f64,
    /// Where `plot.svg` and `table.md` are written.
    #[arg(long, default_value = "target/bench")]
    out: PathBuf,
    /// The program to measure.
    #[arg(long, default_value = "target/release/orch")]
    orch: PathBuf,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), String> {
    std::fs::create_dir_all(&arguments.out)
        .map_err(|error| format!("could not create `{}`: {error}", arguments.out.display()))?;
    let out = arguments
        .out
        .canonicalize()
        .map_err(|error| format!("could not find `{}`: {error}", arguments.out.display()))?;
    let tools = peers::tools(&arguments.orch, &arguments.peers, &out.join("peers"))?;
    let sampling = Sampling {
        samples: arguments.samples,
        patience: arguments.patience,
    };
    let mut report = String::new();
    for &shape in &arguments.shapes {
        for &work in &arguments.work {
            let scene = Scene { shape, work };
            let series = scene.play(&tools, &arguments.tasks, &sampling)?;
            let table = table::render(&scene, &series);
            println!("{table}");
            report.push_str(&table);
            report.push('\n');
            let file = out.join(format!("{shape}-{work}.svg"));
            plot::draw(&file, &scene, &series)?;
            println!("plot: {}\n", file.display());
        }
    }
    let file = out.join("table.md");
    std::fs::write(&file, report)
        .map_err(|error| format!("could not write `{}`: {error}", file.display()))
}
