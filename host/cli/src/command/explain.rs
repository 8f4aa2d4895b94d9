//! `orch explain`: what a node is, who proposed it and why, why it ran last, and whether
//! it would run now.

use std::fmt::Write;
use std::time::Duration;

use orch_engine::port::ActionCache;
use orch_engine::{
    ActionGraph, Change, Forecast, Foreseen, Ledger, Node, NodeKind, Plan, PlannedBuild,
};
use orch_model::{Fault, NodeId};
use orch_report::human_duration;

use crate::arguments::{ProjectArguments, SandboxMode};
use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::hands::Hands;
use crate::history::{self, Executed};
use crate::isolation::Isolation;
use crate::planned::{Planned, graph_of};
use crate::project::Project;
use crate::stop::Stop;

use super::plan::{command, variable};
use super::tuning;

/// How many changes are listed before the rest is counted.
const SHOWN_CHANGES: usize = 20;

pub fn explain(
    environment: Environment,
    node: &str,
    against: Option<u64>,
    arguments: &ProjectArguments,
    console: &Console,
) -> Result<Exit, Stop> {
    let Planned {
        project,
        house,
        plan,
    } = Planned::open(environment, arguments, console)?;
    let mut left_out = plan.left_out.iter();
    if let Some(cell) = left_out.find(|cell| cell.node.as_str() == node) {
        let text = format!("`{node}` is left out\n  {}\n", cell.reason);
        show(node, &text, console);
        return Ok(Exit::Done);
    }
    let whole = graph_of(&plan)?;
    orch_engine::named(&whole, node)?;
    let graph = whole.needed_by(|id| id.is_meant_by(node));
    let sandboxes = Isolation::find(SandboxMode::Best, &house.environment)?.sandboxes;
    let mut hands = Hands::new(&house, &project, sandboxes)?;
    if !plan.benches.is_empty() {
        hands.measure(&house, &project, &plan, false)?;
    }
    let foreseen = orch_engine::forecast(&graph, hands.world(&house))?;
    let mut text = String::new();
    let mut compared = false;
    for (known, foreseen) in graph.nodes().iter().zip(&foreseen) {
        if known.id.is_meant_by(node) {
            let past = past(&project, &hands, &known.id, against)?;
            compared |= past.last.is_some();
            explain_node(&mut text, known, foreseen, &graph, &plan, &past);
        }
    }
    if let Some(run) = against.filter(|_| !compared) {
        return Err(Fault::usage(format!("run {run} did not execute `{node}`"))
            .hint("`orch explain` without `--against` names the last run that did")
            .into());
    }
    show(node, &text, console);
    Ok(Exit::Done)
}

fn show(node: &str, text: &str, console: &Console) {
    match console.json() {
        Some(json) => json.explanation(node, text),
        None => console.print(text),
    }
}

