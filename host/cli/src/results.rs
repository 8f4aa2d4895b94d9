//! What a run made: a row for each artifact that lies in place.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use orch_engine::port::{BenchReport, DeployReport, Judgement, OutputFile};
use orch_engine::{
    ActionGraph, Node, NodeKind, NodeRun, Origin, Outcome, Plan, PlannedBuild, Run, SmokeRun,
};
use orch_model::Runner;
use orch_report::{BenchRow, DeployRow, ResultOrigin, ResultRow};
use serde::Deserialize;

/// A row for every artifact that was put in place.
pub fn rows(plan: &Plan, graph: &ActionGraph, run: &Run) -> Vec<ResultRow> {
    let mut steps: HashMap<&str, Vec<Step<'_>>> = HashMap::new();
    for step in graph.nodes().iter().zip(&run.nodes) {
        steps.entry(step.0.id.unit()).or_default().push(step);
    }
    plan.builds
        .iter()
        .filter_map(|build| Some((build, steps.get(build.node().as_str())?)))
        .filter_map(|(build, steps)| Some((build, steps, outputs(steps)?)))
        .flat_map(|(build, steps, outputs)| {
            build
                .artifacts
                .iter()
                .zip(outputs)
                .map(|(artifact, file)| row(build, artifact.name.as_str(), file, steps))
        })
        .collect()
}

/// A row for every bench that has figures, whatever its gates say.
pub fn bench_rows(graph: &ActionGraph, run: &Run) -> Vec<BenchRow> {
    let steps = graph.nodes().iter().zip(&run.nodes);
    let measured = steps.filter(|(node, _)| matches!(node.kind, NodeKind::Measure { .. }));
    let row = |(node, run): (&Node, &NodeRun)| {
        let (findings, known) = match &run.outcome {
            Outcome::Succeeded { result, origin } => (&result.findings, *origin == Origin::Cached),
            Outcome::Failed { findings, .. } | Outcome::Waits { findings, .. } => (findings, false),
            Outcome::Skipped { .. } | Outcome::Cancelled => return None,
        };
        Some(BenchRow {
            node: node.id.clone(),
            report: BenchReport::deserialize(findings).ok()?,
            known,
        })
    };
    measured.filter_map(row).collect()
}

/// A row for every deploy that came to something.
pub fn deploy_rows(graph: &ActionGraph, run: &Run) -> Vec<DeployRow> {
    let steps = graph.nodes().iter().zip(&run.nodes);
    let deployed = steps.filter(|(node, _)| matches!(node.kind, NodeKind::Deploy { .. }));
    let row = |(node, run): (&Node, &NodeRun)| {
        let findings = match &run.outcome {
            Outcome::Succeeded { result, .. } => &result.findings,
            Outcome::Failed { findings, .. } | Outcome::Waits { findings, .. } => findings,
            Outcome::Skipped { .. } | Outcome::Cancelled => return None,
        };
        Some(DeployRow {
            node: node.id.clone(),
            report: DeployReport::deserialize(findings).ok()?,
        })
    };
    deployed.filter_map(row).collect()
}

/// The rows of an earlier run, in which some builds were looked up once more: `rows` are
/// those of a run of `part`, their plan.
pub fn renewed(earlier: Vec<ResultRow>, part: &Plan, rows: Vec<ResultRow>) -> Vec<ResultRow> {
    let cells = part.builds.iter();
    let cells: HashSet<_> = cells
        .map(|build| (&*build.name, &*build.target, build.matrix_toolchain()))
        .collect();
    let rows = rows.into_iter().map(|row| (row.artifact.clone(), row));
    let mut rows: HashMap<String, ResultRow> = rows.collect();
    let renewed = earlier.into_iter().filter_map(|row| {
        let cell = (&*row.build, &*row.target, row.toolchain.as_deref());
        match cells.contains(&cell) {
            true => rows.remove(&row.artifact),
            false => Some(row),
        }
    });
    renewed.collect()
}

/// A node with what came of it.
type Step<'a> = (&'a Node, &'a NodeRun);

/// What the steps of a build put in place.
fn outputs<'a>(steps: &[Step<'a>]) -> Option<&'a [OutputFile]> {
    let (_, run) = steps
        .iter()
        .find(|(node, _)| matches!(node.kind, NodeKind::Publish { .. }))?;
    match &run.outcome {
        Outcome::Succeeded { result, .. } => Some(&result.outputs),
        _ => None,
    }
}

/// What was found when the artifact was looked into.
fn judgement(artifact: &str, steps: &[Step<'_>]) -> Option<Judgement> {
    let judged = |(node, _): &&Step<'_>| matches!(node.kind, NodeKind::Judge { .. });
    let (_, run) = steps.iter().find(judged)?;
    let Outcome::Succeeded { result, .. } = &run.outcome else {
        return None;
    };
    Judgement::deserialize(result.findings.get(artifact)?).ok()
}

fn row(build: &PlannedBuild, artifact: &str, file: &OutputFile, steps: &[Step<'_>]) -> ResultRow {
    let judgement = judgement(artifact, steps).unwrap_or_default();
    // Putting a file in place is no work that a user counts.
    let counted: Vec<_> = steps
        .iter()
        .filter(|(node, _)| !matches!(node.kind, NodeKind::Publish { .. }))
        .collect();
    let cached = counted
        .iter()
        .filter(|(_, run)| {
            matches!(
                run.outcome,
                Outcome::Succeeded {
                    origin: Origin::Cached | Origin::Restored,
                    ..
                }
            )
        })
        .count();
    let folder = build.folder();
    ResultRow {
        build: build.name.clone(),
        target: build.target.clone(),
        toolchain: build.matrix_toolchain().map(str::to_owned),
        artifact: format!("{folder}/{artifact}"),
        bytes: file.bytes,
        digest: file.digest,
        kind: judgement.summary,
        memories: judgement.memories,
        took: steps.iter().map(|(_, run)| run.took).sum::<Duration>(),
        origin: match cached {
            0 => ResultOrigin::Built,
            all if all == counted.len() => ResultOrigin::Cached,
            _ => ResultOrigin::Partly,
        },
        smoke: match &build.smoke {
            SmokeRun::Action(action) => match &action.runner {
                Runner::Native => "ran here".to_owned(),
                Runner::EmbeddedWasm => "ran in the embedded engine".to_owned(),
                Runner::Emulator(command) => {
                    format!(
                        "ran under {}",
                        command.first().map_or("an emulator", String::as_str)
                    )
                }
            },
            SmokeRun::Not(why) => format!("not run: {why}"),
        },
    }
}
