//! Everything is one graph: fetching a compiler, running a process, judging an artifact
//! and putting it in place are nodes. What of a plan becomes which node is said in `lower`;
//! nothing is known here of what has run.

use std::collections::HashMap;

use orch_model::{Action, Artifact, NodeId, RelativePath, Root, SandboxPath, Target, Toolchain};

use crate::lower::{self, Loose};
use crate::plan::{Plan, PlannedBench, PlannedDeploy};

/// What a node does.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeKind {
    /// Brings a toolchain onto the machine.
    Fetch {
        /// Its name in the pipeline.
        name: String,
        /// What to fetch.
        toolchain: Toolchain,
    },
    /// Puts what a step of a build left where actions find it as a toolchain.
    Adopt {
        /// The toolchain's name in the pipeline.
        name: String,
        /// Its release and programs.
        toolchain: Toolchain,
        /// The step.
        step: NodeId,
        /// The output of that step which is the toolchain's root.
        root: RelativePath,
    },
    /// Runs a process.
    Command {
        /// What runs.
        action: Action,
        /// Whether its outputs are put in place at once, as a task's are.
        publish: bool,
    },
    /// Looks into artifacts before they are called good.
    Judge {
        /// What is looked into.
        artifacts: Vec<Artifact>,
        /// What they must fit.
        target: Target,
    },
    /// Measures what a build made.
    Measure {
        /// What is measured, and what the figures are held to.
        bench: Box<PlannedBench>,
    },
    /// Brings what builds made onto machines, or into a registry.
    Deploy {
        /// What goes where.
        deploy: Box<PlannedDeploy>,
    },
    /// Puts artifacts where the user looks for them.
    Publish {
        /// What, and where below the pipeline's folder.
        artifacts: Vec<(Artifact, RelativePath)>,
        /// The folder that is this build's alone.
        place: RelativePath,
    },
}

impl NodeKind {
    /// The patterns of the project's files that it reads.
    pub fn inputs(&self) -> &[String] {
        match self {
            Self::Command { action, .. } => &action.inputs,
            Self::Fetch { .. }
            | Self::Adopt { .. }
            | Self::Judge { .. }
            | Self::Measure { .. }
            | Self::Deploy { .. }
            | Self::Publish { .. } => &[],
        }
    }

    /// Whether a history has its executions.
    pub fn has_record(&self) -> bool {
        matches!(
            self,
            Self::Command { .. } | Self::Judge { .. } | Self::Measure { .. }
        )
    }

    /// The files and folders of the project that are its alone; `None` for what puts nothing
    /// in place.
    pub fn places(&self) -> Option<Vec<RelativePath>> {
        match self {
            Self::Command {
                action,
                publish: true,
            } => Some(places_of(action)),
            Self::Publish { place, .. } => Some(vec![place.clone()]),
            Self::Fetch { .. }
            | Self::Adopt { .. }
            | Self::Judge { .. }
            | Self::Measure { .. }
            | Self::Deploy { .. }
            | Self::Command { .. } => None,
        }
    }
}

/// Where a task's outputs lie: where it declares them.
pub(crate) fn places_of(action: &Action) -> Vec<RelativePath> {
    let outputs = action.outputs.iter();
    outputs
        .filter(|output| output.root == Root::Source)
        .map(|output| output.relative.clone())
        .collect()
}

/// A node with what must be over before it.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Its name.
    pub id: NodeId,
    /// What it does.
    pub kind: NodeKind,
    /// Positions of the nodes that it needs; all before its own.
    pub needs: Vec<usize>,
}

/// Nodes in an order in which each stands behind all that it needs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ActionGraph {
    nodes: Vec<Node>,
}

/// What a plan asks for that cannot be: only a plugin can cause it, since the parser
/// refuses cycles of the pipeline's own.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    /// A node needs one that is not there.
    #[error("`{node}` needs `{missing}`, which no plugin planned")]
    Missing {
        /// Who needs.
        node: NodeId,
        /// What is not there.
        missing: NodeId,
    },
    /// Nodes need each other.
    #[error("these need each other: {}", .0.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(" → "))]
    Cycle(Vec<NodeId>),
    /// Two nodes have one name.
    #[error("two nodes are called `{0}`")]
    Twice(NodeId),
}

impl ActionGraph {
    /// The graph of a plan.
    pub fn of_plan(plan: &Plan) -> Result<Self, GraphError> {
        order(lower::plan(plan))
    }

    /// The nodes, each behind all that it needs.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The part of the graph that the wanted nodes need, themselves included.
    pub fn needed_by(&self, wanted: impl Fn(&NodeId) -> bool) -> Self {
        let mut keep: Vec<bool> = self.nodes.iter().map(|node| wanted(&node.id)).collect();
        for position in (0..self.nodes.len()).rev() {
            if keep[position] {
                for &need in &self.nodes[position].needs {
                    keep[need] = true;
                }
            }
        }
        let mut moved = vec![usize::MAX; self.nodes.len()];
        let mut nodes = Vec::new();
        for (position, node) in self
            .nodes
            .iter()
            .enumerate()
            .filter(|(position, _)| keep[*position])
        {
            moved[position] = nodes.len();
            nodes.push(Node {
                needs: node.needs.iter().map(|need| moved[*need]).collect(),
                ..node.clone()
            });
        }
        Self { nodes }
    }
}

