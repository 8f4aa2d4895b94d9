//! Collects all that one node reads from the nodes before it, and so its ledger. Used by
//! the run, the forecast and the explanation alike.

use std::collections::BTreeMap;

use orch_model::{
    Action, Artifact, Fault, NodeId, RelativePath, Root, Runner, SandboxPath, Target,
};

use crate::graph::{ActionGraph, Node, NodeKind, as_artifact};
use crate::ledger::Ledger;
use crate::plan::PlannedBench;
use crate::port::{
    BUILD_STEP, InstalledTree, OutputFile, ProcessReads, Publication, Publisher, SourceFile,
};
use crate::world::World;

/// What later nodes read of one that is over.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Left {
    /// Files of a process, as it left them.
    pub outputs: Vec<OutputFile>,
    /// The tree of a fetched toolchain.
    pub tree: Option<InstalledTree>,
    /// The image that a deploy pushed, by digest.
    pub image: Option<String>,
}

/// Looks up what an earlier node left, by its position.
pub(crate) type LeftBy<'a> = &'a dyn Fn(usize) -> Option<&'a Left>;

/// All that a process reads.
pub(crate) struct Reads {
    pub inputs: Vec<SourceFile>,
    pub artifacts: BTreeMap<String, Vec<OutputFile>>,
    pub tools: BTreeMap<String, InstalledTree>,
    pub ledger: Ledger,
}

pub(crate) fn reads(
    graph: &ActionGraph,
    node: &Node,
    action: &Action,
    left: LeftBy<'_>,
    world: &World<'_>,
) -> Result<Reads, Fault> {
    let ProcessReads {
        inputs,
        artifacts,
        tools,
    } = process(graph, node, action, left, world)?;
    let sandbox = world.executor.sandbox();
    let emulator = match &action.runner {
        Runner::Emulator(command) => match command.first() {
            Some(name) => world.executor.emulator(name)?,
            None => None,
        },
        Runner::Native | Runner::EmbeddedWasm => None,
    };
    let ledger = Ledger::of_action(
        action, world.host, sandbox, emulator, &inputs, &artifacts, &tools,
    );
    Ok(Reads {
        inputs,
        artifacts,
        tools,
        ledger,
    })
}

fn process(
    graph: &ActionGraph,
    node: &Node,
    action: &Action,
    left: LeftBy<'_>,
    world: &World<'_>,
) -> Result<ProcessReads, Fault> {
    let mut artifacts: BTreeMap<String, Vec<OutputFile>> = BTreeMap::new();
    let mut tools: BTreeMap<String, InstalledTree> = BTreeMap::new();
    for &need in &node.needs {
        let Some(left) = left(need) else { continue };
        let maker = &graph.nodes()[need];
        match &maker.kind {
            NodeKind::Fetch { name, .. } | NodeKind::Adopt { name, .. }
                if action.tools.contains(name) =>
            {
                if let Some(tree) = &left.tree {
                    tools.insert(name.clone(), tree.clone());
                }
            }
            // A step's name means a step of the same build, never another unit's.
            NodeKind::Command { action: step, .. }
                if maker.id.unit() == node.id.unit() && action.after.contains(&step.name) =>
            {
                artifacts.insert(step.name.clone(), left.outputs.clone());
            }
            // What a build ships is one step to those that measure it.
            NodeKind::Publish { .. }
                if action.after.iter().any(|step| step == BUILD_STEP)
                    && measures(node, &maker.id) =>
            {
                artifacts.insert(BUILD_STEP.to_owned(), left.outputs.clone());
            }
            _ => {}
        }
    }
    let inputs = match action.inputs.is_empty() {
        true => Vec::new(),
        false => world.sources.files(&action.inputs)?,
    };
    Ok(ProcessReads {
        inputs,
        artifacts,
        tools,
    })
}

/// Whether a build is what a node measures. The steps of a bench need no other one.
fn measures(node: &Node, build: &NodeId) -> bool {
    match &node.kind {
        NodeKind::Measure { bench } => bench.build == *build,
        _ => true,
    }
}

/// All that a bench reads.
pub(crate) struct Bench {
    /// What the build ships.
    pub artifacts: Vec<(Artifact, OutputFile)>,
    /// What each process reads, in the order of the measurements.
    pub reads: Vec<ProcessReads>,
    pub ledger: Ledger,
}

pub(crate) fn bench(
    graph: &ActionGraph,
    node: &Node,
    bench: &PlannedBench,
    left: LeftBy<'_>,
    world: &World<'_>,
) -> Result<Bench, Fault> {
    let mut ledger = Ledger::of_bench(bench);
    let mut reads = Vec::new();
    for measurement in &bench.measurements {
        for action in measurement.actions() {
            let found = self::reads(graph, node, action, left, world)?;
            ledger.within(&measurement.name, found.ledger);
            reads.push(ProcessReads {
                inputs: found.inputs,
                artifacts: found.artifacts,
                tools: found.tools,
            });
        }
    }
    let artifacts = shipped_by(graph, node, &bench.build, left);
    ledger.ship(&artifacts);
    Ok(Bench {
        artifacts,
        reads,
        ledger,
    })
}

