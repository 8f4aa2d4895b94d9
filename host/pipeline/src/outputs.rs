//! Who makes which file: no output may be declared by two nodes, or lie where `orch`
//! keeps its own. What happens to outputs in a run is not known here.

use std::collections::BTreeSet;

use orch_model::{
    Diagnostic, Pipeline, RelativePath, SourceText, Span, TaskTable, TemplatePart, parse_template,
};

use crate::problems::Problems;
use crate::syntax::shorten;

/// An output of one task for one target.
struct Declared<'a> {
    path: String,
    task: &'a TaskTable,
    /// As the file has it.
    written: &'a RelativePath,
    span: &'a Span,
}

/// Complains about outputs that collide.
pub(crate) fn check(pipeline: &Pipeline, source: &SourceText, problems: &mut Problems) {
    let file = source.name.rsplit(['/', '\\']).next().unwrap_or_default();
    let mut declared = Vec::new();
    for task in &pipeline.tasks {
        declare(task, file, &mut declared, problems);
    }
    // Sorted by parts, whatever lies inside a directory follows it at once.
    declared.sort_by(|a, b| {
        let place = |d: &Declared<'_>| d.span.start;
        let parts = a.path.split('/').cmp(b.path.split('/'));
        parts.then(place(a).cmp(&place(b)))
    });
    let mut around: Vec<&Declared<'_>> = Vec::new();
    let mut said = BTreeSet::new();
    for output in &declared {
        while around
            .last()
            .is_some_and(|outer| !holds(&outer.path, &output.path))
        {
            around.pop();
        }
        if let Some(outer) = around.last() {
            let (first, second) = match outer.span.start <= output.span.start {
                true => (outer.span, output.span),
                false => (output.span, outer.span),
            };
            if first != second && said.insert((first.start, second.start)) {
                problems.add_with(|| collision(outer, output));
            }
        }
        around.push(output);
    }
}

/// Adds what a task makes for each of its targets.
fn declare<'a>(
    task: &'a TaskTable,
    file: &str,
    declared: &mut Vec<Declared<'a>>,
    problems: &mut Problems,
) {
    let name = &task.name.value;
    let targets: Vec<&str> = match task.targets.as_slice() {
        [] => vec![""],
        targets => {
            let unique: BTreeSet<&str> = targets.iter().map(|t| t.value.as_str()).collect();
            unique.into_iter().collect()
        }
    };
    for output in &task.outputs {
        let parts = parse_template(output.as_str()).unwrap_or_default();
        let mut targets = targets.as_slice();
        if targets.len() > 1 && !parts.contains(&TemplatePart::TargetName) {
            let shown = shorten(output.as_str());
            problems.add_with(|| {
                Diagnostic::error(
                    format!("task `{name}` would make `{shown}` once for each of its targets"),
                    output.span.clone(),
                )
                .label("declared for every target")
                .also(
                    task.targets[0].span.clone(),
                    format!("the first of {}", task.targets.len()),
                )
                .hint(format!(
                    "put the target's name into it, as in `{shown}/${{target.name}}`"
                ))
            });
            targets = &targets[..1];
        }
        for target in targets {
            let path: String = parts
                .iter()
                .map(|part| match part {
                    TemplatePart::Text(text) => text.as_str(),
                    _ => target,
                })
                .collect();
            if let Some(why) = reserved(&path, file) {
                let message = format!(
                    "task `{name}` declares the output `{}`, {why}",
                    shorten(&path)
                );
                problems.add_with(|| {
                    Diagnostic::error(message, output.span.clone())
                        .hint("choose another place below the pipeline's folder, such as `dist/`")
                });
                break;
            }
            declared.push(Declared {
                path,
                task,
                written: &output.value,
                span: &output.span,
            });
        }
    }
}

/// Why a path is not for tasks.
fn reserved(path: &str, file: &str) -> Option<&'static str> {
    let first = path.split('/').next().unwrap_or_default();
    match first {
        "out" => Some("but `out/` is where `orch` puts products"),
        ".orch" => Some("but `.orch/` is where `orch` keeps its history"),
        ".git" => Some("but `.git/` is the repository"),
        "orch.lock" => Some("but that is the lock file"),
        first if first == file => Some("but that is the pipeline itself"),
        _ => None,
    }
}

/// Whether `inner` is `outer` or lies in it.
fn holds(outer: &str, inner: &str) -> bool {
    inner
        .strip_prefix(outer)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn collision(outer: &Declared<'_>, inner: &Declared<'_>) -> Diagnostic {
    let (outer_name, inner_name) = (&outer.task.name.value, &inner.task.name.value);
    let same_task = outer.task.name.span == inner.task.name.span;
    let written = |d: &Declared<'_>| match d.written.as_str() == d.path {
        true => String::new(),
        false => format!(" (as `{}`)", shorten(d.written.as_str())),
    };
    let path = shorten(&inner.path);
    let (message, hint) = match (same_task, outer.path == inner.path) {
        (true, true) => (
            format!("task `{inner_name}` declares the output `{path}` twice"),
            "take one of them out",
        ),
        (true, false) => (
            format!(
                "task `{inner_name}` declares the output `{path}`, which lies in its output `{}`",
                shorten(&outer.path)
            ),
            "the directory is enough",
        ),
        (false, true) => (
            format!("tasks `{outer_name}` and `{inner_name}` both declare the output `{path}`"),
            "an output is made by one node only",
        ),
        (false, false) => (
            format!(
                "task `{inner_name}` declares the output `{path}`, which lies in the output `{}` of task `{outer_name}`",
                shorten(&outer.path)
            ),
            "an output is made by one node only",
        ),
    };
    let label = |d: &Declared<'_>| format!("of task `{}`{}", d.task.name.value, written(d));
    Diagnostic::error(message, inner.span.clone())
        .label(label(inner))
        .also(outer.span.clone(), label(outer))
        .hint(hint)
}
