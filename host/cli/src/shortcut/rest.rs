//! The part of a plan that is still to be done, when everything else is as a snapshot says.
//!
//! A plan is kept in parts beside the snapshot: what all units share, and each unit. A run
//! that some changes reach reads the units that it needs, and no others.

use std::collections::HashMap;
use std::path::Path;

use serde::de::DeserializeOwned;

use orch_engine::{ActionGraph, Node, Plan, PlanUnit};
use orch_execute::{Kept, Parts, Question, Unit};
use orch_model::{Digest, Fault, NodeId};

use crate::planned::graph_of;

use super::note::Note;

/// Where the units begin among the parts of a plan.
const FIRST_UNIT: usize = 1;

/// What is left to do.
pub struct Rest {
    /// The plan of the units that are not settled.
    pub plan: Plan,
    /// Their graph, with the toolchains that they need.
    pub graph: ActionGraph,
    /// What was said of the run that left nothing to do.
    pub note: Note,
    pub(super) kept: Kept,
    /// The number of each unit in the snapshot.
    numbers: HashMap<NodeId, usize>,
}

impl Rest {
    /// Reads the parts of a plan for these units of a snapshot; `None` where they cannot be
    /// had.
    pub fn read(parts: &Path, kept: Kept, note: Note, units: &[usize]) -> Option<Self> {
        let parts = Parts::open(parts, note.parts?)?;
        let mut numbers = HashMap::with_capacity(units.len());
        let mut read = Vec::with_capacity(units.len());
        for number in units {
            let unit: PlanUnit<'static> = part(&parts, FIRST_UNIT + number)?;
            numbers.insert(unit.node(), *number);
            read.push(unit);
        }
        let plan = Plan::of_units(part(&parts, 0)?, read);
        Some(Self {
            graph: graph_of_part(&plan).ok()?,
            plan,
            note,
            kept,
            numbers,
        })
    }

    /// All that its units ask, by their numbers in the snapshot.
    pub(super) fn questions(&self) -> Option<Vec<(usize, Vec<Question>)>> {
        let units = units_of(&self.graph).into_iter();
        let mut questions = units
            .map(|(node, unit)| Some((*self.numbers.get(node)?, unit.questions)))
            .collect::<Option<Vec<_>>>()?;
        questions.sort_unstable_by_key(|(number, _)| *number);
        Some(questions)
    }
}

/// Writes the parts of a plan for these units of its graph. Gives the digest of their table;
/// `None` if the graph holds only some of a unit's nodes.
pub fn write_parts(
    file: &Path,
    plan: &Plan,
    graph: &ActionGraph,
    units: &[&str],
) -> Result<Option<Digest>, Fault> {
    let all = plan.units().map(|unit| (unit.node(), unit));
    let mut all: HashMap<NodeId, PlanUnit<'_>> = all.collect();
    let units = units.iter().map(|unit| all.remove(*unit));
    let Some(units) = units.collect::<Option<Vec<_>>>() else {
        return Ok(None);
    };
    let shared = plan.without_units();
    let mut parts = vec![json(&shared)?];
    for unit in &units {
        parts.push(json(unit)?);
    }
    // Where a step of a build was selected, its unit would be more than was asked for.
    let whole = graph_of(&Plan::of_units(shared, units))?;
    if steps(&whole) != steps(graph) {
        return Ok(None);
    }
    Parts::write(file, &parts)
        .map(Some)
        .map_err(|error| Fault::io("write", file, &error))
}