/// What a build ships that a node needs.
pub(crate) fn shipped_by(
    graph: &ActionGraph,
    node: &Node,
    build: &NodeId,
    left: LeftBy<'_>,
) -> Vec<(Artifact, OutputFile)> {
    let mut needs = node.needs.iter();
    let build = needs.find(|need| graph.nodes()[**need].id == *build);
    let shipped = match build.map(|need| &graph.nodes()[*need].kind) {
        Some(NodeKind::Publish { artifacts, .. }) => artifacts.as_slice(),
        _ => &[],
    };
    let files = build.and_then(|need| left(*need)).map(|left| &left.outputs);
    let file_of = |artifact: &Artifact| {
        let mut files = files.into_iter().flatten();
        let file = files.find(|file| file.path.relative == artifact.name)?;
        Some((artifact.clone(), file.clone()))
    };
    let artifacts = shipped.iter().map(|(artifact, _)| artifact);
    artifacts.filter_map(file_of).collect()
}

/// What a build ships, as those that measure it find it.
pub(crate) fn shipped(publications: Vec<Publication>, place: &RelativePath) -> Vec<OutputFile> {
    let named = |publication: Publication| {
        let below = publication.to.as_str().strip_prefix(place.as_str())?;
        let relative = RelativePath::new(below.strip_prefix('/')?).ok()?;
        let path = SandboxPath {
            root: Root::Output,
            relative,
        };
        Some(OutputFile {
            path,
            ..publication.file
        })
    };
    publications.into_iter().filter_map(named).collect()
}

/// The files that a step left for a toolchain, by their paths below that one's root.
pub(crate) fn adopted(
    graph: &ActionGraph,
    node: &Node,
    step: &NodeId,
    root: &RelativePath,
    left: LeftBy<'_>,
) -> Vec<OutputFile> {
    let mut needs = node.needs.iter();
    let maker = needs.find(|need| graph.nodes()[**need].id == *step);
    let outputs = maker.and_then(|need| left(*need)).map(|left| &left.outputs);
    let below = |file: &OutputFile| {
        let mut file = file.clone();
        if !root.is_root() {
            let rest = file.path.relative.as_str().strip_prefix(root.as_str())?;
            file.path.relative = RelativePath::new(rest.strip_prefix('/')?).ok()?;
        }
        Some(file)
    };
    outputs.into_iter().flatten().filter_map(below).collect()
}

/// The files behind a build's artifacts, with the ledger of looking into them.
pub(crate) fn judged(
    graph: &ActionGraph,
    node: &Node,
    artifacts: &[Artifact],
    target: &Target,
    left: LeftBy<'_>,
) -> Result<(Vec<(Artifact, OutputFile)>, Ledger), Fault> {
    let files = artifacts
        .iter()
        .map(|artifact| Ok((artifact.clone(), file_of(graph, node, artifact, left)?)))
        .collect::<Result<Vec<_>, Fault>>()?;
    let ledger = Ledger::of_judgement(&files, target);
    Ok((files, ledger))
}

pub(crate) fn publications(
    graph: &ActionGraph,
    node: &Node,
    artifacts: &[(Artifact, RelativePath)],
    left: LeftBy<'_>,
    publisher: &dyn Publisher,
) -> Result<Vec<Publication>, Fault> {
    artifacts
        .iter()
        .map(|(artifact, to)| {
            let file = match &artifact.path.root {
                Root::Tool(name) => {
                    let tree = tree_of(graph, node, name, left);
                    let tree = tree.ok_or_else(|| missing(&node.id, &artifact.path))?;
                    publisher.keep(tree, &artifact.path)?
                }
                _ => file_of(graph, node, artifact, left)?,
            };
            Ok(Publication {
                file: OutputFile {
                    executable: artifact.executable,
                    ..file
                },
                to: to.clone(),
            })
        })
        .collect()
}

/// A task's outputs lie where they were declared.
pub(crate) fn task_publications(outputs: &[OutputFile]) -> Vec<Publication> {
    outputs
        .iter()
        .filter(|file| file.path.root == Root::Source)
        .map(|file| Publication {
            file: file.clone(),
            to: file.path.relative.clone(),
        })
        .collect()
}

fn file_of(
    graph: &ActionGraph,
    node: &Node,
    artifact: &Artifact,
    left: LeftBy<'_>,
) -> Result<OutputFile, Fault> {
    let found = node.needs.iter().find_map(|&need| {
        let maker = &graph.nodes()[need];
        let NodeKind::Command { action, .. } = &maker.kind else {
            return None;
        };
        if maker.id.unit() != node.id.unit() {
            return None;
        }
        left(need)?
            .outputs
            .iter()
            .find(|file| as_artifact(&action.name, &file.path) == artifact.path)
            .cloned()
    });
    found.ok_or_else(|| missing(&node.id, &artifact.path))
}

/// The tree of a toolchain that a node needs.
fn tree_of<'a>(
    graph: &ActionGraph,
    node: &Node,
    toolchain: &str,
    left: LeftBy<'a>,
) -> Option<&'a InstalledTree> {
    let fetch = node.needs.iter().find(|&&need| {
        let kind = &graph.nodes()[need].kind;
        matches!(kind, NodeKind::Fetch { name, .. } | NodeKind::Adopt { name, .. } if name == toolchain)
    })?;
    left(*fetch)?.tree.as_ref()
}

fn missing(node: &NodeId, path: &SandboxPath) -> Fault {
    Fault::new(
        orch_model::FaultKind::Plugin,
        format!("`{node}`: the plan names artifact `{path}`, but no step left it"),
    )
    .hint("the builder's plugin plans an artifact that none of its actions declares as an output")
}
