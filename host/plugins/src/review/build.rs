//! Looks at planned actions and at what of them ships.

use std::collections::{BTreeMap, BTreeSet};

use orch_model::{Action, Build, Part, RelativePath, Root, SandboxPath};

use super::names::{Reviewed, breach, count, distinct, environment, name, word};
use super::text_file;
use crate::failure::Breach;
use crate::shown;

/// Actions and what of them ships. `given` is an artifact that the plugin was handed, and
/// may name; `always` are toolchains that every action reads.
pub(crate) fn build(
    mut build: Build,
    given: Option<&SandboxPath>,
    always: &[&str],
) -> Reviewed<Build> {
    count("actions", &build.actions)?;
    count("artifacts", &build.artifacts)?;
    distinct(
        "action",
        build.actions.iter().map(|action| action.name.as_str()),
    )?;
    for action in &mut build.actions {
        action.tools = tools_of(action, always);
        planned("action", action, given)?;
    }
    let by_name: BTreeMap<_, _> = build
        .actions
        .iter()
        .map(|action| (action.name.as_str(), action))
        .collect();
    in_order(&by_name)?;
    for artifact in &build.artifacts {
        if artifact.name.is_root() {
            return breach("gave an artifact no name".to_owned());
        }
        made(&artifact.path, given, &by_name, always).map_err(|Breach(why)| {
            Breach(format!(
                "ships the artifact `{}`, but {why}",
                shown::value(artifact.name.as_str())
            ))
        })?;
    }
    distinct(
        "artifact",
        build
            .artifacts
            .iter()
            .map(|artifact| artifact.name.as_str()),
    )?;
    Ok(build)
}

/// Looks at one action, and says which it was if something is wrong with it.
pub(super) fn planned(what: &str, action: &Action, given: Option<&SandboxPath>) -> Reviewed<()> {
    self::action(action, given).map_err(|Breach(why)| {
        Breach(format!(
            "planned the {what} `{}`, but {why}",
            shown::value(&action.name)
        ))
    })
}

/// The toolchains whose trees an action reads, sorted.
pub(super) fn tools_of(action: &Action, always: &[&str]) -> Vec<String> {
    let values = action.environment.iter().map(|variable| &variable.value);
    let named = std::iter::once(&action.program)
        .chain(&action.arguments)
        .chain(values)
        .flat_map(|word| &word.0)
        .filter_map(|part| match part {
            Part::Path(SandboxPath {
                root: Root::Tool(name),
                ..
            }) => Some(name.as_str()),
            _ => None,
        });
    let tools: BTreeSet<_> = named.chain(always.iter().copied()).collect();
    tools.into_iter().map(str::to_owned).collect()
}

