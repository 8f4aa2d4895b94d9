//! `orch toolchain list`: what is installed, or what a plugin can install.

use std::fmt::Write;

use orch_report::{Table, human_bytes};

use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::house::House;
use crate::stop::Stop;

use super::release;

/// What is installed.
pub fn list(environment: Environment, console: &Console) -> Result<Exit, Stop> {
    let house = House::open(environment, None, true, console)?;
    let mut table = Table::new(["toolchain", "size", "left out", "files", "lies in"])
        .right(1)
        .right(2)
        .right(3);
    let mut rows = Vec::new();
    for release in house.fetcher.list_installed()? {
        let tree = &release.tree;
        let left_out = match tree.left_out_bytes {
            0 => "-".to_owned(),
            bytes => human_bytes(bytes),
        };
        table.row([
            release.label.as_str(),
            &human_bytes(tree.bytes),
            &left_out,
            &tree.files.to_string(),
            &tree.root.display().to_string(),
        ]);
        rows.push(serde_json::json!({
            "toolchain": release.label, "bytes": tree.bytes, "files": tree.files,
            "left_out_bytes": tree.left_out_bytes, "root": tree.root, "tree": tree.tree,
        }));
    }
    match console.json() {
        Some(json) => json.list("toolchains", &rows),
        None if rows.is_empty() => {
            console.say("no toolchain is installed; `orch toolchain install go@1.22` installs one")
        }
        None => console.print(&table.render(console.style())),
    }
    Ok(Exit::Done)
}

/// What a plugin can install on this machine.
pub fn available(environment: Environment, plugin: &str, console: &Console) -> Result<Exit, Stop> {
    let house = House::open(environment, None, false, console)?;
    let plugins = house.plugins(console, &[])?;
    let id = release::plugin_id(plugin)?;
    let releases = release::releases(&plugins, &id, "*", &house.environment.host, console)?;
    match console.json() {
        Some(json) => {
            let rows: Vec<_> = releases
                .iter()
                .map(|release| serde_json::json!(release))
                .collect();
            json.list("releases", &rows);
        }
        None => console.print(&releases.iter().fold(String::new(), |mut text, release| {
            let _ = writeln!(text, "{release}");
            text
        })),
    }
    Ok(Exit::Done)
}