/// Where an action leaves a declared output, as later actions of its build see it.
pub(crate) fn as_artifact(action: &str, output: &SandboxPath) -> SandboxPath {
    match output.root {
        Root::Output => SandboxPath {
            root: Root::Artifact(action.to_owned()),
            relative: output.relative.clone(),
        },
        _ => output.clone(),
    }
}

/// Puts every node behind what it needs, keeping the given order where it can.
fn order(loose: Vec<Loose>) -> Result<ActionGraph, GraphError> {
    let mut positions = HashMap::with_capacity(loose.len());
    for (position, node) in loose.iter().enumerate() {
        if positions.insert(node.id.clone(), position).is_some() {
            return Err(GraphError::Twice(node.id.clone()));
        }
    }
    let mut needs = Vec::with_capacity(loose.len());
    for node in &loose {
        let mut own = Vec::with_capacity(node.needs.len());
        for need in &node.needs {
            let position = *positions.get(need).ok_or_else(|| GraphError::Missing {
                node: node.id.clone(),
                missing: need.clone(),
            })?;
            own.push(position);
        }
        own.sort_unstable();
        own.dedup();
        needs.push(own);
    }

    let mut waiting: Vec<usize> = needs.iter().map(Vec::len).collect();
    let mut needed_by = vec![Vec::new(); loose.len()];
    for (position, own) in needs.iter().enumerate() {
        for &need in own {
            needed_by[need].push(position);
        }
    }
    let mut ready: std::collections::BTreeSet<usize> = (0..loose.len())
        .filter(|position| waiting[*position] == 0)
        .collect();
    let mut moved = vec![usize::MAX; loose.len()];
    let mut sequence = Vec::with_capacity(loose.len());
    while let Some(position) = ready.pop_first() {
        moved[position] = sequence.len();
        sequence.push(position);
        for &follower in &needed_by[position] {
            waiting[follower] -= 1;
            if waiting[follower] == 0 {
                ready.insert(follower);
            }
        }
    }
    if sequence.len() < loose.len() {
        return Err(GraphError::Cycle(one_cycle(&loose, &needs, &moved)));
    }
    let mut loose: Vec<Option<Loose>> = loose.into_iter().map(Some).collect();
    let nodes = sequence
        .iter()
        .filter_map(|&position| {
            let node = loose[position].take()?;
            Some(Node {
                id: node.id,
                kind: node.kind,
                needs: needs[position].iter().map(|need| moved[*need]).collect(),
            })
        })
        .collect();
    Ok(ActionGraph { nodes })
}

/// Follows needs among the nodes that were never ready until one comes again.
fn one_cycle(loose: &[Loose], needs: &[Vec<usize>], moved: &[usize]) -> Vec<NodeId> {
    let stuck = |position: usize| moved[position] == usize::MAX;
    let Some(mut at) = (0..loose.len()).find(|position| stuck(*position)) else {
        return Vec::new();
    };
    let mut path = Vec::new();
    while !path.contains(&at) {
        path.push(at);
        at = needs[at]
            .iter()
            .copied()
            .find(|need| stuck(*need))
            .unwrap_or(at);
    }
    let start = path
        .iter()
        .position(|position| *position == at)
        .unwrap_or(0);
    path[start..]
        .iter()
        .chain(std::iter::once(&at))
        .map(|position| loose[*position].id.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(name: &str, needs: &[&str]) -> Loose {
        Loose {
            id: NodeId::task(name, None),
            kind: NodeKind::Publish {
                artifacts: Vec::new(),
                place: RelativePath::root(),
            },
            needs: needs.iter().map(|need| NodeId::task(need, None)).collect(),
        }
    }

    fn names(graph: &ActionGraph) -> Vec<&str> {
        graph.nodes().iter().map(|node| node.id.as_str()).collect()
    }

    #[test]
    fn every_node_stands_behind_what_it_needs() {
        let graph = order(vec![
            task("c", &["b"]),
            task("b", &["a"]),
            task("d", &[]),
            task("a", &[]),
        ])
        .unwrap();
        assert_eq!(names(&graph), ["task.d", "task.a", "task.b", "task.c"]);
        for (position, node) in graph.nodes().iter().enumerate() {
            assert!(node.needs.iter().all(|need| *need < position));
        }
    }

    #[test]
    fn a_part_of_the_graph_has_what_it_needs_and_no_more() {
        let graph = order(vec![
            task("a", &[]),
            task("b", &["a"]),
            task("c", &["b"]),
            task("d", &[]),
        ])
        .unwrap();
        let part = graph.needed_by(|id| id.is_meant_by("task.b"));
        assert_eq!(names(&part), ["task.a", "task.b"]);
        assert_eq!(part.nodes()[1].needs, [0]);
    }

    #[test]
    fn a_cycle_names_every_node_on_it_and_no_other() {
        let error = order(vec![
            task("outside", &["a"]),
            task("a", &["b"]),
            task("b", &["c"]),
            task("c", &["a"]),
        ])
        .unwrap_err();
        assert_eq!(
            error.to_string(),
            "these need each other: `task.a` → `task.b` → `task.c` → `task.a`"
        );
    }

    #[test]
    fn a_need_that_is_not_there_is_named() {
        let error = order(vec![task("a", &["b"])]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`task.a` needs `task.b`, which no plugin planned"
        );
    }
}
