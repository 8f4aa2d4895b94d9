//! `orch toolchain …`: many versions side by side, nothing global touched.

use std::fmt::Write;
use std::path::Path;

use orch_engine::port::{InstalledTree, Plugins, Progress, Stage, Toolchains};
use orch_engine::{Cancel, locked_host};
use orch_model::{
    Fault, FaultKind, Hasher, Machine, Part, PluginFailure, PluginId, Root, SandboxPath, Toolchain,
    Variable,
};
use orch_plugins::PluginHost;
use orch_report::{Table, human_bytes};

use crate::arguments::{ShellSyntax, ToolchainCommand};
use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::house::House;
use crate::interrupt;
use crate::stop::Stop;

/// The kind of the store's records that remember what a requirement was resolved to.
const RECORD: &str = "toolchain";

pub fn toolchain(
    environment: Environment,
    command: ToolchainCommand,
    console: &Console,
) -> Result<Exit, Stop> {
    match command {
        ToolchainCommand::List { available: None } => list(environment, console),
        ToolchainCommand::List {
            available: Some(plugin),
        } => available(environment, &plugin, console),
        ToolchainCommand::Install { toolchain, offline } => {
            install(environment, &toolchain, offline, console)
        }
        ToolchainCommand::Env { toolchain, shell } => env(environment, &toolchain, shell, console),
    }
}

