//! Runs the example's pipeline with the `orch` of this tree.
//!
//! Does not know what the pipeline does.

use std::path::Path;

use crate::Stop;
use crate::setup::{self, Purpose};
use crate::stage::{Line, Stages};

/// Sets up, builds `orch`, runs the example.
pub fn run(root: &Path) -> Result<(), Stop> {
    setup::run(Purpose::Example)?;
    let mut stages = Stages::new(root);
    stages.run("build", &Line::new("cargo build --locked"))?;
    stages.run(
        "example",
        &Line::new("cargo run --quiet --locked -- run examples/sensor-agent/pipeline.toml"),
    )
}
