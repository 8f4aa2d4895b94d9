//! `orch explain`: what a node is, who proposed it and why, why it ran last, and whether
//! it would run now.

use std::fmt::Write;

use orch_engine::{
    ActionGraph, Forecast, Foreseen, Node, NodeKind, NodeRecord, Plan, RunRecord, nearest,
};
use orch_model::{Fault, NodeId};

use crate::arguments::ProjectArguments;
use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::history;
use crate::planned::Planned;
use crate::stop::Stop;

use super::plan::{command, variable};
use super::run::{Hands, graph_of};

/// How many changes are listed before the rest is counted.
const SHOWN_CHANGES: usize = 20;

pub fn explain(
    environment: Environment,
    node: &str,
    arguments: &ProjectArguments,
    console: &Console,
) -> Result<Exit, Stop> {
    let Planned {
        project,
        house,
        plan,
    } = Planned::open(environment, arguments, console)?;
    let whole = graph_of(&plan)?;
    if !whole.nodes().iter().any(|known| known.id.is_meant_by(node)) {
        let known = whole.nodes().iter().map(|known| known.id.as_str());
        let hint = match nearest(node, known) {
            Some(meant) => format!("did you mean `{meant}`? `orch plan` shows all nodes"),
            None => "`orch plan` shows all nodes".to_owned(),
        };
        return Err(Fault::usage(format!("there is no node `{node}`"))
            .hint(hint)
            .into());
    }
    let graph = whole.needed_by(|id| id.is_meant_by(node));
    let hands = Hands::new(&house, &project)?;
    let foreseen = orch_engine::forecast(&graph, hands.world(&house))?;
    let record = history::read(&project.folder);
    let mut text = String::new();
    for (known, foreseen) in graph.nodes().iter().zip(&foreseen) {
        if known.id.is_meant_by(node) {
            explain_node(&mut text, known, foreseen, &graph, &plan, &record);
        }
    }
    match console.json() {
        Some(json) => json.explanation(node, &text),
        None => console.print(&text),
    }
    Ok(Exit::Done)
}

fn explain_node(
    text: &mut String,
    node: &Node,
    foreseen: &Foreseen,
    graph: &ActionGraph,
    plan: &Plan,
    record: &RunRecord,
) {
    let _ = writeln!(text, "{}", node.id);
    let mut line = |head: &str, body: &str| {
        let _ = writeln!(text, "  {head:<9}{body}");
    };
    line("is", &what(node, plan));
    if let NodeKind::Command { action, .. } = &node.kind {
        line("runs", &command(action));
        for one in &action.environment {
            line("sets", &variable(one));
        }
        for advice in plan
            .builds
            .iter()
            .filter(|build| build.node().as_str() == node.id.unit() && action.name != "smoke")
            .flat_map(|build| &build.advice)
        {
            let reference = advice
                .reference
                .as_ref()
                .map(|at| format!(" ({at})"))
                .unwrap_or_default();
            line(
                "because",
                &format!(
                    "{}: `{}` says {}{reference}",
                    advice.tweak, advice.policy, advice.reason
                ),
            );
        }
    }
    if let Some(ledger) = &foreseen.ledger {
        line(
            "depends",
            &format!(
                "on {} things; key {}",
                ledger.entries().len(),
                ledger.key().short()
            ),
        );
    }
    for &need in &node.needs {
        line("needs", graph.nodes()[need].id.as_str());
    }
    let known = record.nodes.get(&node.id);
    if matches!(node.kind, NodeKind::Command { .. } | NodeKind::Judge { .. }) {
        line("last run", &last_run(known));
        for change in known
            .map(|known| known.changes.as_slice())
            .unwrap_or_default()
            .iter()
            .take(SHOWN_CHANGES)
        {
            line("", &format!("- {change}"));
        }
    }
    line("now", &now(&foreseen.forecast));
    if let (Forecast::WouldRun, Some(ledger), Some(known)) =
        (&foreseen.forecast, &foreseen.ledger, known)
    {
        let changes = ledger.changes_since(&known.ledger);
        for change in changes.iter().take(SHOWN_CHANGES) {
            line("", &format!("- {change}"));
        }
        if changes.len() > SHOWN_CHANGES {
            line("", &format!("- and {} more", changes.len() - SHOWN_CHANGES));
        }
    }
    text.push('\n');
}

fn what(node: &Node, plan: &Plan) -> String {
    let build = plan
        .builds
        .iter()
        .find(|build| build.node().as_str() == node.id.unit());
    match (&node.kind, build) {
        (NodeKind::Fetch { toolchain, .. }, _) => format!(
            "toolchain {}, from {}",
            toolchain.version,
            toolchain
                .archives
                .iter()
                .filter_map(|archive| archive.urls.first().map(String::as_str))
                .collect::<Vec<_>>()
                .join(" ")
        ),
        (NodeKind::Command { .. }, Some(build)) => {
            format!(
                "a process that builder `{}` {} planned",
                build.by.plugin, build.by.version
            )
        }
        (NodeKind::Command { .. }, None) => "a task of the pipeline".to_owned(),
        (NodeKind::Judge { .. }, _) => {
            "a look into the artifact before it is called good".to_owned()
        }
        (NodeKind::Publish { artifacts }, _) => {
            let files: Vec<_> = artifacts.iter().map(|(_, to)| to.to_string()).collect();
            format!(
                "{}, put in place when the steps before it hold",
                files.join(", ")
            )
        }
    }
}

fn last_run(record: Option<&NodeRecord>) -> String {
    match record {
        None => "never, in this folder".to_owned(),
        Some(record) => {
            let how = if record.succeeded {
                "succeeded"
            } else {
                "failed"
            };
            match (record.again, record.changes.is_empty()) {
                (false, _) => format!("{how}; it had not run before"),
                (true, true) => format!("{how}; nothing had changed since the time before"),
                (true, false) => format!("{how}; it ran because"),
            }
        }
    }
}

fn now(forecast: &Forecast) -> String {
    let follows = |first: &NodeId| format!("depends on `{first}`, which would run first");
    match forecast {
        Forecast::UpToDate => "up to date".to_owned(),
        Forecast::WouldRun => "would run".to_owned(),
        Forecast::DependsOn(first) => follows(first),
    }
}
