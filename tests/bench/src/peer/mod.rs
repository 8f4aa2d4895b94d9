//! The tools that take part, orch among them: how each is told of a graph, and how it is
//! started. Each has the kindest configuration that was found for it: no sandbox unless its
//! name says so, no daemon, no telemetry, no cloud, no look for updates.

mod just;
mod make;
mod moon;
mod ninja;
mod nx;
mod orch;
#[cfg(test)]
mod structure;
mod turbo;

use std::path::Path;

use crate::graph::Graph;
use crate::install::Source;
use crate::layout::Layout;

/// A tool.
#[derive(Debug)]
pub struct Peer {
    /// What it is called in arguments and tables.
    pub name: &'static str,
    /// Where it comes from.
    pub source: Source,
    /// How the graph's files lie for it.
    pub layout: Layout,
    /// Describes a graph in its own form, in a folder that holds the inputs.
    pub describe: fn(&Graph, &Path) -> Result<(), String>,
    /// The arguments of a run of the whole graph.
    pub arguments: &'static [&'static str],
    /// The argument that bounds what runs at once, short of the number of processors; none
    /// where it finds that number itself.
    pub parallel: Option<&'static str>,
    /// Variables that it is given beside `PATH` and `HOME`.
    pub variables: &'static [(&'static str, &'static str)],
    /// What it remembers, below the graph's folder.
    pub memory: &'static [&'static str],
    /// Whether it wants a git repository.
    pub repository: bool,
    /// What a reader of its figures must know.
    pub remark: Option<&'static str>,
}

/// Everybody, in the order of tables.
pub static PEERS: [&Peer; 8] = [
    &orch::ORCH,
    &ninja::NINJA,
    &ninja::NINJA_IN_BUBBLEWRAP,
    &make::MAKE,
    &just::JUST,
    &turbo::TURBO,
    &nx::NX,
    &moon::MOON,
];

/// Names that each follow a space, as lists of needs are written in most of these files.
fn listed(names: impl Iterator<Item = String>) -> String {
    names.map(|name| format!(" {name}")).collect()
}