fn list(environment: Environment, console: &Console) -> Result<Exit, Stop> {
    let house = House::open(environment, None, true, console)?;
    let mut table = Table::new(["toolchain", "size", "files", "lies in"])
        .right(1)
        .right(2);
    let mut rows = Vec::new();
    for release in house.fetcher.list_installed()? {
        let tree = &release.tree;
        table.row([
            release.label.as_str(),
            &human_bytes(tree.bytes),
            &tree.files.to_string(),
            &tree.root.display().to_string(),
        ]);
        rows.push(serde_json::json!({
            "toolchain": release.label, "bytes": tree.bytes, "files": tree.files,
            "root": tree.root, "tree": tree.tree,
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

fn available(environment: Environment, plugin: &str, console: &Console) -> Result<Exit, Stop> {
    let house = House::open(environment, None, false, console)?;
    let plugins = house.plugins(console, &[])?;
    let id = plugin_id(plugin)?;
    let releases = releases(&plugins, &id, "*", &house.environment.host, console)?;
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

fn install(
    environment: Environment,
    wanted: &str,
    offline: bool,
    console: &Console,
) -> Result<Exit, Stop> {
    let house = House::open(environment, None, offline, console)?;
    let (id, requirement) = split(wanted)?;
    let toolchain = resolve(&house, &id, &requirement, console)?;
    let cancel = Cancel::new();
    interrupt::listen(&cancel, !console.is_json())?;
    let observer = console.observer();
    let node = orch_model::NodeId::toolchain(id.as_str());
    let progress = NodeProgress {
        node: &node,
        observer: &*observer,
    };
    let began = std::time::Instant::now();
    let tree = house.fetcher.install(&toolchain, &progress, &cancel)?;
    observer.observe(orch_engine::port::Event::RunFinished {
        took: began.elapsed(),
    });
    console.say(&format!(
        "{id} {}: {}, {} files, in {}",
        toolchain.version,
        human_bytes(tree.bytes),
        tree.files,
        tree.root.display()
    ));
    Ok(Exit::Done)
}

/// Passes an installation's progress on.
struct NodeProgress<'a> {
    node: &'a orch_model::NodeId,
    observer: &'a dyn orch_engine::port::Observer,
}

impl Progress for NodeProgress<'_> {
    fn report(&self, stage: Stage, done: u64, total: Option<u64>) {
        self.observer
            .observe(orch_engine::port::Event::NodeProgressed {
                node: self.node,
                stage,
                done,
                total,
            });
    }
}

fn env(
    environment: Environment,
    wanted: &str,
    shell: ShellSyntax,
    console: &Console,
) -> Result<Exit, Stop> {
    let house = House::open(environment, None, false, console)?;
    let (id, requirement) = split(wanted)?;
    let toolchain = remembered(&house, &id, &requirement)?
        .map_or_else(|| resolve(&house, &id, &requirement, console), Ok)?;
    let tree = house.fetcher.installed(&toolchain)?.ok_or_else(|| {
        Fault::usage(format!("{id} {} is not installed", toolchain.version))
            .hint(format!("run `orch toolchain install {wanted}`"))
    })?;
    let lines = render(
        &toolchain,
        &tree,
        id.as_str(),
        &house.environment.cache,
        shell,
    )?;
    console.document("environment", &lines);
    Ok(Exit::Done)
}

/// The lines that a shell evaluates.
fn render(
    toolchain: &Toolchain,
    tree: &InstalledTree,
    owner: &str,
    cache: &Path,
    shell: ShellSyntax,
) -> Result<String, Fault> {
    let mut folders: Vec<String> = toolchain
        .tools
        .iter()
        .filter_map(|tool| {
            Some(
                tool.program
                    .below(&tree.root)
                    .parent()?
                    .display()
                    .to_string(),
            )
        })
        .collect();
    folders.dedup();
    let variables: Vec<(String, String)> = toolchain
        .environment
        .iter()
        .filter_map(|variable| {
            Some((
                variable.name.clone(),
                outside(variable, tree, owner, cache)?,
            ))
        })
        .collect();
    for (_, value) in &variables {
        if let Some(folder) = value.strip_prefix(&format!("{}/", cache.display())) {
            let folder = cache.join(folder);
            std::fs::create_dir_all(&folder)
                .map_err(|error| Fault::io("create", &folder, &error))?;
        }
    }
    let mut text = String::new();
    for (name, value) in &variables {
        let _ = match shell {
            ShellSyntax::Sh | ShellSyntax::Direnv => {
                writeln!(text, "export {name}={}", quoted(value))
            }
            ShellSyntax::Fish => writeln!(text, "set -gx {name} {}", quoted(value)),
            ShellSyntax::Goenv => writeln!(text, "{name}={value}"),
        };
    }
    for folder in folders.iter().rev() {
        let _ = match shell {
            ShellSyntax::Sh => writeln!(text, "export PATH={}:\"$PATH\"", quoted(folder)),
            ShellSyntax::Direnv => writeln!(text, "PATH_add {}", quoted(folder)),
            ShellSyntax::Fish => {
                writeln!(text, "fish_add_path --path --prepend {}", quoted(folder))
            }
            ShellSyntax::Goenv => Ok(()),
        };
    }
    Ok(text)
}

/// A variable as it is outside of an action; `None` where it names a folder that only an
/// action has.
fn outside(variable: &Variable, tree: &InstalledTree, owner: &str, cache: &Path) -> Option<String> {
    variable
        .value
        .0
        .iter()
        .map(|part| match part {
            Part::Text(text) => Some(text.clone()),
            Part::Path(SandboxPath {
                root: Root::Tool(_),
                relative,
            }) => Some(relative.below(&tree.root).display().to_string()),
            Part::Path(SandboxPath {
                root: Root::Cache(name),
                relative,
            }) => {
                let folder = cache.join("caches").join(owner).join(name);
                Some(relative.below(&folder).display().to_string())
            }
            Part::Path(_) => None,
        })
        .collect()
}

/// Quotes for POSIX shells and fish alike: both take `'` literally but for itself.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', "'\\''"))
}

/// `go@1.22` is plugin `go` and requirement `~1.22`.
fn split(wanted: &str) -> Result<(PluginId, String), Fault> {
    let (plugin, requirement) = wanted.split_once('@').unwrap_or((wanted, "*"));
    let requirement = orch_pipeline::requirement(requirement).map_err(|why| {
        Fault::usage(format!("`{wanted}`: {why}")).hint("write `go@1.22` or `go@1.22.10`")
    })?;
    Ok((plugin_id(plugin)?, requirement.to_string()))
}

fn plugin_id(name: &str) -> Result<PluginId, Fault> {
    name.parse().map_err(Fault::usage)
}

fn releases(
    plugins: &PluginHost,
    plugin: &PluginId,
    requirement: &str,
    host: &Machine,
    console: &Console,
) -> Result<Vec<String>, Fault> {
    let asked = Machine::of_triple(host.triple.clone());
    let called = plugins.releases(plugin, requirement, &asked, "{}");
    console.logs(&called.logs);
    called.result.map_err(|failure| fault(plugin, failure))
}

/// The newest release for a requirement, remembered for `env`.
fn resolve(
    house: &House,
    plugin: &PluginId,
    requirement: &str,
    console: &Console,
) -> Result<Toolchain, Stop> {
    let plugins = house.plugins(console, &[])?;
    let host = Machine::of_triple(house.environment.host.triple.clone());
    let releases = match releases(&plugins, plugin, requirement, &host, console) {
        Ok(releases) => releases,
        // Without a network, what was resolved before is as good as it gets.
        Err(fault) => match remembered(house, plugin, requirement)? {
            Some(toolchain) => return Ok(toolchain),
            None => return Err(fault.into()),
        },
    };
    let release = releases.first().ok_or_else(|| {
        Fault::usage(format!(
            "no release of `{plugin}` satisfies `{requirement}`"
        ))
        .hint(format!(
            "`orch toolchain list --available {plugin}` shows all"
        ))
    })?;
    let called = plugins.locate(plugin, release, &host, "{}");
    console.logs(&called.logs);
    let toolchain = called.result.map_err(|failure| fault(plugin, failure))?;
    let bytes =
        serde_json::to_vec(&toolchain).map_err(|error| Fault::internal(error.to_string()))?;
    house
        .store
        .put_record(RECORD, &key(house, plugin, requirement), &bytes)?;
    Ok(toolchain)
}

fn remembered(
    house: &House,
    plugin: &PluginId,
    requirement: &str,
) -> Result<Option<Toolchain>, Fault> {
    let record = house
        .store
        .get_record(RECORD, &key(house, plugin, requirement))?;
    Ok(record.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

fn key(house: &House, plugin: &PluginId, requirement: &str) -> orch_model::Digest {
    let mut hasher = Hasher::new();
    hasher.field("orch toolchain record 1");
    hasher.field(plugin.as_str());
    hasher.field(requirement);
    hasher.field(locked_host(&house.environment.host).unwrap_or_default());
    hasher.finish()
}

fn fault(plugin: &PluginId, failure: PluginFailure) -> Fault {
    match failure {
        PluginFailure::Invalid(problems) => {
            let hint = problems.iter().find_map(|problem| problem.hint.clone());
            let fault = Fault::usage(PluginFailure::Invalid(problems).to_string());
            match hint {
                Some(hint) => fault.hint(hint),
                None => fault,
            }
        }
        PluginFailure::Unsupported(text) => Fault::usage(format!("plugin `{plugin}`: {text}")),
        PluginFailure::Failed(text) => Fault::fetch(format!("plugin `{plugin}`: {text}")),
        PluginFailure::Host(text) => Fault::internal(text),
        other => Fault::new(FaultKind::Plugin, other.to_string()),
    }
}
