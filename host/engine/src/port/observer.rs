//! Who is told what happens, while it happens. A report turns these into text, JSON or
//! progress bars; the engine does not know which.

use std::time::Duration;

use orch_model::{Log, NodeId};

use crate::Outcome;

/// What a node is busy with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Bytes come from the network or a disk; verified while they stream.
    Download,
    /// An archive is unpacked.
    Unpack,
    /// A process runs.
    Execute,
    /// Samples are taken: they are counted in place of bytes.
    Measure,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Event<'a> {
    /// The graph is about to run.
    RunStarted {
        /// How many nodes it has.
        nodes: usize,
    },
    /// A plugin wrote a line.
    PluginLogged(&'a Log),
    /// A node began.
    NodeStarted {
        /// Which.
        node: &'a NodeId,
    },
    /// A node has come further; sent often.
    NodeProgressed {
        /// Which.
        node: &'a NodeId,
        /// With what.
        stage: Stage,
        /// Bytes done.
        done: u64,
        /// Bytes in all, where that is known.
        total: Option<u64>,
    },
    /// A machine that a deploy works on does something else now.
    HostProgressed {
        /// Whose deploy.
        node: &'a NodeId,
        /// The machine's name in its fleet.
        host: &'a str,
        /// What it does now, in words: `staging`.
        doing: &'a str,
    },
    /// A node is over.
    NodeFinished {
        /// Which.
        node: &'a NodeId,
        /// How.
        outcome: &'a Outcome,
        /// What it took.
        took: Duration,
    },
    /// The graph has run.
    RunFinished {
        /// What it took.
        took: Duration,
    },
}

/// Told of events, from several threads at once; must be cheap.
pub trait Observer: Send + Sync {
    /// One event.
    fn observe(&self, event: Event<'_>);
}
