//! Runs a graph: which node next, on how many threads, and what becomes of the rest when
//! one fails. A node's state changes in one function, [`Board::settle`].
//!
//! ```text
//! Waiting ──needs met──▶ Ready ──taken──▶ Running ──▶ Finished
//!    └──────a need failed, or the run stopped──────────▲
//! ```

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::sync::{Condvar, Mutex, OnceLock, RwLock};
use std::time::{Duration, Instant};

use orch_model::{Digest, FaultKind, NodeId};

use crate::graph::ActionGraph;
use crate::perform::{Finished, Performer};
use crate::port::{Event, Observer};
use crate::world::World;
use crate::{Cancel, Outcome};

/// How a graph is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunOptions {
    /// How many nodes at once; at least one.
    pub jobs: usize,
    /// Whether nodes that need no failed one still run after a failure.
    pub keep_going: bool,
}

/// One node of a run that is over.
#[derive(Clone, Debug)]
pub struct NodeRun {
    /// Which.
    pub id: NodeId,
    /// What came of it.
    pub outcome: Outcome,
    /// The digest of all that its result depends on; `None` for nodes without one.
    pub key: Option<Digest>,
    /// What it took in this run.
    pub took: Duration,
}

/// A run that is over.
#[derive(Clone, Debug)]
pub struct Run {
    /// Every node, in the graph's order.
    pub nodes: Vec<NodeRun>,
    /// What it took.
    pub took: Duration,
}

/// Runs every node of the graph, each when all that it needs has succeeded.
pub fn run(
    graph: &ActionGraph,
    world: World<'_>,
    options: RunOptions,
    observer: &dyn Observer,
    cancel: &Cancel,
) -> Run {
    let began = Instant::now();
    let count = graph.nodes().len();
    observer.observe(Event::RunStarted { nodes: count });
    let schedule = Schedule {
        finished: (0..count).map(|_| OnceLock::new()).collect(),
        needed_by: needed_by(graph),
        performer: Performer {
            graph,
            world,
            observer,
            cancel,
            quiet: RwLock::new(()),
        },
        keep_going: options.keep_going,
        board: Mutex::new(Board::new(graph)),
        changed: Condvar::new(),
    };
    let threads = options.jobs.clamp(1, count.max(1));
    std::thread::scope(|scope| {
        // The caller's own thread is the first worker.
        for _ in 1..threads {
            scope.spawn(|| schedule.work());
        }
        schedule.work();
    });
    let nodes = graph
        .nodes()
        .iter()
        .zip(schedule.finished)
        .map(|(node, finished)| {
            let finished = finished
                .into_inner()
                .expect("work ends when every node is over");
            NodeRun {
                id: node.id.clone(),
                outcome: finished.outcome,
                key: finished.key,
                took: finished.took,
            }
        })
        .collect();
    let took = began.elapsed();
    observer.observe(Event::RunFinished { took });
    Run { nodes, took }
}

struct Schedule<'a> {
    performer: Performer<'a>,
    finished: Vec<OnceLock<Finished>>,
    needed_by: Vec<Vec<usize>>,
    keep_going: bool,
    board: Mutex<Board>,
    changed: Condvar,
}

/// What is waiting, ready and over.
struct Board {
    /// How many needs of each node are not over.
    waiting: Vec<usize>,
    ready: BTreeSet<usize>,
    /// The first failed need of each node that must be skipped for it.
    failed_need: Vec<Option<usize>>,
    unfinished: usize,
    /// The failure after which nothing new is started.
    stopped_by: Option<usize>,
}

impl Board {
    fn new(graph: &ActionGraph) -> Self {
        let waiting: Vec<usize> = graph.nodes().iter().map(|node| node.needs.len()).collect();
        Self {
            ready: (0..waiting.len())
                .filter(|position| waiting[*position] == 0)
                .collect(),
            failed_need: vec![None; waiting.len()],
            unfinished: waiting.len(),
            waiting,
            stopped_by: None,
        }
    }

