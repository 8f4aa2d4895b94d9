//! Carries out one node: looks whether it was done before, does it if not, keeps what
//! came of it. Knows nothing of order; the schedule calls it when all needs are met.

mod deploy;
mod measure;

use std::sync::{PoisonError, RwLock};
use std::time::Instant;

use orch_model::{Action, Digest, Fault, FaultKind, NodeId, Sample};

use crate::gather::{self, Left, LeftBy, Reads};
use crate::graph::{ActionGraph, Node, NodeKind, places_of};
use crate::port::{ActionResult, Event, Execution, Job, Observer, Progress, Stage};
use crate::world::World;
use crate::{Cancel, Origin, Outcome};

/// A node that is over.
#[derive(Clone, Debug)]
pub(crate) struct Finished {
    pub outcome: Outcome,
    pub left: Left,
    pub key: Option<Digest>,
    pub took: std::time::Duration,
}

pub(crate) struct Performer<'a> {
    pub graph: &'a ActionGraph,
    pub world: World<'a>,
    pub observer: &'a dyn Observer,
    pub cancel: &'a Cancel,
    /// Held alone by what measures, and shared by all else, so that nothing disturbs a
    /// measurement.
    pub quiet: RwLock<()>,
}

/// A success with what later nodes read of it.
struct Done {
    result: ActionResult,
    origin: Origin,
    left: Left,
    key: Option<Digest>,
}

/// Why a node did not succeed.
enum Undone {
    Failed(Box<NodeFailure>),
    /// Somebody has to say that it may go on.
    Waits {
        reason: String,
        findings: serde_json::Value,
    },
    Cancelled,
    Fault(Fault),
}

/// A failure of the node's own.
struct NodeFailure {
    reason: String,
    hint: Option<String>,
    sample: Option<Sample>,
    /// None where what was done depends on more than a key holds.
    key: Option<Digest>,
    fault: Option<FaultKind>,
    findings: serde_json::Value,
}

impl NodeFailure {
    fn new(key: impl Into<Option<Digest>>, reason: String) -> Self {
        Self {
            reason,
            hint: None,
            sample: None,
            key: key.into(),
            fault: None,
            findings: serde_json::Value::Null,
        }
    }
}

impl From<Fault> for Undone {
    fn from(fault: Fault) -> Self {
        Undone::Fault(fault)
    }
}

