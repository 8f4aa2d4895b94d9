//! What of a plan becomes which nodes: each with what it needs by name, in no order yet.

use std::collections::HashMap;

use orch_model::{Action, Artifact, Measurement, NodeId, Root, Target};

use crate::graph::NodeKind;
use crate::plan::{
    Plan, PlannedBench, PlannedBuild, PlannedDeploy, PlannedTask, PlannedToolchain, SmokeRun,
};
use crate::port::{BUILD_STEP, FILES_STEP};

/// The step of a build that looks into its artifacts.
const VERIFY: &str = "verify";

/// A node before its needs have positions.
pub(crate) struct Loose {
    pub id: NodeId,
    pub kind: NodeKind,
    pub needs: Vec<NodeId>,
}

/// Every node of a plan.
pub(crate) fn plan(plan: &Plan) -> Vec<Loose> {
    let mut loose: Vec<Loose> = plan.toolchains.iter().flat_map(lower_toolchain).collect();
    loose.extend(plan.tasks.iter().map(lower_task));
    let targets: HashMap<&str, &Target> = plan
        .targets
        .iter()
        .map(|target| (target.name.as_str(), &target.target))
        .collect();
    for build in &plan.builds {
        let target = targets.get(build.target.as_str()).copied();
        lower_build(build, target.cloned().unwrap_or_default(), &mut loose);
    }
    loose.extend(plan.benches.iter().flat_map(lower_bench));
    loose.extend(plan.deploys.iter().map(lower_deploy));
    loose
}

/// A bench becomes the actions that make its probe's programs, then the node that puts files in
/// place if there are any, and last the node that measures.
fn lower_bench(bench: &PlannedBench) -> Vec<Loose> {
    let before = || bench.needs.iter().chain([&bench.build]).cloned();
    let mut loose = Vec::new();
    for action in &bench.actions {
        let mut step = lower_step(&bench.node, action);
        // The build is a node of its own, and no step of the bench.
        step.needs
            .retain(|need| *need != bench.node.step(BUILD_STEP));
        step.needs.push(bench.build.clone());
        loose.push(step);
    }
    loose.extend(lower_files(bench));
    let mut needs: Vec<NodeId> = loose.iter().map(|step| step.id.clone()).collect();
    needs.extend(before());
    let measured = bench.measurements.iter().flat_map(Measurement::actions);
    let tools = measured.flat_map(|action| &action.tools);
    needs.extend(tools.map(|tool| NodeId::toolchain(tool)));
    loose.push(Loose {
        id: bench.node.clone(),
        kind: NodeKind::Measure {
            bench: Box::new(bench.clone()),
        },
        needs,
    });
    loose
}

/// What puts the files of a bench in place.
fn lower_files(bench: &PlannedBench) -> Option<Loose> {
    let makers = bench.files.iter().filter_map(|file| match &file.path.root {
        Root::Artifact(action) => Some(bench.node.step(action)),
        _ => None,
    });
    let folder = bench.folder();
    let place = |file: &Artifact| (file.clone(), folder.join(&file.name));
    (!bench.files.is_empty()).then(|| Loose {
        id: bench.node.step(FILES_STEP),
        kind: NodeKind::Publish {
            artifacts: bench.files.iter().map(place).collect(),
            place: folder.clone(),
        },
        needs: makers.collect(),
    })
}

fn lower_deploy(deploy: &PlannedDeploy) -> Loose {
    let builds = deploy.releases.iter().map(|release| &release.build);
    Loose {
        id: deploy.node.clone(),
        needs: builds.chain(&deploy.needs).cloned().collect(),
        kind: NodeKind::Deploy {
            deploy: Box::new(deploy.clone()),
        },
    }
}

/// A toolchain is fetched, or else adopted: from a build, once that was looked into, or from
/// steps of its own.
fn lower_toolchain(planned: &PlannedToolchain) -> Vec<Loose> {
    let (name, toolchain) = (planned.name.clone(), planned.toolchain.clone());
    let id = NodeId::toolchain(&name);
    let Some(made) = &planned.made else {
        return vec![Loose {
            id,
            kind: NodeKind::Fetch { name, toolchain },
            needs: Vec::new(),
        }];
    };
    let mut loose: Vec<_> = made
        .actions
        .iter()
        .map(|action| lower_step(&made.by, action))
        .collect();
    let step = made.by.step(&made.step);
    let mut needs = vec![step.clone()];
    if made.actions.is_empty() {
        needs.push(made.by.step(VERIFY));
    }
    loose.push(Loose {
        id,
        needs,
        kind: NodeKind::Adopt {
            name,
            toolchain,
            step,
            root: made.root.clone(),
        },
    });
    loose
}

/// A process that leaves something for later steps of its unit.
fn lower_step(unit: &NodeId, action: &Action) -> Loose {
    let mut needs: Vec<NodeId> = action.after.iter().map(|name| unit.step(name)).collect();
    needs.extend(action.tools.iter().map(|tool| NodeId::toolchain(tool)));
    Loose {
        id: unit.step(&action.name),
        kind: NodeKind::Command {
            action: action.clone(),
            publish: false,
        },
        needs,
    }
}

fn lower_task(task: &PlannedTask) -> Loose {
    let mut needs = task.needs.clone();
    needs.extend(task.action.tools.iter().map(|tool| NodeId::toolchain(tool)));
    Loose {
        id: task.node.clone(),
        kind: NodeKind::Command {
            action: task.action.clone(),
            publish: true,
        },
        needs,
    }
}

/// A build becomes its actions, then a judge, then the smoke run if there is one, and
/// last the node that has the build's own name and puts the artifacts in place.
fn lower_build(build: &PlannedBuild, target: Target, loose: &mut Vec<Loose>) {
    let unit = build.node();
    for action in &build.actions {
        let mut step = lower_step(&unit, action);
        step.needs.extend(build.needs.iter().cloned());
        loose.push(step);
    }
    let makers = build
        .artifacts
        .iter()
        .filter_map(|artifact| match &artifact.path.root {
            Root::Artifact(action) => Some(unit.step(action)),
            Root::Tool(name) => Some(NodeId::toolchain(name)),
            _ => None,
        });
    let verify = unit.step(VERIFY);
    loose.push(Loose {
        id: verify.clone(),
        kind: NodeKind::Judge {
            // What a toolchain brings along was not made for the target.
            artifacts: build
                .artifacts
                .iter()
                .filter(|artifact| !matches!(artifact.path.root, Root::Tool(_)))
                .cloned()
                .collect(),
            target,
        },
        needs: makers.clone().collect(),
    });
    let mut last = verify;
    if let SmokeRun::Action(action) = &build.smoke {
        let smoke = unit.step(&action.name);
        let mut needs = vec![last];
        needs.extend(makers.clone());
        needs.extend(action.tools.iter().map(|tool| NodeId::toolchain(tool)));
        loose.push(Loose {
            id: smoke.clone(),
            kind: NodeKind::Command {
                action: (**action).clone(),
                publish: false,
            },
            needs,
        });
        last = smoke;
    }
    let folder = build.folder();
    let mut needs = vec![last];
    needs.extend(makers);
    loose.push(Loose {
        id: unit,
        kind: NodeKind::Publish {
            artifacts: build
                .artifacts
                .iter()
                .map(|artifact| (artifact.clone(), folder.join(&artifact.name)))
                .collect(),
            place: folder,
        },
        needs,
    });
}