fn action(action: &Action, given: Option<&SandboxPath>) -> Reviewed<()> {
    name("action", &action.name)?;
    count("arguments", &action.arguments)?;
    count("inputs", &action.inputs)?;
    count("files", &action.files)?;
    action.files.iter().try_for_each(text_file)?;
    let places = action.files.iter().flat_map(|file| &file.paths);
    distinct("file", places.map(RelativePath::as_str))?;
    count("outputs", &action.outputs)?;
    count("caches", &action.caches)?;
    count("actions in `after`", &action.after)?;
    word("program", &action.program)?;
    for argument in &action.arguments {
        word("argument", argument)?;
    }
    environment(&action.environment)?;
    if !matches!(action.directory.root, Root::Source | Root::Scratch) {
        return breach(format!(
            "it works in `{}`; only `source` and `scratch` can be worked in",
            action.directory
        ));
    }
    for pattern in &action.inputs {
        let pattern = pattern.strip_prefix('!').unwrap_or(pattern);
        crate::permission::check_pattern(pattern)
            .map_err(|why| Breach(format!("of its inputs the {why}")))?;
    }
    for output in &action.outputs {
        if output.root != Root::Output || output.relative.is_root() {
            return breach(format!("its output `{output}` is no file below `output`"));
        }
    }
    distinct(
        "output",
        action.outputs.iter().map(|path| path.relative.as_str()),
    )?;
    action
        .caches
        .iter()
        .try_for_each(|text| name("cache", text))?;
    distinct("cache", action.caches.iter().map(String::as_str))?;
    distinct("action in `after`", action.after.iter().map(String::as_str))?;
    for path in paths(action) {
        match &path.root {
            Root::Cache(cache) if !action.caches.contains(cache) => {
                return breach(format!(
                    "it names the cache `{cache}`, which is not in its `caches`"
                ));
            }
            Root::Artifact(from)
                if !action.after.contains(from)
                    && given.is_none_or(|given| given.root != path.root) =>
            {
                return breach(format!(
                    "it names an output of the action `{from}`, which is not in its `after`"
                ));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Every path that an action names but its outputs.
pub(super) fn paths(action: &Action) -> impl Iterator<Item = &SandboxPath> {
    let values = action.environment.iter().map(|variable| &variable.value);
    std::iter::once(&action.program)
        .chain(&action.arguments)
        .chain(values)
        .flat_map(|word| &word.0)
        .filter_map(|part| match part {
            Part::Path(path) => Some(path),
            Part::Text(_) => None,
        })
        .chain(std::iter::once(&action.directory))
}

/// Whether `after` names actions that are there, without a circle.
fn in_order(actions: &BTreeMap<&str, &Action>) -> Reviewed<()> {
    let mut waiting: BTreeMap<&str, usize> = BTreeMap::new();
    let mut followers: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (&name, action) in actions {
        waiting.insert(name, action.after.len());
        for before in &action.after {
            if !actions.contains_key(before.as_str()) {
                return breach(format!(
                    "planned the action `{name}` after `{}`, which it did not plan",
                    shown::value(before)
                ));
            }
            followers.entry(before).or_default().push(name);
        }
    }
    let mut ready: Vec<&str> = waiting
        .iter()
        .filter(|(_, count)| **count == 0)
        .map(|(name, _)| *name)
        .collect();
    while let Some(done) = ready.pop() {
        waiting.remove(done);
        for follower in followers.get(done).into_iter().flatten() {
            if let Some(count) = waiting.get_mut(follower) {
                *count -= 1;
                if *count == 0 {
                    ready.push(follower);
                }
            }
        }
    }
    match waiting.keys().next() {
        Some(_) => breach(format!(
            "planned actions that wait for each other: {}",
            waiting
                .keys()
                .map(|name| format!("`{name}`"))
                .collect::<Vec<_>>()
                .join(", ")
        )),
        None => Ok(()),
    }
}

/// Whether an action makes what ships, or it was made before, or one of the toolchains `always` holds it.
fn made(
    path: &SandboxPath,
    given: Option<&SandboxPath>,
    actions: &BTreeMap<&str, &Action>,
    always: &[&str],
) -> Reviewed<()> {
    if given == Some(path) {
        return Ok(());
    }
    let from = match &path.root {
        Root::Artifact(from) => from,
        Root::Tool(name) if always.contains(&name.as_str()) && !path.relative.is_root() => {
            return Ok(());
        }
        _ => return breach(format!("`{path}` is not the output of an action")),
    };
    let Some(action) = actions.get(from.as_str()) else {
        return breach(format!(
            "it did not plan the action `{}`",
            shown::value(from)
        ));
    };
    let is_made = |output: &SandboxPath| is_within(&path.relative, &output.relative);
    if action.outputs.iter().any(is_made) {
        return Ok(());
    }
    breach(format!(
        "`{}` is not among the outputs of the action `{from}`",
        path.relative
    ))
}

/// Whether a path is another or lies below it.
fn is_within(path: &RelativePath, above: &RelativePath) -> bool {
    path.as_str()
        .strip_prefix(above.as_str())
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests;
