//! What a run leaves in a project's history: which nodes it executed, and by which key. What
//! a key stands for is kept beside the results. Where the history lies is not known here.

use serde::{Deserialize, Serialize};

use orch_model::{Digest, NodeId};

use crate::schedule::Run;
use crate::{Origin, Outcome};

/// A node that was executed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeRecord {
    /// Which.
    pub node: NodeId,
    /// The key of its ledger.
    pub key: Digest,
    /// Whether it succeeded.
    pub succeeded: bool,
}

impl NodeRecord {
    /// What a run executed, in the graph's order. Results that were at hand already are no
    /// news, and nodes without a key have no history.
    pub fn of_run(run: &Run) -> Vec<Self> {
        run.nodes
            .iter()
            .filter_map(|node| {
                let succeeded = match &node.outcome {
                    Outcome::Succeeded {
                        origin: Origin::Done,
                        ..
                    } => true,
                    Outcome::Failed { .. } => false,
                    _ => return None,
                };
                Some(Self {
                    node: node.id.clone(),
                    key: node.key?,
                    succeeded,
                })
            })
            .collect()
    }
}
