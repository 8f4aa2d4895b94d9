//! The toolchains of a build's matrix: each `go@1.22` becomes a toolchain of the pipeline,
//! with that name, as if it had a table. Targets are not known here.

use std::collections::HashSet;

use orch_model::{BuildTable, Diagnostic, Name, Settings, Spanned, TaskTable, ToolchainTable};

use crate::name;
use crate::problems::Problems;
use crate::syntax::shorten;

/// The plugin or table of an entry with a version, and that version.
fn parts(entry: &str) -> Option<(&str, &str)> {
    entry.split_once('@')
}

/// Whether an entry is the name of a table.
pub(crate) fn names_table(entry: &str) -> bool {
    parts(entry).is_none()
}

/// Complains about a list that is empty or stands beside a `toolchain`, and about entries that
/// are neither a name nor a name with a version. Whether tables are there is not looked at.
pub(crate) fn check(
    wanting: &str,
    entries: &Spanned<Vec<Spanned<String>>>,
    toolchain: &Option<Spanned<String>>,
    problems: &mut Problems,
) {
    if let Some(one) = toolchain {
        let message = format!("{wanting} has both `toolchain` and `toolchains`");
        problems.add(
            Diagnostic::error(message, entries.span.clone())
                .label("several here")
                .also(one.span.clone(), "one here")
                .hint(
                    "keep `toolchains` to build with each of them, `toolchain` to build with one",
                ),
        );
    }
    if entries.is_empty() {
        problems.add(
            Diagnostic::error(
                format!("{wanting} has an empty list of toolchains"),
                entries.span.clone(),
            )
            .hint("name at least one, as in `toolchains = [\"go@1.22\"]`, or leave the key out"),
        );
    }
    for entry in &entries.value {
        check_entry(wanting, entry, problems);
    }
}

fn check_entry(wanting: &str, entry: &Spanned<String>, problems: &mut Problems) {
    let Some((toolchain, version)) = parts(entry) else {
        return;
    };
    let shown = shorten(entry);
    if let Err(why) = name::check(toolchain) {
        let message = format!("{wanting} wants the toolchain `{shown}`, which {why}");
        let hint = format!("write `go@1.22`; {}", name::RULE);
        problems.add(Diagnostic::error(message, entry.span.clone()).hint(hint));
    } else if !is_release(version) {
        let message = format!(
            "{wanting} wants the toolchain `{shown}`, whose version is no release nor the \
             beginning of one"
        );
        let hint = format!(
            "write `{toolchain}@1.22` or `{toolchain}@1.22.10`; for any other requirement add a \
             table `[toolchain.…]` with a `version`, and put its name here"
        );
        problems.add(Diagnostic::error(message, entry.span.clone()).hint(hint));
    }
}

/// `1`, `1.22`, `1.22.10`, `1.23.0-rc.1`: what can stand in names of nodes and of folders.
fn is_release(version: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.' || c == '-';
    version.starts_with(|first: char| first.is_ascii_digit())
        && version.len() <= 64
        && version.chars().all(allowed)
        && crate::requirement(version).is_ok()
}

/// The toolchains of the tables and of all matrices. A table that only lends its settings to
/// the entries of a matrix is no toolchain itself.
pub(crate) fn toolchains(
    mut tables: Vec<ToolchainTable>,
    unversioned: &HashSet<String>,
    builds: &[BuildTable],
    tasks: &[TaskTable],
) -> Vec<ToolchainTable> {
    let mut seen = HashSet::new();
    let entries = builds.iter().flat_map(|build| &build.toolchains);
    let expanded: Vec<_> = entries
        .filter(|entry| seen.insert(entry.value.as_str()))
        .filter_map(|entry| expand(entry, &tables))
        .collect();
    let lends = |table: &ToolchainTable| {
        let mut entries = seen.iter().filter_map(|entry| parts(entry));
        entries.any(|(name, _)| name == table.name.value)
    };
    tables.retain(|table| {
        !(unversioned.contains(&table.name.value)
            && lends(table)
            && !is_used(&table.name, builds, tasks))
    });
    tables.extend(expanded);
    tables
}

/// The toolchain behind `N@VERSION`, with what `[toolchain.N]` says where that is there.
fn expand(entry: &Spanned<String>, tables: &[ToolchainTable]) -> Option<ToolchainTable> {
    let (name, version) = parts(entry)?;
    let version = crate::requirement(version).ok()?.to_string();
    let at = |text: String| Spanned::new(text, entry.span.clone());
    let table = tables.iter().find(|table| table.name.value == name);
    Some(ToolchainTable {
        name: entry.clone(),
        with: table.map_or_else(|| at(name.to_owned()), |table| table.with.clone()),
        version: at(version),
        from: None,
        settings: table.map_or_else(Settings::default, |table| table.settings.clone()),
    })
}

/// Whether something may use a table by its own name. A build that names no toolchain takes
/// one by its builder's name.
fn is_used(name: &Name, builds: &[BuildTable], tasks: &[TaskTable]) -> bool {
    let is_name = |known: &Spanned<String>| known.value == name.value;
    let by_build = builds.iter().any(|build| match &build.toolchain {
        Some(toolchain) => is_name(toolchain),
        None => build.toolchains.is_empty() || build.toolchains.iter().any(is_name),
    });
    let lent = builds.iter().any(|build| build.tools.iter().any(is_name));
    by_build || lent || tasks.iter().any(|task| task.tools.iter().any(is_name))
}
