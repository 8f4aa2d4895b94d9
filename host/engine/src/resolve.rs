//! From requirements to exact releases: makes a [`Lock`] that covers every host, and
//! keeps what an earlier one pinned while its requirement stands.

use std::thread;

use orch_model::{
    Archive, Diagnostic, FaultKind, Lock, LockedPlugin, LockedRelease, LockedToolchain, Log,
    Machine, Pipeline, PluginFailure, PluginId, PluginOrigin, PluginSummary, Toolchain,
    ToolchainTable,
};

use crate::host::{LOCKED_HOSTS, locked_host};
use crate::port::Plugins;
use crate::problem::{self, CallSite, PlanProblem};

/// A lock, and how it came about.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolution {
    /// What is pinned now.
    pub lock: Lock,
    /// What is not as the earlier lock had it, one line a change; empty when it holds.
    pub changes: Vec<String>,
    /// What plugins said.
    pub logs: Vec<Log>,
}

/// What of an earlier lock may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// All that still meets its requirement.
    Pinned,
    /// Nothing: the newest releases are looked up again.
    Nothing,
}

/// Pins every toolchain and plugin of the pipeline.
pub fn resolve(
    pipeline: &Pipeline,
    earlier: &Lock,
    keep: Keep,
    host: &Machine,
    plugins: &dyn Plugins,
) -> Result<Resolution, Vec<PlanProblem>> {
    let summaries = plugins.summaries();
    let mut problems = Vec::new();
    let mut resolution = Resolution {
        lock: Lock::empty(),
        changes: Vec::new(),
        logs: Vec::new(),
    };
    for table in &pipeline.plugins {
        let Some(summary) = own_plugin(&summaries, &table.name) else {
            continue; // Loading it failed, and that was reported.
        };
        let locked = lock_plugin(&table.name, summary);
        match earlier
            .plugins
            .iter()
            .find(|known| known.name == locked.name)
        {
            Some(known) if *known == locked => {}
            Some(known) => resolution.changes.push(format!(
                "plugin `{}`: {} ({}) becomes {} ({})",
                locked.name,
                known.version,
                known.digest.short(),
                locked.version,
                locked.digest.short()
            )),
            None => resolution.changes.push(format!(
                "plugin `{}`: {} ({})",
                locked.name,
                locked.version,
                locked.digest.short()
            )),
        }
        resolution.lock.plugins.push(locked);
    }
    let fetched = pipeline.toolchains.iter();
    let fetched = fetched.filter(|table| table.from.is_none());
    for table in fetched.clone() {
        let known = earlier.toolchain(&table.name);
        if finds_programs(table, &summaries) {
            let name = &table.name.value;
            resolution.changes.extend(known.map(|_| {
                format!("toolchain `{name}` is what the machine has, which no lock pins")
            }));
            continue;
        }
        let kept = known.filter(|known| keep == Keep::Pinned && still_meets(known, table));
        if let Some(kept) = kept.filter(|kept| covers(kept, host)) {
            resolution.lock.toolchains.push(kept.clone());
            continue;
        }
        let release = kept.map(|kept| kept.release.clone());
        match resolve_toolchain(table, release, known, host, plugins, &mut resolution.logs) {
            Ok(locked) => {
                resolution.changes.extend(change(known, &locked));
                resolution.lock.toolchains.push(locked);
            }
            Err(more) => problems.extend(more),
        }
    }
    let toolchains = fetched.map(|table| &table.name.value);
    let known = earlier.toolchains.iter().map(|known| &known.name);
    resolution
        .changes
        .extend(unused("toolchain", known, toolchains));
    let plugins = pipeline.plugins.iter().map(|table| &table.name.value);
    let known = earlier.plugins.iter().map(|known| &known.name);
    resolution.changes.extend(unused("plugin", known, plugins));
    resolution
        .lock
        .toolchains
        .sort_by(|a, b| a.name.cmp(&b.name));
    resolution.lock.plugins.sort_by(|a, b| a.name.cmp(&b.name));
    if problems.is_empty() {
        Ok(resolution)
    } else {
        Err(problems)
    }
}

