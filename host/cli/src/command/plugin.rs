//! `orch plugin …`: build, inspect, list and grant.

use std::fmt::Write;
use std::path::Path;

use orch_model::{Fault, FaultKind, PluginOrigin, PluginSummary};
use orch_plugins::PluginHost;
use orch_report::{Table, human_bytes};

use crate::arguments::PluginCommand;
use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::grants;
use crate::house::House;
use crate::planning;
use crate::project::Project;
use crate::stop::Stop;

pub fn plugin(
    environment: Environment,
    command: PluginCommand,
    console: &Console,
) -> Result<Exit, Stop> {
    match command {
        PluginCommand::Build { folder } => build(&environment, &folder, console),
        PluginCommand::Inspect { plugin, project } => {
            inspect(environment, &plugin, &project.pipeline, console)
        }
        PluginCommand::List(project) => list(environment, &project.pipeline, console),
        PluginCommand::Grant {
            plugin,
            asks,
            all,
            pipeline,
        } => grant(environment, &plugin, asks, all, &pipeline, console),
    }
}

/// The bundled plugins, with those of a pipeline where there is one.
pub fn loaded(
    environment: Environment,
    pipeline: &Path,
    console: &Console,
) -> Result<(PluginHost, House), Stop> {
    let there = environment.directory.join(pipeline);
    let asked_for = pipeline != Path::new("pipeline.toml");
    let (folder, own) = match asked_for || there.exists() {
        true => {
            let project = Project::open(&environment, pipeline)?;
            let own = planning::own_plugins(&planning::parse(&project, console)?, &project);
            (Some(project.folder), own)
        }
        false => (None, Vec::new()),
    };
    let house = House::open(environment, folder, true, console)?;
    let plugins = house.plugins(console, &own)?;
    Ok((plugins, house))
}

fn build(environment: &Environment, folder: &Path, console: &Console) -> Result<Exit, Stop> {
    let absolute = environment.directory.join(folder);
    let target = environment.cache.join("plugin-target");
    let options = orch_plugin_build::Options::new(environment.inherited());
    let built = orch_plugin_build::build(&absolute, &target, &options)
        .map_err(|error| Fault::new(FaultKind::Plugin, error.to_string()))?;
    // Held against the contract here, so that an author hears of a mistake at once.
    let summary = orch_plugins::inspect(
        &built.component,
        PluginOrigin::Path(folder.display().to_string()),
    )
    .map_err(|failure| Fault::new(FaultKind::Plugin, failure.to_string()))?;
    let name = format!("{}.wasm", summary.manifest.id);
    crate::files::replace(&absolute.join(&name), &built.component)?;
    console.say(&format!(
        "{}: {}, {}",
        folder.join(name).display(),
        human_bytes(summary.bytes),
        summary.digest
    ));
    Ok(Exit::Done)
}

fn inspect(
    environment: Environment,
    plugin: &str,
    pipeline: &Path,
    console: &Console,
) -> Result<Exit, Stop> {
    let file = environment.directory.join(plugin);
    let summary = match file.is_file() {
        true => {
            let bytes = std::fs::read(&file).map_err(|error| Fault::io("read", &file, &error))?;
            orch_plugins::inspect(&bytes, PluginOrigin::Path(plugin.to_owned()))
                .map_err(|failure| Fault::new(FaultKind::Plugin, failure.to_string()))?
        }
        false => {
            let (plugins, _) = loaded(environment, pipeline, console)?;
            find(&plugins, plugin)?
        }
    };
    match console.json() {
        Some(json) => json.list("plugins", &[json_of(&summary)]),
        None => console.print(&describe(&summary)),
    }
    Ok(Exit::Done)
}

fn find(plugins: &PluginHost, name: &str) -> Result<PluginSummary, Fault> {
    let summaries = plugins.summaries();
    let known = summaries.iter().map(|summary| summary.manifest.id.as_str());
    let hint = match orch_model::nearest(name, known) {
        Some(meant) => format!(
            "did you mean `{meant}`? `orch plugin list` shows all; a file is named by its path"
        ),
        None => "`orch plugin list` shows all; a file is named by its path".to_owned(),
    };
    summaries
        .iter()
        .find(|summary| summary.manifest.id.as_str() == name)
        .cloned()
        .ok_or_else(|| Fault::usage(format!("no plugin is called `{name}`")).hint(hint))
}

