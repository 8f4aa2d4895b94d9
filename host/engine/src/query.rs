//! Questions about a graph: what a node needs, what needs it, what a change of files reaches.
//!
//! ```text
//! query = name                    the nodes that the name means
//!       | deps(query)             them and all that they need
//!       | rdeps(query)            them and all that need them
//!       | affected-by(path …)     what reads one of the files, and all that needs it
//! ```

use orch_model::{Fault, NodeId};

use crate::graph::{ActionGraph, NodeKind};
use crate::nearest;

/// Says which of a list of files some patterns mean; the meaning of patterns belongs to
/// whoever reads files.
pub type Matches<'a> = &'a dyn Fn(&[String], &str) -> Result<bool, Fault>;

/// The positions of the nodes that a query means, in the graph's order.
pub fn query(graph: &ActionGraph, text: &str, matches: Matches<'_>) -> Result<Vec<usize>, Fault> {
    let marks = meant(graph, text.trim(), matches)?;
    let positions = marks.iter().enumerate();
    Ok(positions
        .filter(|(_, meant)| **meant)
        .map(|(position, _)| position)
        .collect())
}

fn meant(graph: &ActionGraph, text: &str, matches: Matches<'_>) -> Result<Vec<bool>, Fault> {
    let call = text
        .split_once('(')
        .and_then(|(function, rest)| Some((function.trim(), rest.strip_suffix(')')?.trim())));
    match call {
        Some(("deps", inner)) => Ok(with_needs(graph, meant(graph, inner, matches)?)),
        Some(("rdeps", inner)) => Ok(with_followers(graph, meant(graph, inner, matches)?)),
        Some(("affected-by", files)) => Ok(with_followers(graph, readers(graph, files, matches)?)),
        Some((function, _)) => {
            let known = ["deps", "rdeps", "affected-by"];
            let hint = match orch_model::nearest(function, known) {
                Some(meant) => format!("did you mean `{meant}(…)`?"),
                None => "there are `deps(…)`, `rdeps(…)` and `affected-by(…)`".to_owned(),
            };
            Err(Fault::usage(format!("`{function}` is no question")).hint(hint))
        }
        None if text.contains(['(', ')']) => {
            Err(Fault::usage(format!("`{text}`: its brackets do not match"))
                .hint("for example `deps(build.agent@pi5)`"))
        }
        None => named(graph, text),
    }
}

/// Which nodes of a graph a name means, in the graph's order. A name that means none is the
/// user's mistake.
pub fn named(graph: &ActionGraph, name: &str) -> Result<Vec<bool>, Fault> {
    let nodes = graph.nodes().iter();
    let marks: Vec<bool> = nodes.map(|node| node.id.is_meant_by(name)).collect();
    if marks.contains(&true) {
        return Ok(marks);
    }
    // The steps of a build have names too, but a user means the build.
    let nodes = graph.nodes().iter();
    let known = nodes.flat_map(|node| [node.id.unit(), node.id.as_str()]);
    let hint = nearest::hint(name, known, "`orch plan` shows all nodes");
    Err(Fault::usage(format!("there is no node `{name}`")).hint(hint))
}

/// Needs stand before what needs them, so one pass from the end reaches all.
fn with_needs(graph: &ActionGraph, mut marks: Vec<bool>) -> Vec<bool> {
    for (position, node) in graph.nodes().iter().enumerate().rev() {
        if marks[position] {
            node.needs.iter().for_each(|need| marks[*need] = true);
        }
    }
    marks
}

fn with_followers(graph: &ActionGraph, mut marks: Vec<bool>) -> Vec<bool> {
    for (position, node) in graph.nodes().iter().enumerate() {
        marks[position] |= node.needs.iter().any(|need| marks[*need]);
    }
    marks
}

fn readers(graph: &ActionGraph, files: &str, matches: Matches<'_>) -> Result<Vec<bool>, Fault> {
    let files: Vec<&str> = files.split_whitespace().collect();
    if files.is_empty() {
        return Err(Fault::usage("`affected-by()` names no file")
            .hint("for example `affected-by(go.mod cmd/agent/main.go)`"));
    }
    let reads = |kind: &NodeKind| match kind {
        NodeKind::Command { action, .. } => files.iter().try_fold(false, |reads, file| {
            Ok::<_, Fault>(reads || matches(&action.inputs, file)?)
        }),
        _ => Ok(false),
    };
    graph.nodes().iter().map(|node| reads(&node.kind)).collect()
}

/// The nodes of a graph with what needs what, for programs.
pub fn edges(graph: &ActionGraph) -> impl Iterator<Item = (&NodeId, Vec<&NodeId>)> {
    graph.nodes().iter().map(|node| {
        let needs = node.needs.iter().map(|need| &graph.nodes()[*need].id);
        (&node.id, needs.collect())
    })
}