/// What was pinned, of one kind, and is not among the `wanted` any more.
fn unused<'a>(
    kind: &str,
    known: impl Iterator<Item = &'a String>,
    wanted: impl Iterator<Item = &'a String> + Clone,
) -> Vec<String> {
    known
        .filter(|known| !wanted.clone().any(|name| name == *known))
        .map(|known| format!("{kind} `{known}` is no longer used"))
        .collect()
}

/// Whether a pinned toolchain is what a table asks for.
fn still_meets(locked: &LockedToolchain, table: &ToolchainTable) -> bool {
    locked.with.as_str() == table.with.value
        && locked.requirement == table.version.value
        && locked.settings == table.settings.json()
}

/// Whether a pinned toolchain can be had on this host. A host of a kind that no lock covers
/// gains nothing by another look.
fn covers(locked: &LockedToolchain, host: &Machine) -> bool {
    locked_host(host).is_none_or(|name| locked.hosts.iter().any(|known| known.host == name))
}

fn change(known: Option<&LockedToolchain>, locked: &LockedToolchain) -> Option<String> {
    match known {
        Some(known) if known == locked => None,
        Some(known) if known.release == locked.release => Some(format!(
            "toolchain `{}`: {} as before, {}",
            locked.name,
            locked.release,
            other(known, locked)
        )),
        Some(known) => Some(format!(
            "toolchain `{}`: {} becomes {}",
            locked.name, known.release, locked.release
        )),
        None => Some(format!("toolchain `{}`: {}", locked.name, locked.release)),
    }
}

/// What tells two ways to have one release.
fn other(known: &LockedToolchain, locked: &LockedToolchain) -> &'static str {
    let hosts = |locked: &LockedToolchain| -> Vec<String> {
        let names = locked.hosts.iter().map(|release| release.host.clone());
        names.collect()
    };
    let archives = |locked: &LockedToolchain| -> Vec<Archive> {
        let releases = locked.hosts.iter();
        releases
            .flat_map(|release| release.toolchain.archives.clone())
            .collect()
    };
    if hosts(known) != hosts(locked) {
        "for other hosts"
    } else if archives(known) != archives(locked) {
        "from elsewhere"
    } else if known.requirement != locked.requirement {
        "for another requirement"
    } else {
        "set up otherwise"
    }
}

fn lock_plugin(name: &str, summary: &PluginSummary) -> LockedPlugin {
    LockedPlugin {
        name: name.to_owned(),
        id: summary.manifest.id.clone(),
        version: summary.manifest.version.to_string(),
        api: summary.manifest.api.to_string(),
        digest: summary.digest,
        asks: summary.manifest.asks.lines(),
    }
}

/// The loaded plugin behind a name of `[plugins]`.
fn own_plugin<'a>(summaries: &'a [PluginSummary], name: &str) -> Option<&'a PluginSummary> {
    summaries.iter().find(|summary| {
        summary.manifest.id.as_str() == name && summary.origin != PluginOrigin::Bundled
    })
}

