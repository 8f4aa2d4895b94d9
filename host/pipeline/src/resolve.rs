//! From tables as they are written to a pipeline whose every name is known. Problems
//! are noted and resolving goes on, so that all are shown at once; a pipeline that
//! comes with an error is thrown away.

use orch_model::{
    BuildTable, Diagnostic, Name, Pipeline, PluginSource, PluginTable, SourceText, Spanned,
    TargetTable, TaskTable, ToolchainTable,
};

use crate::deploy::Around;
use crate::names::{Names, twice};
use crate::problems::Problems;
use crate::raw::{NotYet, RawBuild, RawPipeline, RawPlugin, RawTarget, RawTask, RawToolchain};
use crate::syntax::shorten;
use crate::{bench, command, cycles, deploy, fleet, matrix, needs, outputs, secret};

/// The pipeline behind the tables.
pub(crate) fn pipeline(raw: RawPipeline, source: &SourceText, problems: &mut Problems) -> Pipeline {
    not_yet(
        &raw.tune,
        "this version of `orch` cannot do `[tune.…]` yet",
        "take these tables out; it does `[build.…]`, `[task.…]`, `[bench.…]` and `[deploy.…]`",
        problems,
    );
    let toolchains = raw.toolchain.unwrap_or_default().0;
    let targets = raw.target.unwrap_or_default().0;
    let known = Known {
        toolchains: Names::of("toolchain", &toolchains),
        targets: Names::of("target", &targets),
    };
    let unversioned = toolchains
        .iter()
        .filter(|(_, raw)| raw.version.is_none())
        .map(|(name, _)| name.value.clone())
        .collect();
    let toolchains = each(toolchains, |name, raw| Some(toolchain(name, raw, problems)));
    let builds = each(raw.build.unwrap_or_default().0, |name, raw| {
        Some(build(name, raw, &known, problems))
    });
    let tasks = each(raw.task.unwrap_or_default().0, |name, raw| {
        Some(task(name, raw, &known, problems))
    });
    let fleet_tables = raw.fleet.unwrap_or_default().0;
    let secret_tables = raw.secret.unwrap_or_default().0;
    let fleet_names = Names::of("fleet", &fleet_tables);
    let secret_names = Names::of("secret", &secret_tables);
    let fleets = each(fleet_tables, |name, raw| {
        fleet::fleet(name, raw, &known.targets, problems)
    });
    let around = Around {
        builds: &builds,
        fleets: &fleets,
        fleet_names,
        secret_names,
        text: &source.text,
    };
    let benches = each(raw.bench.unwrap_or_default().0, |name, raw| {
        Some(bench::bench(name, raw, &around, problems))
    });
    let deploys = each(raw.deploy.unwrap_or_default().0, |name, raw| {
        Some(deploy::deploy(name, raw, &around, problems))
    });
    let pipeline = Pipeline {
        name: raw
            .name
            .map(text)
            .unwrap_or_else(|| Spanned::new(String::new(), 0..0)),
        plugins: each(raw.plugins.unwrap_or_default().0, |name, raw| {
            plugin(name, raw, problems)
        }),
        toolchains: matrix::toolchains(toolchains, &unversioned, &builds, &tasks),
        targets: each(targets, |name, raw| Some(target(name, raw))),
        builds,
        tasks,
        benches,
        deploys,
        fleets,
        secrets: each(secret_tables, |name, raw| {
            secret::secret(name, raw, problems)
        }),
    };
    let edges = needs::check(&pipeline, source, problems);
    cycles::check(&edges, problems);
    outputs::check(&pipeline, source, problems);
    pipeline
}

fn each<R, T>(tables: Vec<(Name, R)>, mut make: impl FnMut(Name, R) -> Option<T>) -> Vec<T> {
    tables
        .into_iter()
        .filter_map(|(name, raw)| make(name, raw))
        .collect()
}

struct Known {
    toolchains: Names,
    targets: Names,
}

fn not_yet(found: &Option<Spanned<NotYet>>, message: &str, hint: &str, problems: &mut Problems) {
    if let Some(found) = found {
        problems.add(Diagnostic::error(message, found.span.clone()).hint(hint));
    }
}

fn text(name: Spanned<crate::text::NameText>) -> Spanned<String> {
    name.map(|name| name.0)
}

fn plugin(name: Name, raw: RawPlugin, problems: &mut Problems) -> Option<PluginTable> {
    const HINT: &str = "download the component, put it beside the pipeline, and write \
                        `path = \"…\"` here";
    let table = format!("plugins.{}", shorten(&name));
    for (key, found) in [("source", &raw.source), ("version", &raw.version)] {
        let message =
            format!("this version of `orch` has no `{key}` of plugins yet, only `path` works");
        not_yet(found, &message, HINT, problems);
    }
    match raw.path {
        Some(path) => Some(PluginTable {
            name,
            source: path.map(PluginSource::Path),
        }),
        None => {
            // A wrong `path` was complained about already.
            if raw.source.is_none() && !raw.unknown && !raw.unreadable.contains(&"path") {
                problems.add(
                    Diagnostic::error(format!("`{table}` has no `path`"), raw.header).hint(
                        "add `path = \"plugins/mine\"` or the like: a component, or a folder \
                         that holds one",
                    ),
                );
            }
            None
        }
    }
}

fn toolchain(name: Name, raw: RawToolchain, problems: &mut Problems) -> ToolchainTable {
    if let Some(from) = &raw.from
        && (raw.with.is_some() || raw.version.is_some() || !raw.settings.values.is_empty())
    {
        let message = format!("toolchain `{}` has `from` and other keys", shorten(&name));
        problems.add(
            Diagnostic::error(message, from.span.clone())
                .hint("what a build makes has no plugin, release or settings of its own"),
        );
    }
    let newest = || Spanned::new("*".to_owned(), name.span.clone());
    ToolchainTable {
        from: raw.from,
        version: raw.version.map(|v| v.map(|v| v.0)).unwrap_or_else(newest),
        with: raw.with.map(text).unwrap_or_else(|| name.clone()),
        settings: raw.settings,
        name,
    }
}