/// The units of a graph with all that they ask, in the order of their first nodes.
pub fn units_of(graph: &ActionGraph) -> Vec<(&str, Unit)> {
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    let mut units: Vec<(&str, Unit)> = Vec::new();
    for node in graph.nodes().iter().filter(|node| !node.id.is_toolchain()) {
        let name = node.id.unit();
        let number = *numbers.entry(name).or_insert_with(|| {
            units.push((name, Unit::default()));
            units.len() - 1
        });
        let unit = &mut units[number].1;
        if !node.kind.inputs().is_empty() {
            let inputs = node.kind.inputs().to_vec();
            unit.questions.push(Question::Inputs(inputs));
        }
        let places = node.kind.places().map(Question::Places);
        unit.questions.extend(places);
        let needs = needs_through_toolchains(graph, node);
        let needs = needs.filter_map(|need| numbers.get(need.unit()));
        unit.needs.extend(needs.filter(|need| **need != number));
    }
    units
}

/// What a node needs. A toolchain is no unit: for one that a build leaves, the steps of that
/// build stand.
fn needs_through_toolchains<'a>(
    graph: &'a ActionGraph,
    node: &'a Node,
) -> impl Iterator<Item = &'a NodeId> {
    let nodes = graph.nodes();
    node.needs.iter().flat_map(move |&need| {
        let need = &nodes[need];
        let made_by = match need.id.is_toolchain() {
            true => &need.needs[..],
            false => &[],
        };
        let made_by = made_by.iter().map(|step| &nodes[*step].id);
        std::iter::once(&need.id).chain(made_by)
    })
}

/// The graph of some units. A toolchain that none of them needs is none of its nodes.
fn graph_of_part(plan: &Plan) -> Result<ActionGraph, Fault> {
    let graph = graph_of(plan)?;
    Ok(graph.needed_by(|node| !node.is_toolchain()))
}

/// How many nodes of a graph are no toolchains.
fn steps(graph: &ActionGraph) -> usize {
    let nodes = graph.nodes().iter();
    nodes.filter(|node| !node.id.is_toolchain()).count()
}

fn part<T: DeserializeOwned>(parts: &Parts, part: usize) -> Option<T> {
    serde_json::from_slice(&parts.read(part)?).ok()
}

fn json(value: &impl serde::Serialize) -> Result<Vec<u8>, Fault> {
    serde_json::to_vec(value).map_err(|error| Fault::internal(error.to_string()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What a builder plans, or a task runs.
    fn action(name: &str, tools: &[&str]) -> serde_json::Value {
        json!({
            "name": name,
            "program": [{ "text": "true" }],
            "arguments": [],
            "environment": [],
            "directory": { "root": "source", "relative": "" },
            "inputs": [],
            "outputs": [{ "root": "output", "relative": "tree" }],
            "caches": [],
            "cache-owner": "",
            "network": false,
            "after": [],
            "tools": tools,
        })
    }

    #[test]
    fn who_uses_a_toolchain_needs_the_build_that_makes_it() {
        let by = json!({ "plugin": "go-source", "version": "0.1.0" });
        let plan: Plan = serde_json::from_value(json!({
            "version": Plan::VERSION,
            "name": "made",
            "host": { "triple": "x86_64-unknown-linux-gnu" },
            "toolchains": [{
                "name": "go",
                "by": by,
                "toolchain": { "version": "1.22.10", "archives": [], "tools": [] },
                "made": { "by": "build.tree@here", "step": "make", "root": "tree", "actions": [] },
            }],
            "targets": [],
            "builds": [{
                "name": "tree",
                "target": "here",
                "by": by,
                "toolchain": "sources",
                "in-matrix": false,
                "advice": [],
                "actions": [action("make", &[])],
                "artifacts": [],
                "smoke": { "not": "nothing asks for it" },
                "needs": [],
            }],
            "tasks": [{
                "node": "task.version",
                "action": action("run", &["go"]),
                "needs": [],
            }],
            "facts": [],
            "programs": [],
            "left-out": [],
            "warnings": [],
        }))
        .expect("it is a plan");
        let graph = graph_of(&plan).expect("it has a graph");
        let units = units_of(&graph);
        let number = |name| units.iter().position(|(known, _)| *known == name);
        let build = number("build.tree@here").expect("it is a unit");
        let task = number("task.version").expect("it is a unit");
        assert!(units[task].1.needs.contains(&build));
    }
}
