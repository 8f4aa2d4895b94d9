//! The states in which a tool finds a graph.

use clap::ValueEnum;

use crate::graph::Graph;
use crate::tool::{Site, Tool};

/// What a tool finds to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum State {
    /// Nothing was ever done.
    Cold,
    /// All is up to date.
    UpToDate,
    /// One input has changed, of a task that no other needs.
    LeafChanged,
    /// All is known, but the outputs were deleted.
    OutputsDeleted,
}

impl State {
    /// All, in the order in which one folder goes through them.
    pub const ALL: [State; 4] = [
        State::Cold,
        State::UpToDate,
        State::LeafChanged,
        State::OutputsDeleted,
    ];

    /// For headings.
    pub fn title(self) -> &'static str {
        match self {
            State::Cold => "Everything to do",
            State::UpToDate => "Nothing to do",
            State::LeafChanged => "One leaf changed",
            State::OutputsDeleted => "Outputs deleted",
        }
    }

    /// Brings a folder, in which all was done before, into this state.
    pub fn prepare(
        self,
        tool: &Tool,
        graph: &Graph,
        site: &Site,
        round: usize,
    ) -> Result<(), String> {
        let layout = tool.peer.layout;
        match self {
            State::UpToDate => Ok(()),
            State::Cold => {
                tool.forget(site)?;
                layout.remove_outputs(graph.len(), &site.graph)
            }
            State::LeafChanged => match graph.leaf() {
                Some(leaf) => layout.change_input(leaf, &format!("changed {round}\n"), &site.graph),
                None => Ok(()),
            },
            State::OutputsDeleted => layout.remove_outputs(graph.len(), &site.graph),
        }
    }
}