fn target(name: Name, raw: RawTarget) -> TargetTable {
    let missing = || Spanned::new(String::new(), name.span.clone());
    TargetTable {
        platform: raw.platform.map(|p| p.map(|p| p.0)).unwrap_or_else(missing),
        settings: raw.settings,
        name,
    }
}

fn build(name: Name, raw: RawBuild, known: &Known, problems: &mut Problems) -> BuildTable {
    let wanting = format!("build `{}`", shorten(&name));
    let targets = match raw.targets {
        Some(targets) => {
            if targets.is_empty() {
                problems.add(
                    Diagnostic::error(format!("{wanting} has no target"), targets.span.clone())
                        .hint(
                            "name at least one `[target.…]` table, as in `targets = [\"static\"]`",
                        ),
                );
            }
            known.targets.check(&wanting, &targets, problems);
            targets.value
        }
        None => Vec::new(),
    };
    if let Some(toolchain) = &raw.toolchain {
        known
            .toolchains
            .check(&wanting, std::slice::from_ref(toolchain), problems);
    }
    let toolchains = match raw.toolchains {
        Some(entries) => {
            matrix::check(&wanting, &entries, &raw.toolchain, problems);
            let mut versions = entries.value.clone();
            versions.retain(|entry| !matrix::names_table(entry));
            twice(&wanting, &versions, problems);
            let mut tables = entries.value.clone();
            tables.retain(|entry| matrix::names_table(entry));
            known.toolchains.check(&wanting, &tables, problems);
            entries.value
        }
        None => Vec::new(),
    };
    let tools = raw.tools.unwrap_or_default();
    known.toolchains.check(&wanting, &tools, problems);
    let tuning: Vec<_> = raw.tuning.unwrap_or_default();
    let tuning: Vec<_> = tuning.into_iter().map(|entry| entry.0).collect();
    let policies: Vec<_> = tuning.iter().map(|policy| policy.offer.clone()).collect();
    twice(&wanting, &policies, problems);
    BuildTable {
        with: raw.with.map(text).unwrap_or_else(|| name.clone()),
        toolchain: raw.toolchain,
        toolchains,
        tools,
        targets,
        tuning,
        directory: raw.directory.unwrap_or_default(),
        needs: raw.needs.unwrap_or_default(),
        smoke: raw.smoke,
        settings: raw.settings,
        name,
    }
}

fn task(name: Name, raw: RawTask, known: &Known, problems: &mut Problems) -> TaskTable {
    let wanting = format!("task `{}`", shorten(&name));
    let command = match raw.command {
        Some(command) => command::words(&wanting, command, problems),
        None => Spanned::new(Vec::new(), name.span.clone()),
    };
    let tools = raw.tools.unwrap_or_default();
    known.toolchains.check(&wanting, &tools, problems);
    if let Some(targets) = raw.targets.as_ref().filter(|targets| targets.is_empty()) {
        problems.add(
            Diagnostic::error(
                format!("{wanting} has an empty list of targets"),
                targets.span.clone(),
            )
            .hint("leave `targets` out of a task that runs once for all"),
        );
    }
    let has_targets = raw.targets.is_some() || raw.unreadable.contains(&"targets");
    let targets = raw.targets.map(|targets| targets.value).unwrap_or_default();
    known.targets.check(&wanting, &targets, problems);
    let environment = raw.environment.unwrap_or_default();
    let environment: std::collections::BTreeMap<_, _> = environment
        .into_iter()
        .map(|(variable, value)| (variable, value.map(|value| value.0)))
        .collect();
    for (variable, value) in &environment {
        if variable.is_empty() || variable.contains(['=', '\0']) {
            let message = format!(
                "{wanting} sets `{}`, which is no variable",
                shorten(variable)
            );
            problems.add(
                Diagnostic::error(message, value.span.clone())
                    .hint("the name of a variable is not empty and holds no `=`"),
            );
        }
    }
    let outputs: Vec<_> = raw.outputs.unwrap_or_default();
    let outputs: Vec<_> = outputs
        .into_iter()
        .map(|output| output.map(|o| o.0))
        .collect();
    if !has_targets {
        let words = command.iter().chain(environment.values());
        let words = words.map(|word| (word.value.as_str(), &word.span));
        let paths = outputs.iter().map(|path| (path.as_str(), &path.span));
        for (_, span) in words.chain(paths).filter(|(text, _)| names_target(text)) {
            problems.add(
                Diagnostic::error(
                    format!("{wanting} has no targets, so there is no `${{target.name}}`"),
                    span.clone(),
                )
                .hint("add `targets = […]` to run it once for each of them"),
            );
        }
    }
    TaskTable {
        command,
        tools,
        inputs: raw
            .inputs
            .unwrap_or_default()
            .into_iter()
            .map(|p| p.map(|p| p.0))
            .collect(),
        outputs,
        needs: raw.needs.unwrap_or_default(),
        environment,
        targets,
        directory: raw.directory.unwrap_or_default(),
        network: raw.network.unwrap_or(false),
        cache: raw.cache.unwrap_or(true),
        timeout_ms: raw.timeout.map(|timeout| timeout.0),
        name,
    }
}

/// Whether a text, known to be sound, holds `${target.name}`.
fn names_target(text: &str) -> bool {
    orch_model::parse_template(text)
        .is_ok_and(|parts| parts.contains(&orch_model::TemplatePart::TargetName))
}