fn explain_node(
    text: &mut String,
    node: &Node,
    foreseen: &Foreseen,
    graph: &ActionGraph,
    plan: &Plan,
    past: &Past,
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
        let own_build = |build: &&PlannedBuild| build.node().as_str() == node.id.unit();
        let build = plan.builds.iter().find(own_build);
        for (advice, standing) in build
            .filter(|_| action.name != "smoke")
            .into_iter()
            .flat_map(tuning::standings)
        {
            line(standing.head(), &standing.explained(advice));
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
    if node.kind.has_record() {
        line("last run", &last_run(past));
        changes(&mut line, &past.changes);
    }
    line("now", &now(&foreseen.forecast));
    if let (Forecast::WouldRun, Some(ledger), Some(then)) =
        (&foreseen.forecast, &foreseen.ledger, &past.ledger)
    {
        changes(&mut line, &ledger.changes_since(then));
    }
    text.push('\n');
}

fn what(node: &Node, plan: &Plan) -> String {
    let build = plan
        .builds
        .iter()
        .find(|build| build.node().as_str() == node.id.unit());
    match (&node.kind, build) {
        (NodeKind::Fetch { toolchain, .. }, _) if !toolchain.programs.is_empty() => {
            format!("toolchain {}, which this machine has", toolchain.version)
        }
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
        (
            NodeKind::Adopt {
                toolchain, step, ..
            },
            _,
        ) => {
            format!("toolchain {}, made by `{step}`", toolchain.version)
        }
        (NodeKind::Command { .. }, Some(build)) => {
            format!(
                "a process that builder `{}` {} planned",
                build.by.plugin, build.by.version
            )
        }
        (NodeKind::Command { .. }, None) if node.id.as_str().starts_with("toolchain.") => {
            "a process that makes a companion of a toolchain".to_owned()
        }
        (NodeKind::Command { .. }, None) => "a task of the pipeline".to_owned(),
        (NodeKind::Judge { .. }, _) => {
            "a look into the artifact before it is called good".to_owned()
        }
        (NodeKind::Measure { bench }, _) => format!(
            "a measurement of `{}` that probe `{}` of plugin `{}` {} planned",
            bench.build, bench.probe, bench.by.plugin, bench.by.version
        ),
        (NodeKind::Deploy { deploy }, _) => format!(
            "a release of build `{}` that deployer `{}` {} planned; how it stands only the machines \
             know, and every run asks them",
            deploy.of, deploy.by.plugin, deploy.by.version
        ),
        (NodeKind::Publish { artifacts, .. }, _) => {
            let files: Vec<_> = artifacts.iter().map(|(_, to)| to.to_string()).collect();
            format!(
                "{}, put in place when the steps before it hold",
                files.join(", ")
            )
        }
    }
}

/// What is remembered of one node.
struct Past {
    /// The last run that executed it, or the one that is asked for.
    last: Option<Executed>,
    /// What its result depended on then.
    ledger: Option<Ledger>,
    /// What had changed since it was executed before that; empty if it never was.
    changes: Vec<Change>,
    /// Whether it was executed before that.
    again: bool,
}

fn past(
    project: &Project,
    hands: &Hands,
    node: &NodeId,
    against: Option<u64>,
) -> Result<Past, Fault> {
    let mut runs = history::of_node(&project.folder, node);
    if let Some(run) = against {
        runs.retain(|past| past.run <= run);
        if runs.last().is_none_or(|past| past.run != run) {
            runs.clear();
        }
    }
    let last = runs.pop();
    let before = runs.pop();
    let ledger = |past: &Option<Executed>| match past {
        Some(past) => hands.cache.ledger(&past.record.key),
        None => Ok(None),
    };
    let (then, earlier) = (ledger(&last)?, ledger(&before)?);
    let changes = match (&then, &earlier) {
        (Some(then), Some(earlier)) => then.changes_since(earlier),
        _ => Vec::new(),
    };
    Ok(Past {
        again: before.is_some(),
        ledger: then,
        last,
        changes,
    })
}

fn changes(line: &mut impl FnMut(&str, &str), changes: &[Change]) {
    for change in changes.iter().take(SHOWN_CHANGES) {
        line("", &format!("- {change}"));
    }
    if changes.len() > SHOWN_CHANGES {
        line("", &format!("- and {} more", changes.len() - SHOWN_CHANGES));
    }
}

fn last_run(past: &Past) -> String {
    let Some(last) = &past.last else {
        return "never, in this folder".to_owned();
    };
    let how = match last.record.succeeded {
        true => "succeeded",
        false => "failed",
    };
    let ago = Duration::from_secs(history::now_s().saturating_sub(last.ended_s));
    let head = format!("{how} in run {}, {} ago", last.run, human_duration(ago));
    match (past.again, past.changes.is_empty()) {
        (false, _) => format!("{head}; it had not run before"),
        (true, true) => format!("{head}; nothing had changed since the time before"),
        (true, false) => format!("{head}; it ran because"),
    }
}

fn now(forecast: &Forecast) -> String {
    let follows = |first: &NodeId| format!("depends on `{first}`, which comes first");
    match forecast {
        Forecast::UpToDate => "up to date".to_owned(),
        Forecast::WouldRestore => {
            "would be put back: its result is at hand, but not where it belongs".to_owned()
        }
        Forecast::WouldRun => "would run".to_owned(),
        Forecast::DependsOn(first) => follows(first),
    }
}
