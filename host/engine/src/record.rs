//! What a run leaves in a project's history, so that the next one can say what changed.
//! Where it is kept is not known here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use orch_model::{Digest, NodeId};

use crate::ledger::{Change, Ledger};
use crate::schedule::Run;
use crate::{Origin, Outcome};

/// What is remembered of each node that has ever run in a project.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// Version of the record's form.
    pub version: u32,
    /// By node.
    pub nodes: BTreeMap<NodeId, NodeRecord>,
}

/// What is remembered of a node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeRecord {
    /// The key of its last success or failure.
    pub key: Digest,
    /// Whether that was a success.
    pub succeeded: bool,
    /// What its result depended on.
    pub ledger: Ledger,
    /// What had changed when it last ran; empty when it had never run before.
    pub changes: Vec<Change>,
    /// Whether it had run before that.
    pub again: bool,
}

impl RunRecord {
    /// The version that this program writes and reads; another counts as no history.
    pub const VERSION: u32 = 1;

    /// Takes a run into the record. Says whether anything is new.
    pub fn take(&mut self, run: &Run) -> bool {
        self.version = Self::VERSION;
        let mut news = false;
        for node in &run.nodes {
            let Some(ledger) = &node.ledger else { continue };
            let succeeded = match &node.outcome {
                Outcome::Succeeded { .. } => true,
                Outcome::Failed { .. } => false,
                Outcome::Skipped { .. } | Outcome::Cancelled => continue,
            };
            let cached = matches!(
                &node.outcome,
                Outcome::Succeeded {
                    origin: Origin::Cached,
                    ..
                }
            );
            let key = ledger.key();
            let earlier = self.nodes.get(&node.id);
            if cached && earlier.is_some_and(|earlier| earlier.key == key && earlier.succeeded) {
                continue;
            }
            news = true;
            let record = NodeRecord {
                key,
                succeeded,
                changes: earlier
                    .map(|earlier| ledger.changes_since(&earlier.ledger))
                    .unwrap_or_default(),
                again: earlier.is_some(),
                ledger: ledger.clone(),
            };
            self.nodes.insert(node.id.clone(), record);
        }
        news
    }
}