fn describe(summary: &PluginSummary) -> String {
    let manifest = &summary.manifest;
    let mut text = String::new();
    let mut line = |head: &str, body: &str| {
        let _ = writeln!(text, "{head:<9}{body}");
    };
    line("plugin", &format!("{} {}", manifest.id, manifest.version));
    line("summary", &manifest.summary);
    line("roles", &roles(summary));
    line("api", &manifest.api.to_string());
    line("digest", &summary.digest.to_string());
    line("size", &human_bytes(summary.bytes));
    line("origin", &origin(summary));
    for import in &summary.imports {
        line("imports", import);
    }
    for export in &summary.exports {
        line("exports", export);
    }
    let asks = manifest.asks.lines();
    if asks.is_empty() {
        line("asks for", "nothing");
    }
    for ask in asks {
        line("asks for", &ask);
    }
    for (role, schema) in &manifest.settings {
        let names: Vec<_> = schema
            .get("properties")
            .and_then(|properties| properties.as_object())
            .map(|properties| properties.keys().map(String::as_str).collect())
            .unwrap_or_default();
        line("settings", &format!("{role}: {}", names.join(", ")));
    }
    text
}

fn roles(summary: &PluginSummary) -> String {
    let roles: Vec<_> = summary
        .manifest
        .roles
        .iter()
        .map(|role| role.name())
        .collect();
    roles.join(", ")
}

fn origin(summary: &PluginSummary) -> String {
    match &summary.origin {
        PluginOrigin::Bundled => "bundled with orch".to_owned(),
        PluginOrigin::Path(path) => path.clone(),
    }
}

fn json_of(summary: &PluginSummary) -> serde_json::Value {
    serde_json::to_value(summary).unwrap_or_default()
}

fn list(environment: Environment, pipeline: &Path, console: &Console) -> Result<Exit, Stop> {
    let (plugins, _) = loaded(environment, pipeline, console)?;
    let summaries = plugins.summaries();
    if let Some(json) = console.json() {
        let rows: Vec<_> = summaries.iter().map(json_of).collect();
        json.list("plugins", &rows);
        return Ok(Exit::Done);
    }
    let mut table = Table::new(["plugin", "version", "roles", "size", "digest", "origin"]).right(3);
    for summary in &summaries {
        table.row([
            summary.manifest.id.as_str(),
            &summary.manifest.version.to_string(),
            &roles(summary),
            &human_bytes(summary.bytes),
            &summary.digest.short(),
            &origin(summary),
        ]);
    }
    console.print(&table.render(console.style()));
    Ok(Exit::Done)
}

fn grant(
    environment: Environment,
    plugin: &str,
    asks: Vec<String>,
    all: bool,
    pipeline: &Path,
    console: &Console,
) -> Result<Exit, Stop> {
    let (plugins, house) = loaded(environment, pipeline, console)?;
    let summary = find(&plugins, plugin)?;
    if summary.origin == PluginOrigin::Bundled {
        return Err(Fault::usage(format!(
            "plugin `{plugin}` is bundled: it is allowed what it asks for"
        ))
        .into());
    }
    let asked = summary.manifest.asks.lines();
    let wanted = if all { asked.clone() } else { asks };
    for ask in &wanted {
        if !asked.contains(ask) {
            let hint = match asked.is_empty() {
                true => "it asks for nothing".to_owned(),
                false => format!("it asks for {}", asked.join(", ")),
            };
            return Err(
                Fault::usage(format!("plugin `{plugin}` does not ask for `{ask}`"))
                    .hint(hint)
                    .into(),
            );
        }
    }
    let mut allowed = grants::read(&house.environment)?;
    for ask in &wanted {
        allowed.allow(summary.digest, summary.manifest.id.clone(), ask);
    }
    grants::write(&house.environment, &allowed)?;
    console.say(&format!(
        "allowed plugin `{plugin}` ({}): {}",
        summary.digest.short(),
        if wanted.is_empty() {
            "nothing".to_owned()
        } else {
            wanted.join(", ")
        }
    ));
    Ok(Exit::Done)
}
