//! One comparison: a shape, a kind of work, all tools, growing sizes.

use std::collections::BTreeMap;
use std::path::Path;

use clap::ValueEnum;

use crate::graph::{Graph, Shape};
use crate::measure::{self, Sample, Sampling};
use crate::peer::{Kind, Tool, input};

/// What a tool finds to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Work {
    /// All is up to date.
    Nothing,
    /// Nothing was ever done.
    Everything,
    /// One input has changed.
    OneLeaf,
    /// All is known, but the outputs were deleted.
    Outputs,
}

impl std::fmt::Display for Work {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Work::Nothing => "nothing",
            Work::Everything => "everything",
            Work::OneLeaf => "one-leaf",
            Work::Outputs => "outputs",
        })
    }
}

/// A shape and a kind of work.
#[derive(Clone, Copy, Debug)]
pub struct Scene {
    /// How tasks need each other.
    pub shape: Shape,
    /// What there is to do.
    pub work: Work,
}

/// By tool, in the order in which they take part: what it took for each size.
pub type Series = Vec<(String, BTreeMap<usize, Sample>)>;

impl Scene {
    /// Lets every tool play, in turn at each sample, so that a busy moment of the machine
    /// hits all of them.
    pub fn play(
        &self,
        tools: &[Tool],
        sizes: &[usize],
        sampling: &Sampling,
    ) -> Result<Series, String> {
        let mut series: Series = tools
            .iter()
            .map(|tool| (tool.name.clone(), BTreeMap::new()))
            .collect();
        let mut patient = vec![true; tools.len()];
        for &size in sizes {
            let graph = Graph::new(self.shape, size);
            let folders: Vec<_> = tools
                .iter()
                .zip(&patient)
                .map(|(tool, patient)| patient.then(|| set_up(tool, &graph)).transpose())
                .collect::<Result<_, _>>()?;
            let mut samples = vec![Vec::new(); tools.len()];
            for round in 0..sampling.samples.max(1) {
                for (position, tool) in tools.iter().enumerate() {
                    let Some(folder) = &folders[position] else {
                        continue;
                    };
                    if !patient[position] {
                        continue;
                    }
                    self.prepare(tool, &graph, folder.path(), round)?;
                    let sample = measure::once(tool, folder.path())?;
                    patient[position] &= sample.seconds <= sampling.patience;
                    samples[position].push(sample);
                }
            }
            for (position, samples) in samples.into_iter().enumerate() {
                if !samples.is_empty() {
                    series[position].1.insert(size, measure::median(samples));
                }
            }
        }
        Ok(series)
    }

    /// Brings a folder into the state in which the work is to be measured.
    fn prepare(
        &self,
        tool: &Tool,
        graph: &Graph,
        folder: &Path,
        round: usize,
    ) -> Result<(), String> {
        match self.work {
            Work::Everything => {
                remove(folder, tool.memory());
                remove_outputs(tool, graph, folder)?;
                return Ok(());
            }
            // What a first run leaves is settled by a second.
            Work::Nothing if round > 0 => return Ok(()),
            Work::Nothing | Work::OneLeaf | Work::Outputs => {}
        }
        if round == 0 {
            for _ in 0..2 {
                measure::once(tool, folder)?;
            }
        }
        match self.work {
            Work::OneLeaf => {
                let leaf = match tool.kind {
                    Kind::Turbo => "packages/t0/in.txt".to_owned(),
                    _ => input(0),
                };
                std::fs::write(folder.join(leaf), format!("changed {round}\n"))
                    .map_err(|error| format!("could not change an input: {error}"))
            }
            Work::Outputs => remove_outputs(tool, graph, folder),
            Work::Nothing | Work::Everything => Ok(()),
        }
    }
}

fn set_up(tool: &Tool, graph: &Graph) -> Result<tempfile::TempDir, String> {
    let folder = tempfile::Builder::new()
        .prefix("orch-bench-")
        .tempdir()
        .map_err(|error| format!("could not create a folder: {error}"))?;
    tool.write(graph, folder.path())?;
    Ok(folder)
}

fn remove(folder: &Path, names: &[&str]) {
    for name in names {
        let path = folder.join(name);
        // One of the two fits, if it is there at all.
        let _ = std::fs::remove_dir_all(&path);
        let _ = std::fs::remove_file(&path);
    }
}

fn remove_outputs(tool: &Tool, graph: &Graph, folder: &Path) -> Result<(), String> {
    if tool.kind == Kind::Turbo {
        for task in 0..graph.len() {
            remove(folder, &[&format!("packages/t{task}/out.txt")]);
        }
        return Ok(());
    }
    remove(folder, &["made"]);
    std::fs::create_dir_all(folder.join("made"))
        .map_err(|error| format!("could not create `made`: {error}"))
}
