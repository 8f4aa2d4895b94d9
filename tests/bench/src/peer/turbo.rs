//! turbo: `turbo.json`, and a package for each task, as a task of turbo's is a script of a
//! package. The package manager that starts the scripts is bun: npm takes a fifth of a second
//! to start one, bun some milliseconds.

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::file::write;
use crate::graph::Graph;
use crate::install::{self, BUN_VERSION};
use crate::layout::Layout;
use crate::peer::Peer;

/// turbo.
pub static TURBO: Peer = Peer {
    name: "turbo",
    source: install::TURBO,
    layout: Layout::Packages,
    describe,
    arguments: &[
        "run",
        "build",
        "--output-logs=errors-only",
        "--no-update-notifier",
        "--skip-infer",
    ],
    parallel: Some("--concurrency="),
    variables: &[("TURBO_TELEMETRY_DISABLED", "1"), ("DO_NOT_TRACK", "1")],
    memory: &[".turbo", "node_modules"],
    repository: true,
    remark: Some("each task is a script of a package of its own, started by bun"),
};

fn describe(graph: &Graph, folder: &Path) -> Result<(), String> {
    let put = |name: &str, value: Value| write(&folder.join(name), &value.to_string());
    put(
        "package.json",
        json!({
            "name": "graph",
            "private": true,
            "packageManager": format!("bun@{BUN_VERSION}"),
            "workspaces": ["packages/*"],
        }),
    )?;
    put(
        "turbo.json",
        json!({ "tasks": { "build": {
            "dependsOn": ["^build"],
            "inputs": ["in.txt"],
            "outputs": ["out.txt"],
        } } }),
    )?;
    put("bun.lock", lock(graph))?;
    for (task, needs) in graph.needs.iter().enumerate() {
        put(
            &format!("packages/t{task}/package.json"),
            json!({
                "name": format!("t{task}"),
                "version": "0.0.0",
                "scripts": { "build": "cp in.txt out.txt" },
                "dependencies": dependencies(needs),
            }),
        )?;
    }
    Ok(())
}

fn dependencies(needs: &[usize]) -> Map<String, Value> {
    let entry = |need: &usize| (format!("t{need}"), json!("workspace:*"));
    needs.iter().map(entry).collect()
}

/// What bun would write for these packages; without it turbo warns and hashes less.
fn lock(graph: &Graph) -> Value {
    let mut workspaces = Map::new();
    let mut packages = Map::new();
    workspaces.insert(String::new(), json!({ "name": "graph" }));
    for (task, needs) in graph.needs.iter().enumerate() {
        let (name, place) = (format!("t{task}"), format!("packages/t{task}"));
        packages.insert(name.clone(), json!([format!("{name}@workspace:{place}")]));
        let dependencies = dependencies(needs);
        workspaces.insert(
            place,
            json!({ "name": name, "version": "0.0.0", "dependencies": dependencies }),
        );
    }
    json!({ "lockfileVersion": 1, "workspaces": workspaces, "packages": packages })
}
