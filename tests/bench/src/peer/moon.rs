//! moon: one project with all tasks in `moon.json`. A project for each task was slower. Its
//! tasks belong to no toolchain, so that it installs none.

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::file::write;
use crate::graph::Graph;
use crate::install;
use crate::layout::Layout;
use crate::peer::Peer;

/// moon.
pub static MOON: Peer = Peer {
    name: "moon",
    source: install::MOON,
    layout: Layout::Folders,
    describe,
    arguments: &["run", "graph:all", "--no-actions", "--summary=none"],
    parallel: None,
    variables: &[("MOON_TELEMETRY", "false"), ("DO_NOT_TRACK", "1")],
    memory: &[".moon/cache"],
    repository: true,
    remark: None,
};

fn describe(graph: &Graph, folder: &Path) -> Result<(), String> {
    let put = |name: &str, value: Value| write(&folder.join(name), &value.to_string());
    put(
        ".moon/workspace.json",
        json!({
            "projects": { "graph": "." },
            "telemetry": false,
            "pipeline": {
                "autoCleanCache": false,
                "installDependencies": false,
                "syncProjects": false,
                "syncWorkspace": false,
            },
        }),
    )?;
    let mut tasks: Map<String, Value> = graph
        .needs
        .iter()
        .enumerate()
        .map(|(task, needs)| (format!("t{task}"), entry(task, needs)))
        .collect();
    let all: Vec<_> = (0..graph.len()).map(target).collect();
    tasks.insert(
        "all".to_owned(),
        json!({ "command": "noop", "deps": all, "toolchains": ["system"] }),
    );
    put("moon.json", json!({ "tasks": tasks }))
}

fn entry(task: usize, needs: &[usize]) -> Value {
    let (input, output) = (Layout::Folders.input(task), Layout::Folders.output(task));
    let needs: Vec<_> = needs.iter().copied().map(target).collect();
    json!({
        "command": format!("cp {input} {output}"),
        "deps": needs,
        "inputs": [input],
        "outputs": [output],
        "toolchains": ["system"],
    })
}

fn target(task: usize) -> String {
    format!("~:t{task}")
}