impl Performer<'_> {
    pub fn perform(&self, position: usize, left: LeftBy<'_>) -> Finished {
        let node = &self.graph.nodes()[position];
        let (_alone, _shared) = match &node.kind {
            NodeKind::Measure { .. } => {
                let alone = self.quiet.write();
                (Some(alone.unwrap_or_else(PoisonError::into_inner)), None)
            }
            _ => {
                let shared = self.quiet.read();
                (None, Some(shared.unwrap_or_else(PoisonError::into_inner)))
            }
        };
        let began = Instant::now();
        self.observer.observe(Event::NodeStarted { node: &node.id });
        let done = match &node.kind {
            NodeKind::Fetch { .. } => self.fetch(node),
            NodeKind::Adopt { .. } => self.adopt(node, left),
            NodeKind::Command { .. } => self.command(node, left),
            NodeKind::Judge { .. } => self.judge(node, left),
            NodeKind::Measure { .. } => self.measure(node, left),
            NodeKind::Deploy { .. } => self.deploy(node, left),
            NodeKind::Publish { .. } => self.publish(node, left),
        };
        let took = began.elapsed();
        let finished = match done {
            Ok(done) => Finished {
                outcome: Outcome::Succeeded {
                    result: done.result,
                    origin: done.origin,
                },
                left: done.left,
                key: done.key,
                took,
            },
            Err(undone) => {
                let (outcome, key) = undone.outcome();
                Finished {
                    outcome,
                    left: Left::default(),
                    key,
                    took,
                }
            }
        };
        self.observer.observe(Event::NodeFinished {
            node: &node.id,
            outcome: &finished.outcome,
            took,
        });
        finished
    }

    fn fetch(&self, node: &Node) -> Result<Done, Undone> {
        let NodeKind::Fetch { toolchain, .. } = &node.kind else {
            unreachable!("called for nodes that fetch");
        };
        let (tree, origin) = match self.world.toolchains.installed(toolchain)? {
            Some(tree) => (tree, Origin::Cached),
            None => {
                let progress = NodeProgress {
                    node: &node.id,
                    observer: self.observer,
                };
                let tree = self
                    .world
                    .toolchains
                    .install(toolchain, &progress, self.cancel)?;
                (tree, Origin::Done)
            }
        };
        let mut result = ActionResult::default();
        if tree.left_out_bytes > 0 {
            let megabytes = |bytes: u64| bytes as f64 / 1e6;
            result.notes.push(format!(
                "{:.1} MB in place of {:.1} MB",
                megabytes(tree.bytes),
                megabytes(tree.bytes.saturating_add(tree.left_out_bytes))
            ));
        }
        Ok(Done {
            result,
            origin,
            left: Left {
                tree: Some(tree),
                ..Left::default()
            },
            key: None,
        })
    }

    fn adopt(&self, node: &Node, left: LeftBy<'_>) -> Result<Done, Undone> {
        let NodeKind::Adopt {
            toolchain,
            step,
            root,
            ..
        } = &node.kind
        else {
            unreachable!("called for nodes that adopt");
        };
        let files = gather::adopted(self.graph, node, step, root, left);
        let toolchains = self.world.toolchains;
        let (tree, origin) = match toolchains.adopted(&files)? {
            Some(tree) => (tree, Origin::Cached),
            None => {
                let tree = toolchains.adopt(toolchain, &files, self.cancel)?;
                (tree, Origin::Done)
            }
        };
        Ok(Done {
            result: ActionResult::default(),
            origin,
            left: Left {
                tree: Some(tree),
                ..Left::default()
            },
            key: None,
        })
    }

    fn command(&self, node: &Node, left: LeftBy<'_>) -> Result<Done, Undone> {
        let NodeKind::Command { action, publish } = &node.kind else {
            unreachable!("called for nodes that run a process");
        };
        let reads = gather::reads(self.graph, node, action, left, &self.world)?;
        let key = reads.ledger.key();
        let (result, mut origin) = match action.cacheable {
            true => self.once(node, action, &reads, &key)?,
            false => {
                let result = self.execute(node, action, &reads, &key)?;
                self.world.cache.remember(&key, &reads.ledger)?;
                (result, Origin::Done)
            }
        };
        if *publish {
            let changed = self.world.publisher.publish(
                &gather::task_publications(&result.outputs),
                &places_of(action),
            )?;
            if changed > 0 && origin == Origin::Cached {
                origin = Origin::Restored;
            }
        }
        Ok(Done {
            left: Left {
                outputs: result.outputs.clone(),
                ..Left::default()
            },
            result,
            origin,
            key: Some(key),
        })
    }

    /// The result that is at hand, or one that is made now: by one of all that want it, in
    /// this process or in others.
    fn once(
        &self,
        node: &Node,
        action: &Action,
        reads: &Reads,
        key: &Digest,
    ) -> Result<(ActionResult, Origin), Undone> {
        if let Some(result) = self.world.cache.lookup(key)? {
            return Ok((result, Origin::Cached));
        }
        let claim = self
            .world
            .cache
            .claim(key, self.cancel)?
            .ok_or(Undone::Cancelled)?;
        if claim.waited
            && let Some(result) = self.world.cache.lookup(key)?
        {
            return Ok((result, Origin::Cached));
        }
        let result = self.execute(node, action, reads, key)?;
        self.world.cache.record(key, &result, &reads.ledger)?;
        Ok((result, Origin::Done))
    }

    fn execute(
        &self,
        node: &Node,
        action: &Action,
        reads: &Reads,
        key: &Digest,
    ) -> Result<ActionResult, Undone> {
        let job = Job {
            node: &node.id,
            action,
            inputs: &reads.inputs,
            artifacts: &reads.artifacts,
            tools: &reads.tools,
        };
        match self.world.executor.execute(job, self.cancel)? {
            Execution::Succeeded(result) => Ok(result),
            Execution::Cancelled => Err(Undone::Cancelled),
            Execution::Failed(failure) => {
                self.world.cache.remember(key, &reads.ledger)?;
                Err(Undone::Failed(Box::new(NodeFailure {
                    hint: failure.hint,
                    sample: Some(failure.sample),
                    ..NodeFailure::new(*key, failure.reason)
                })))
            }
        }
    }

    fn judge(&self, node: &Node, left: LeftBy<'_>) -> Result<Done, Undone> {
        let NodeKind::Judge { artifacts, target } = &node.kind else {
            unreachable!("called for nodes that judge");
        };
        let (files, ledger) = gather::judged(self.graph, node, artifacts, target, left)?;
        let key = ledger.key();
        if let Some(result) = self.world.cache.lookup(&key)? {
            return Ok(Done {
                result,
                origin: Origin::Cached,
                left: Left::default(),
                key: Some(key),
            });
        }
        let began = Instant::now();
        let mut findings = serde_json::Map::new();
        let mut problems = Vec::new();
        for (artifact, file) in &files {
            let mut judgement = self.world.judge.judge(file, artifact.executable, target)?;
            let found = std::mem::take(&mut judgement.problems);
            problems.extend(
                found
                    .into_iter()
                    .map(|problem| format!("`{}` {problem}", artifact.name)),
            );
            let finding = serde_json::to_value(judgement).expect("it has a JSON form");
            findings.insert(artifact.name.to_string(), finding);
        }
        if !problems.is_empty() {
            self.world.cache.remember(&key, &ledger)?;
            let failure = NodeFailure::new(key, problems.join("; "));
            return Err(Undone::Failed(Box::new(failure)));
        }
        let result = ActionResult {
            wall_ms: began.elapsed().as_millis() as u64,
            findings: findings.into(),
            ..ActionResult::default()
        };
        self.world.cache.record(&key, &result, &ledger)?;
        Ok(Done {
            result,
            origin: Origin::Done,
            left: Left::default(),
            key: Some(key),
        })
    }

    fn publish(&self, node: &Node, left: LeftBy<'_>) -> Result<Done, Undone> {
        let NodeKind::Publish { artifacts, place } = &node.kind else {
            unreachable!("called for nodes that publish");
        };
        let publisher = self.world.publisher;
        let publications = gather::publications(self.graph, node, artifacts, left, publisher)?;
        let places = std::slice::from_ref(place);
        let written = publisher.publish(&publications, places)?;
        let files = publications.iter();
        let outputs = files.map(|publication| publication.file.clone()).collect();
        Ok(Done {
            result: ActionResult {
                outputs,
                ..ActionResult::default()
            },
            origin: if written == 0 {
                Origin::Cached
            } else {
                Origin::Done
            },
            left: Left {
                outputs: gather::shipped(publications, place),
                ..Left::default()
            },
            key: None,
        })
    }
}

