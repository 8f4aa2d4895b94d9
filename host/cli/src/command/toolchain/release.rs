//! Which release a word such as `go@1.22` means: the newest that a plugin knows, what that was
//! when it was last asked, or what the project around pins.

use orch_engine::locked_host;
use orch_engine::port::{InstalledTree, Plugins};
use orch_model::{
    Fault, FaultKind, Hasher, Lock, LockedToolchain, Machine, PluginFailure, PluginId, Toolchain,
};
use orch_plugins::PluginHost;

use crate::console::Console;
use crate::environment::Environment;
use crate::house::House;
use crate::project::Project;
use crate::stop::Stop;

/// The kind of the store's records that remember what a requirement was resolved to.
const RECORD: &str = "toolchain";

/// A release that lies on this machine.
pub struct Installed {
    /// The plugin that knows its releases.
    pub plugin: PluginId,
    /// What it is.
    pub toolchain: Toolchain,
    /// Where it lies.
    pub tree: InstalledTree,
}

impl Installed {
    /// The release that a word means. Inside a project a toolchain's name there means the
    /// release that the project's lock pins; elsewhere a word is a plugin with a requirement.
    pub fn find(
        environment: Environment,
        wanted: &str,
        console: &Console,
    ) -> Result<(Self, House), Stop> {
        let pinned = pinned_around(&environment, wanted)?;
        let house = House::open(environment, None, false, console)?;
        let (plugin, toolchain, remedy) = match pinned {
            Some((plugin, toolchain)) => (plugin, toolchain, "run `orch fetch`".to_owned()),
            None => {
                let (plugin, requirement) = split(wanted)?;
                let toolchain = remembered(&house, &plugin, &requirement)?
                    .map_or_else(|| resolve(&house, &plugin, &requirement, console), Ok)?;
                let remedy = format!("run `orch toolchain install {wanted}`");
                (plugin, toolchain, remedy)
            }
        };
        let tree = house.fetcher.installed(&toolchain)?.ok_or_else(|| {
            Fault::usage(format!("{plugin} {} is not installed", toolchain.version)).hint(remedy)
        })?;
        let installed = Self {
            plugin,
            toolchain,
            tree,
        };
        Ok((installed, house))
    }
}

/// What the lock of the project around pins under a toolchain's name; `None` outside of a
/// project, and for a word with a requirement of its own.
fn pinned_around(
    environment: &Environment,
    wanted: &str,
) -> Result<Option<(PluginId, Toolchain)>, Fault> {
    let Some(project) = Project::around(environment)? else {
        return Ok(None);
    };
    let lock = project.lock()?;
    let Some(locked) = locked(&lock, wanted) else {
        return match wanted.contains('@') {
            true => Ok(None),
            false => Err(unpinned(&project, &lock, wanted)),
        };
    };
    let host = locked_host(&environment.host).unwrap_or_default();
    let mut releases = locked.hosts.iter();
    let release = releases
        .find(|release| release.host == host)
        .ok_or_else(|| {
            let release = &locked.release;
            Fault::usage(format!(
                "`orch.lock` has {wanted} {release} for other hosts only"
            ))
            .hint("`orch lock` looks for it once more; another `version` may have it")
        })?;
    Ok(Some((locked.with.clone(), release.toolchain.clone())))
}

/// The toolchain of that name, or the only one of that plugin.
fn locked<'a>(lock: &'a Lock, wanted: &str) -> Option<&'a LockedToolchain> {
    let mut of_plugin = lock
        .toolchains
        .iter()
        .filter(|locked| locked.with.as_str() == wanted);
    lock.toolchain(wanted)
        .or_else(|| of_plugin.next().filter(|_| of_plugin.next().is_none()))
}

fn unpinned(project: &Project, lock: &Lock, wanted: &str) -> Fault {
    let file = project.lock_file();
    let of_plugin = lock
        .toolchains
        .iter()
        .filter(|locked| locked.with.as_str() == wanted);
    let names: Vec<_> = of_plugin
        .map(|locked| format!("`{}`", locked.name))
        .collect();
    match names.is_empty() {
        true => Fault::usage(format!("`{}` pins no toolchain `{wanted}`", file.display())).hint(
            format!("`orch lock` pins what the pipeline names; `{wanted}@*` is the newest"),
        ),
        false => Fault::usage(format!(
            "`{}` pins several: {}",
            file.display(),
            names.join(", ")
        ))
        .hint("name one of them"),
    }
}

/// `go@1.22` is plugin `go` and requirement `~1.22`.
pub fn split(wanted: &str) -> Result<(PluginId, String), Fault> {
    let (plugin, requirement) = wanted.split_once('@').unwrap_or((wanted, "*"));
    let requirement = orch_pipeline::requirement(requirement).map_err(|why| {
        Fault::usage(format!("`{wanted}`: {why}")).hint("write `go@1.22` or `go@1.22.10`")
    })?;
    Ok((plugin_id(plugin)?, requirement.to_string()))
}

/// A plugin by its name.
pub fn plugin_id(name: &str) -> Result<PluginId, Fault> {
    name.parse().map_err(Fault::usage)
}

/// The releases that a plugin knows for a requirement, newest first.
pub fn releases(
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

/// The newest release for a requirement, remembered for `env` and `which`.
pub fn resolve(
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

/// What a requirement was resolved to before.
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