/// Looks up where a release is to be had: the one that is given, or the newest that meets the
/// requirement.
fn resolve_toolchain(
    table: &ToolchainTable,
    release: Option<String>,
    known: Option<&LockedToolchain>,
    host: &Machine,
    plugins: &dyn Plugins,
    logs: &mut Vec<Log>,
) -> Result<LockedToolchain, Vec<PlanProblem>> {
    let plugin: PluginId = table.with.value.parse().map_err(|why: String| {
        vec![PlanProblem::usage(Diagnostic::error(
            why,
            table.with.span.clone(),
        ))]
    })?;
    let settings = table.settings.json();
    let failed = |wanted: String, failure: PluginFailure| {
        problem::of_failure(
            failure,
            &CallSite {
                plugin: &plugin,
                wanted,
                span: table.version.span.clone(),
                settings: Some(&table.settings),
                failed: FaultKind::Fetch,
            },
        )
    };

    let newest = || {
        // Asked for the host's triple alone: its cores and memory must not reach the lock.
        let asked = Machine::of_triple(host.triple.clone());
        let called = plugins.releases(&plugin, &table.version.value, &asked, &settings);
        logs.extend(called.logs);
        let releases = called.result.map_err(|failure| {
            failed(format!("find a release of `{}`", table.name.value), failure)
        })?;
        releases.into_iter().next().ok_or_else(|| {
            vec![PlanProblem::usage(
                Diagnostic::error(
                    format!(
                        "no release of `{}` satisfies `{}`",
                        table.name.value, table.version.value
                    ),
                    table.version.span.clone(),
                )
                .hint("`orch toolchain list --available` shows all"),
            )]
        })
    };
    let release = release.map_or_else(newest, Ok)?;

    let located: Vec<_> = thread::scope(|scope| {
        let running: Vec<_> = LOCKED_HOSTS
            .iter()
            .map(|(name, triple)| {
                let (plugin, release, settings) = (&plugin, &release, &settings);
                let machine = Machine::of_triple(*triple);
                (
                    *name,
                    scope.spawn(move || plugins.locate(plugin, release, &machine, settings)),
                )
            })
            .collect();
        running
            .into_iter()
            .map(|(name, thread)| {
                (
                    name,
                    thread.join().expect("a call to a plugin does not panic"),
                )
            })
            .collect()
    });

    let mut hosts = Vec::new();
    for (name, called) in located {
        logs.extend(called.logs);
        match called.result {
            Ok(toolchain) => hosts.push(LockedRelease {
                host: name.to_owned(),
                toolchain,
            }),
            // A host that a release was never made for is no reason not to lock the rest.
            Err(PluginFailure::Unsupported(_)) if locked_host(host) != Some(name) => {}
            Err(failure) => {
                return Err(failed(
                    format!("locate `{}` {release} for {name}", table.name.value),
                    failure,
                ));
            }
        }
    }
    let locked = LockedToolchain {
        name: table.name.value.clone(),
        with: plugin,
        requirement: table.version.value.clone(),
        settings,
        release,
        hosts,
    };
    if let Some(known) = known {
        same_bytes(known, &locked)
            .map_err(|message| vec![PlanProblem { kind: FaultKind::Fetch, ..PlanProblem::usage(
                Diagnostic::error(message, table.version.span.clone())
                    .hint("somebody replaced a published file: find out who before you delete the entry from `orch.lock`"),
            )}])?;
    }
    Ok(locked)
}

/// A published file never changes: the same address must have the digest it had.
fn same_bytes(known: &LockedToolchain, locked: &LockedToolchain) -> Result<(), String> {
    let archives = |locked: &'_ LockedToolchain| -> Vec<(String, orch_model::Digest)> {
        locked
            .hosts
            .iter()
            .flat_map(|host| &host.toolchain.archives)
            .flat_map(|archive| archive.urls.iter().map(|url| (url.clone(), archive.digest)))
            .collect()
    };
    let before = archives(known);
    for (url, now) in archives(locked) {
        if let Some((_, then)) = before
            .iter()
            .find(|(known, then)| *known == url && *then != now)
        {
            return Err(format!(
                "`{url}` has changed upstream: `orch.lock` has {then}, now it is {now}"
            ));
        }
    }
    Ok(())
}

/// Whether a lock has a release for what a table asks, on this host, or needs none.
pub fn is_pinned(
    lock: &Lock,
    table: &ToolchainTable,
    host: &Machine,
    summaries: &[PluginSummary],
) -> bool {
    let is_locked = |locked| still_meets(locked, table) && covers(locked, host);
    lock.toolchain(&table.name).is_some_and(is_locked)
        || table.from.is_some()
        || finds_programs(table, summaries)
}

/// Whether a toolchain is programs that the machine has already.
fn finds_programs(table: &ToolchainTable, summaries: &[PluginSummary]) -> bool {
    let mut manifests = summaries.iter().map(|summary| &summary.manifest);
    manifests.any(|known| known.id.as_str() == table.with.value && known.finds_programs())
}

/// The pinned toolchain of a table for a host, if the lock has it.
pub(crate) fn pinned<'a>(
    lock: &'a Lock,
    table: &ToolchainTable,
    host: &Machine,
) -> Option<&'a Toolchain> {
    let locked = lock
        .toolchain(&table.name)
        .filter(|locked| still_meets(locked, table))?;
    let name = locked_host(host)?;
    let release = locked.hosts.iter().find(|release| release.host == name)?;
    Some(&release.toolchain)
}
