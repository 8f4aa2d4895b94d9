//! What a run would do, without doing it: every node looked at with the same eyes as the
//! run's own.

use orch_model::{Fault, NodeId};

use crate::Cancel;
use crate::gather::{self, Left};
use crate::graph::{ActionGraph, NodeKind, places_of};
use crate::ledger::Ledger;
use crate::world::World;

/// What would become of a node.
#[derive(Clone, Debug, PartialEq)]
pub enum Forecast {
    /// Its result is at hand, and where it belongs.
    UpToDate,
    /// Its result is at hand, and would be put where it belongs.
    WouldRestore,
    /// It would be done.
    WouldRun,
    /// That depends on what a node before it leaves, which would be done or put back first.
    DependsOn(NodeId),
}

/// A node and what would become of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Foreseen {
    /// Which.
    pub id: NodeId,
    /// What would become of it.
    pub forecast: Forecast,
    /// What its result depends on, where that is known before the run.
    pub ledger: Option<Ledger>,
}

/// Looks at every node of the graph, in its order.
pub fn forecast(graph: &ActionGraph, world: World<'_>) -> Result<Vec<Foreseen>, Fault> {
    let mut left: Vec<Option<Left>> = vec![None; graph.nodes().len()];
    let mut foreseen: Vec<Foreseen> = Vec::with_capacity(graph.nodes().len());
    for (position, node) in graph.nodes().iter().enumerate() {
        let unknown = node
            .needs
            .iter()
            .find(|need| foreseen[**need].forecast != Forecast::UpToDate)
            .map(|need| foreseen[*need].id.clone());
        let (forecast, ledger) = match unknown {
            Some(first) => (Forecast::DependsOn(first), None),
            None => {
                let look_up = |need: usize| left[need].as_ref();
                let (found, ledger) = look(graph, position, &look_up, &world)?;
                let forecast = match &found {
                    Some((_, true)) => Forecast::UpToDate,
                    Some((_, false)) => Forecast::WouldRestore,
                    None => Forecast::WouldRun,
                };
                left[position] = found.map(|(left, _)| left);
                (forecast, ledger)
            }
        };
        foreseen.push(Foreseen {
            id: node.id.clone(),
            forecast,
            ledger,
        });
    }
    Ok(foreseen)
}

/// What a node left before, if its result is at hand, and whether that is where it belongs.
type Found = Option<(Left, bool)>;

fn look<'l>(
    graph: &ActionGraph,
    position: usize,
    left: gather::LeftBy<'l>,
    world: &World<'_>,
) -> Result<(Found, Option<Ledger>), Fault> {
    let node = &graph.nodes()[position];
    Ok(match &node.kind {
        NodeKind::Fetch { toolchain, .. } => {
            let tree = world.toolchains.installed(toolchain)?;
            let found = tree.map(|tree| Left {
                tree: Some(tree),
                ..Left::default()
            });
            (found.map(in_place), None)
        }
        NodeKind::Adopt { step, root, .. } => {
            let files = gather::adopted(graph, node, step, root, left);
            let tree = world.toolchains.adopted(&files)?;
            let found = tree.map(|tree| Left {
                tree: Some(tree),
                ..Left::default()
            });
            (found.map(in_place), None)
        }
        NodeKind::Command { action, publish } => {
            let reads = gather::reads(graph, node, action, left, world)?;
            let kept = match action.cacheable {
                true => world.cache.lookup(&reads.ledger.key())?,
                false => None,
            };
            let found = match kept {
                None => None,
                Some(result) => {
                    let is_in_place = !publish
                        || world.publisher.is_in_place(
                            &gather::task_publications(&result.outputs),
                            &places_of(action),
                        )?;
                    let left = Left {
                        outputs: result.outputs,
                        ..Left::default()
                    };
                    Some((left, is_in_place))
                }
            };
            (found, Some(reads.ledger))
        }
        NodeKind::Judge { artifacts, target } => {
            let (_, ledger) = gather::judged(graph, node, artifacts, target, left)?;
            let kept = world.cache.lookup(&ledger.key())?;
            (kept.map(|_| in_place(Left::default())), Some(ledger))
        }
        NodeKind::Measure { bench } => {
            let found = gather::bench(graph, node, bench, left, world)?;
            // Whether a machine of a fleet is as it was, only that machine knows.
            if bench.on.is_some() {
                return Ok((None, Some(found.ledger)));
            }
            let (measurer, cancel) = (world.measurer, Cancel::new());
            let known = measurer.known(bench, &found.ledger.key(), &cancel)?;
            (known.map(|_| in_place(Left::default())), Some(found.ledger))
        }
        // Only the machines know how they stand.
        NodeKind::Deploy { .. } => (None, None),
        NodeKind::Publish { artifacts, place } => {
            let publications = gather::publications(graph, node, artifacts, left, world.publisher)?;
            let places = std::slice::from_ref(place);
            let is_in_place = world.publisher.is_in_place(&publications, places)?;
            let left = Left {
                outputs: gather::shipped(publications, place),
                ..Left::default()
            };
            (Some((left, is_in_place)), None)
        }
    })
}

fn in_place(left: Left) -> (Left, bool) {
    (left, true)
}