impl Undone {
    fn outcome(self) -> (Outcome, Option<Digest>) {
        match self {
            Undone::Failed(failure) => (
                Outcome::Failed {
                    reason: failure.reason,
                    hint: failure.hint,
                    sample: failure.sample,
                    fault: failure.fault,
                    findings: failure.findings,
                },
                failure.key,
            ),
            Undone::Waits { reason, findings } => (Outcome::Waits { reason, findings }, None),
            Undone::Cancelled => (Outcome::Cancelled, None),
            Undone::Fault(fault) if fault.kind == FaultKind::Interrupted => {
                (Outcome::Cancelled, None)
            }
            Undone::Fault(fault) => (
                Outcome::Failed {
                    reason: fault.message,
                    hint: fault.hint,
                    sample: None,
                    fault: Some(fault.kind),
                    findings: serde_json::Value::Null,
                },
                None,
            ),
        }
    }
}

/// Passes an installation's progress on as events of its node.
pub struct NodeProgress<'a> {
    /// Whose installation it is.
    pub node: &'a NodeId,
    /// Who is told.
    pub observer: &'a dyn Observer,
}

impl Progress for NodeProgress<'_> {
    fn report(&self, stage: Stage, done: u64, total: Option<u64>) {
        self.observer.observe(Event::NodeProgressed {
            node: self.node,
            stage,
            done,
            total,
        });
    }
}
