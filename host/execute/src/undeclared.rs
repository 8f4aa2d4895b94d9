//! Finds what an action did that its pipeline does not say: files that it wrote besides its
//! outputs, and files that it missed though the project has them.

use std::collections::HashMap;
use std::path::Path;

use walkdir::WalkDir;

use orch_engine::port::Job;
use orch_model::{RelativePath, Root, Sample, SandboxPath};

use crate::inputs::Copied;

/// How many files are named; of the rest it is said how many they are.
const MOST_NAMED: usize = 5;

/// How much of the end of what an action printed is looked through.
const LOOKED_THROUGH_BYTES: usize = 64 << 10;

/// Folders that are never inputs, wherever they lie.
const NEVER_INPUTS: [&str; 3] = [".git", ".orch", "out"];

/// What `EROFS` is called by every C library.
const READ_ONLY: &str = "Read-only file system";

/// A sentence for the files below `source` that a successful action wrote besides its
/// outputs. They are not kept, so whoever counts on them finds them missing.
pub(crate) fn writes(job: &Job<'_>, source: &Path, copied: &Copied) -> Option<String> {
    let inputs: HashMap<&str, usize> = job
        .inputs
        .iter()
        .enumerate()
        .map(|(number, input)| (input.path.as_str(), number))
        .collect();
    let mut written = Vec::new();
    for entry in WalkDir::new(source)
        .sort_by_file_name()
        .into_iter()
        .flatten()
    {
        let below = entry.path().strip_prefix(source).ok()?;
        let (false, Some(name)) = (entry.file_type().is_dir(), below.to_str()) else {
            continue;
        };
        let untouched = inputs
            .get(name)
            .is_some_and(|number| copied.is_untouched(*number, entry.path()));
        if !untouched && !is_output(job, below) {
            written.push(name.to_owned());
        }
    }
    let advice = match is_task(job) {
        true => format!("; add it: {}", line("outputs", &outputs(job), &written)),
        false => ": its builder does not declare it".to_owned(),
    };
    (!written.is_empty()).then(|| {
        format!(
            "wrote {}, which is not kept: it is not among the outputs{advice}",
            named(&written)
        )
    })
}

/// What would mend a failure, as far as what was printed tells.
pub(crate) fn hint(job: &Job<'_>, project: &Path, sample: &Sample) -> Option<String> {
    let printed = [tail(&sample.stderr), tail(&sample.stdout)].join("\n");
    if let Some(path) = refused_write(job, &printed) {
        let shown = format!(
            "`source` is read-only for an action that declares no outputs there, and it wrote \
             to `{path}`"
        );
        return Some(match is_task(job) {
            true => format!(
                "{shown}; declare it: {}",
                line("outputs", &outputs(job), &[path])
            ),
            false => shown,
        });
    }
    let missed = missed_reads(job, project, &printed);
    if !missed.is_empty() {
        let (verb, it) = match missed.len() {
            1 => ("is", "it"),
            _ => ("are", "them"),
        };
        let shown = format!(
            "{} {verb} in the project but not among the inputs",
            named(&missed)
        );
        return Some(match is_task(job) {
            true => format!(
                "{shown}; add {it}: {}",
                line("inputs", &job.action.inputs, &missed)
            ),
            false => shown,
        });
    }
    printed
        .contains("No space left on device")
        .then(|| "free some space, or set `ORCH_CACHE_DIR` to a larger disk".to_owned())
}

/// Whether the user's own pipeline declares the inputs and outputs.
fn is_task(job: &Job<'_>) -> bool {
    job.node.as_str().starts_with("task.")
}

fn is_output(job: &Job<'_>, below: &Path) -> bool {
    job.action
        .outputs
        .iter()
        .filter(|output| output.root == Root::Source)
        .any(|output| below.starts_with(output.relative.as_str()))
}

fn outputs(job: &Job<'_>) -> Vec<String> {
    let below_source = |output: &&SandboxPath| output.root == Root::Source;
    let outputs = job.action.outputs.iter().filter(below_source);
    outputs.map(|output| output.relative.to_string()).collect()
}

/// The file behind the last refusal to write below `source`.
fn refused_write(job: &Job<'_>, printed: &str) -> Option<String> {
    printed.lines().rev().find_map(|line| {
        let (before, _) = line.split_once(READ_ONLY)?;
        let path = paths(job, before).last()?.clone();
        Some(path.to_string())
    })
}

/// Files that the action speaks of, that the project has, and that the action was not given.
fn missed_reads(job: &Job<'_>, project: &Path, printed: &str) -> Vec<String> {
    let mut missed: Vec<String> = Vec::new();
    for path in paths(job, printed) {
        let given = job
            .inputs
            .iter()
            .any(|input| Path::new(input.path.as_str()).starts_with(path.as_str()));
        let first = path.as_str().split('/').next().unwrap_or_default();
        let meant = match path.below(project).symlink_metadata() {
            Ok(found) if found.is_dir() => format!("{path}/**"),
            Ok(_) => path.to_string(),
            Err(_) => continue,
        };
        if !given && !NEVER_INPUTS.contains(&first) && !missed.contains(&meant) {
            missed.push(meant);
        }
    }
    missed
}

/// Everything in a text that could be the path of a file below `source`: as it stands, and
/// as read in the action's folder.
fn paths(job: &Job<'_>, text: &str) -> Vec<RelativePath> {
    let own = orch_sandbox::inside("source");
    let own = own.to_str().unwrap_or_default();
    let mut found = Vec::new();
    let parts = text.split(|letter: char| {
        letter.is_whitespace() || letter.is_control() || "\"'`‘’“”()[]{}<>,;:=|*?".contains(letter)
    });
    for part in parts {
        let part = part.trim_end_matches('.');
        let (below_source, part) = match part.strip_prefix(own) {
            Some(rest) => (true, rest.trim_start_matches('/')),
            None => (false, part),
        };
        let Ok(path) = RelativePath::new(part) else {
            continue;
        };
        if path.is_root() {
            continue;
        }
        if !below_source && job.action.directory.root == Root::Source {
            found.push(job.action.directory.relative.join(&path));
        }
        if !found.contains(&path) {
            found.push(path);
        }
    }
    found
}

/// A line of a pipeline file, with what it has and what it lacks.
fn line(key: &str, present: &[String], lacking: &[String]) -> String {
    let words: Vec<String> = present
        .iter()
        .chain(lacking.iter().take(MOST_NAMED))
        .map(|word| format!("{word:?}"))
        .collect();
    format!("{key} = [{}]", words.join(", "))
}

fn named(files: &[String]) -> String {
    let names: Vec<String> = files
        .iter()
        .take(MOST_NAMED)
        .map(|file| format!("`{file}`"))
        .collect();
    let names = names.join(", ");
    match files.len().saturating_sub(MOST_NAMED) {
        0 => names,
        more => format!("{names} and {more} more"),
    }
}

fn tail(bytes: &[u8]) -> String {
    let from = bytes.len().saturating_sub(LOOKED_THROUGH_BYTES);
    String::from_utf8_lossy(&bytes[from..]).into_owned()
}
