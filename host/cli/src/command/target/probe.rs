//! `orch target probe`: what a machine is, and which platform.

use std::path::Path;
use std::time::Duration;

use orch_engine::port::Plugins;
use orch_machine::{Host, Settings};
use orch_model::{Fault, Observation, Role};
use orch_report::{Table, human_bytes, visible_line};

use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::stop::Stop;

use super::loaded;

/// A machine on the other side of the world, just started, over two jump hosts.
const PATIENCE: Duration = Duration::from_secs(60);

pub fn probe(
    environment: Environment,
    host: Option<&str>,
    pipeline: &Path,
    console: &Console,
) -> Result<Exit, Stop> {
    let seen = ask(&environment, host)?;
    let platforms = platforms(environment, pipeline, &seen, console)?;
    match console.json() {
        Some(json) => json.list("machine", &[row(&seen, &platforms)]),
        None => console.print(&describe(&seen, &platforms).render(console.style())),
    }
    Ok(Exit::Done)
}

/// What a machine says of itself; `None` is this one.
pub fn ask(environment: &Environment, host: Option<&str>) -> Result<Observation, Fault> {
    let host = host.map(Host::parse).transpose()?;
    let settings = Settings {
        ssh: environment.find_program("ssh"),
        patience: PATIENCE,
    };
    orch_machine::probe(host.as_ref(), &settings)
}

/// A platform that a plugin takes the machine for.
struct Recognised {
    platform: String,
    plugin: String,
}

/// Every plugin's opinion. One that fails is no reason to keep quiet of the facts.
fn platforms(
    environment: Environment,
    pipeline: &Path,
    seen: &Observation,
    console: &Console,
) -> Result<Vec<Recognised>, Stop> {
    let (plugins, _house) = loaded(environment, pipeline, console)?;
    let mut found = Vec::new();
    for summary in plugins.summaries() {
        let id = &summary.manifest.id;
        if !summary.manifest.roles.contains(&Role::TargetPlatform) {
            continue;
        }
        let called = plugins.recognise(id, seen);
        console.logs(&called.logs);
        match called.result {
            Ok(names) => found.extend(names.into_iter().map(|platform| Recognised {
                platform,
                plugin: id.to_string(),
            })),
            Err(failure) => console.warning(&failure.to_string(), None),
        }
    }
    Ok(found)
}

/// The document that `orch target check --on FILE` reads, with the platforms beside it.
fn row(seen: &Observation, platforms: &[Recognised]) -> serde_json::Value {
    let mut row = seen.document();
    row["platforms"] = platforms
        .iter()
        .map(|one| serde_json::json!({ "platform": one.platform, "plugin": one.plugin }))
        .collect();
    row
}

/// What people ask first, top down.
fn describe(seen: &Observation, platforms: &[Recognised]) -> Table {
    let mut table = Table::new(["what", "it is"]);
    let mut add = |what: &str, value: Option<String>| {
        table.row([
            what,
            visible_line(&value.unwrap_or("unknown".to_owned())).as_str(),
        ]);
    };
    let fact = |name: &str| seen.fact(name).map(str::to_owned);
    let names: Vec<String> = platforms
        .iter()
        .map(|one| match one.platform == one.plugin {
            true => one.platform.clone(),
            false => format!("{} (plugin {})", one.platform, one.plugin),
        })
        .collect();
    let platform = match names.is_empty() {
        true => "none that a plugin recognises".to_owned(),
        false => names.join(", "),
    };
    add("platform", Some(platform));
    // Only a machine with a device tree has one.
    if let Some(model) = fact("device-tree-model") {
        add("model", Some(model));
    }
    add("architecture", fact("machine"));
    add("cpu", cpu(seen));
    add("kernel", kernel(seen));
    add(
        "pages",
        seen.number("page-bytes")
            .map(|bytes| format!("{} KiB", bytes >> 10)),
    );
    add("C library", libc(seen));
    add(
        "loaders",
        seen.list("loaders").map(|names| names.join(", ")),
    );
    add(
        "libraries",
        seen.list("libraries").map(|names| names.len().to_string()),
    );
    add("cores", fact("cores"));
    add("memory", seen.number("memory-bytes").map(human_bytes));
    add("NUMA nodes", fact("numa-nodes"));
    add("hwcap", hwcap(seen));
    table
}

fn cpu(seen: &Observation) -> Option<String> {
    let name = seen.fact("cpuinfo").and_then(|text| {
        text.lines().find_map(|line| {
            let (title, value) = line.split_once(':')?;
            (title.trim() == "model name").then(|| value.trim().to_owned())
        })
    });
    let numbers = seen.fact("cpu-implementer").map(|implementer| {
        let part = seen.fact("cpu-part").unwrap_or("unknown");
        format!("implementer {implementer}, part {part}")
    });
    match (name, numbers) {
        (Some(name), Some(numbers)) => Some(format!("{name} ({numbers})")),
        (name, numbers) => name.or(numbers),
    }
}

fn kernel(seen: &Observation) -> Option<String> {
    let version = seen.fact("kernel")?;
    Some(format!(
        "{} {version}",
        seen.fact("system").unwrap_or_default()
    ))
}

fn libc(seen: &Observation) -> Option<String> {
    let name = seen.fact("libc-name")?;
    Some(format!("{name} {}", seen.fact("libc").unwrap_or_default()))
}

fn hwcap(seen: &Observation) -> Option<String> {
    let first = seen.fact("hwcap")?;
    Some(match seen.fact("hwcap2") {
        Some(second) => format!("{first}, {second}"),
        None => first.to_owned(),
    })
}
