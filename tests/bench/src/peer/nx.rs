//! nx: `nx.json`, and a project for each task, as a target of nx's belongs to a project.

use std::path::Path;

use serde_json::{Value, json};

use crate::file::write;
use crate::graph::Graph;
use crate::install;
use crate::layout::Layout;
use crate::peer::Peer;

/// nx.
pub static NX: Peer = Peer {
    name: "nx",
    source: install::NX,
    layout: Layout::Packages,
    describe,
    arguments: &["run-many", "--target=build", "--outputStyle=static"],
    parallel: Some("--parallel="),
    variables: &[
        ("CI", "true"),
        ("NX_DAEMON", "false"),
        ("NX_ISOLATE_PLUGINS", "false"),
        ("NX_NO_CLOUD", "true"),
        ("NX_TUI", "false"),
        ("DO_NOT_TRACK", "1"),
    ],
    memory: &[".nx"],
    repository: true,
    remark: Some("each task is the target of a project of its own"),
};

fn describe(graph: &Graph, folder: &Path) -> Result<(), String> {
    let put = |name: &str, value: Value| write(&folder.join(name), &value.to_string());
    put("package.json", json!({ "name": "graph", "private": true }))?;
    put(
        "nx.json",
        json!({
            "analytics": false,
            "neverConnectToCloud": true,
            "useDaemonProcess": false,
            "targetDefaults": { "build": {
                "cache": true,
                "dependsOn": ["^build"],
                "inputs": ["{projectRoot}/in.txt"],
                "outputs": ["{projectRoot}/out.txt"],
            } },
        }),
    )?;
    for (task, needs) in graph.needs.iter().enumerate() {
        let needs: Vec<_> = needs.iter().map(|need| format!("t{need}")).collect();
        put(
            &format!("packages/t{task}/project.json"),
            json!({
                "name": format!("t{task}"),
                "implicitDependencies": needs,
                "targets": { "build": {
                    "command": "cp in.txt out.txt",
                    "options": { "cwd": "{projectRoot}" },
                } },
            }),
        )?;
    }
    Ok(())
}