    /// The one place where a node becomes finished and its followers become ready.
    fn settle(&mut self, position: usize, cause: Option<usize>, followers: &[usize], stops: bool) {
        self.unfinished -= 1;
        if stops && self.stopped_by.is_none() {
            self.stopped_by = Some(position);
        }
        for &follower in followers {
            if let Some(cause) = cause {
                self.failed_need[follower].get_or_insert(cause);
            }
            self.waiting[follower] -= 1;
            if self.waiting[follower] == 0 {
                self.ready.insert(follower);
            }
        }
    }
}

impl Schedule<'_> {
    /// Takes ready nodes until all are over.
    fn work(&self) {
        let mut board = self.board.lock().expect("a worker does not panic");
        while board.unfinished > 0 {
            let Some(position) = board.ready.pop_first() else {
                board = self.changed.wait(board).expect("a worker does not panic");
                continue;
            };
            let refused = self.refusal(&board, position);
            let failed_need = board.failed_need[position];
            drop(board);

            let finished = match refused {
                Some(outcome) => self.refuse(position, outcome),
                None => self.perform(position),
            };
            let (cause, stops) = match &finished.outcome {
                Outcome::Succeeded { .. } => (None, false),
                Outcome::Waits { .. } => (Some(position), false),
                Outcome::Skipped { .. } => (failed_need, false),
                Outcome::Failed { .. } | Outcome::Cancelled => (Some(position), true),
            };
            let stops = stops && !self.keep_going;
            let _ = self.finished[position].set(finished);

            board = self.board.lock().expect("a worker does not panic");
            board.settle(position, cause, &self.needed_by[position], stops);
            self.changed.notify_all();
        }
    }

    /// Performs a node. A panic is a fault of ours in that node: were it to end this thread,
    /// the others would wait for it for ever.
    fn perform(&self, position: usize) -> Finished {
        let left = |need: usize| self.finished[need].get().map(|finished| &finished.left);
        let performed =
            std::panic::catch_unwind(AssertUnwindSafe(|| self.performer.perform(position, &left)));
        performed.unwrap_or_else(|panic| {
            let words = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("without words");
            let outcome = Outcome::Failed {
                reason: format!("orch itself failed: {words}"),
                hint: Some("this is a defect of orch; please report it".to_owned()),
                sample: None,
                fault: Some(FaultKind::Internal),
                findings: Default::default(),
            };
            self.refuse(position, outcome)
        })
    }

    /// Why a ready node is not run, if there is a reason.
    fn refusal(&self, board: &Board, position: usize) -> Option<Outcome> {
        if self.performer.cancel.is_cancelled() {
            return Some(Outcome::Cancelled);
        }
        let name = |position: usize| &self.performer.graph.nodes()[position].id;
        if let Some(need) = board.failed_need[position] {
            return Some(Outcome::Skipped {
                reason: match self.finished[need].get().map(|need| &need.outcome) {
                    Some(Outcome::Waits { .. }) => {
                        format!("it needs `{}`, which waits", name(need))
                    }
                    _ => format!("it needs `{}`, which failed", name(need)),
                },
            });
        }
        board.stopped_by.map(|failed| Outcome::Skipped {
            reason: format!("`{}` had failed; `--keep-going` goes on", name(failed)),
        })
    }

    fn refuse(&self, position: usize, outcome: Outcome) -> Finished {
        self.performer.observer.observe(Event::NodeFinished {
            node: &self.performer.graph.nodes()[position].id,
            outcome: &outcome,
            took: Duration::ZERO,
        });
        Finished {
            outcome,
            left: Default::default(),
            key: None,
            took: Duration::ZERO,
        }
    }
}

fn needed_by(graph: &ActionGraph) -> Vec<Vec<usize>> {
    let mut needed_by = vec![Vec::new(); graph.nodes().len()];
    for (position, node) in graph.nodes().iter().enumerate() {
        for &need in &node.needs {
            needed_by[need].push(position);
        }
    }
    needed_by
}
