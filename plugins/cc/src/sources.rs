//! The source files of a build: which there are, what language each is in, and what the
//! action is called that compiles it.

use std::collections::BTreeSet;

use orch_plugin::{Error, Facts, Problem};
use orch_plugin_c_compiler::Language;

/// The host allows 128 bytes of an action's name; some are for the number that tells two apart.
const MOST_NAME_BYTES: usize = 120;

/// One file to compile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    /// Below the pipeline's folder.
    pub(crate) path: String,
    /// Below the build's directory, as the compiler is told.
    pub(crate) relative: String,
    pub(crate) language: Language,
    /// Of the action that compiles it.
    pub(crate) action: String,
    /// The file that the action leaves.
    pub(crate) object: String,
}

/// The files that the patterns give, sorted by path.
pub(crate) fn find(
    directory: &str,
    patterns: &[String],
    facts: &dyn Facts,
) -> Result<Vec<Source>, Error> {
    if patterns.is_empty() {
        return Err(
            Problem::new("the build has neither `sources` nor a `command`")
                .hint(
                    "write `sources = [\"src/*.c\"]`, or `command = [\"make\"]` with its `outputs`",
                )
                .into(),
        );
    }
    let paths = matched(directory, patterns, facts)?;
    if paths.is_empty() {
        return Err(Problem::new("no file is a source of this build")
            .at("sources")
            .hint("patterns are below the build's `directory`: `*.c` means files in it, `**/*.c` at any depth")
            .into());
    }
    let mut problems = Vec::new();
    let mut sources: Vec<Source> = Vec::new();
    let mut names = BTreeSet::new();
    for path in paths {
        let Some(language) = language(&path) else {
            problems.push(unknown(&path));
            continue;
        };
        let relative = below(directory, &path).to_owned();
        let file = relative.rsplit('/').next().unwrap_or_default();
        sources.push(Source {
            object: format!("{}.o", plain(file)),
            action: action_name(&relative, &mut names),
            relative,
            language,
            path,
        });
    }
    Error::if_any(problems)?;
    Ok(sources)
}

/// A pattern of the build's directory as one of the pipeline's folder.
pub(crate) fn in_directory(directory: &str, pattern: &str) -> String {
    let (taken_away, pattern) = match pattern.strip_prefix('!') {
        Some(pattern) => ("!", pattern),
        None => ("", pattern),
    };
    match directory {
        "" => format!("{taken_away}{pattern}"),
        directory => format!("{taken_away}{}/{pattern}", literal(directory)),
    }
}

/// A pattern that means just this file.
pub(crate) fn literal(path: &str) -> String {
    let special = |c| matches!(c, '*' | '?' | '[' | ']' | '{' | '}' | '!');
    path.chars().fold(String::new(), |pattern, c| match c {
        c if special(c) => format!("{pattern}[{c}]"),
        c => format!("{pattern}{c}"),
    })
}

/// The files that the patterns give, in order: one with `!` takes away of those before it.
fn matched(
    directory: &str,
    patterns: &[String],
    facts: &dyn Facts,
) -> Result<BTreeSet<String>, Error> {
    let mut paths = BTreeSet::new();
    for pattern in patterns {
        let pattern = in_directory(directory, pattern);
        let wanted = pattern.strip_prefix('!').unwrap_or(&pattern);
        let files = facts
            .glob(wanted)
            .map_err(|refusal| refusal.of(&format!("what `{wanted}` matches")))?;
        if pattern.starts_with('!') {
            files.iter().for_each(|file| {
                paths.remove(file);
            });
        } else {
            paths.extend(files);
        }
    }
    Ok(paths)
}

fn below<'a>(directory: &str, path: &'a str) -> &'a str {
    path.strip_prefix(directory)
        .map_or(path, |rest| rest.trim_start_matches('/'))
}

fn language(path: &str) -> Option<Language> {
    match path.rsplit_once('.')?.1 {
        "c" | "s" | "S" => Some(Language::C),
        "cc" | "cpp" | "cxx" | "c++" | "C" => Some(Language::Cxx),
        _ => None,
    }
}

fn unknown(path: &str) -> Problem {
    Problem::new(format!("`{path}` is no source of C, C++ or assembly"))
        .at("sources")
        .hint("sources end in `.c`, `.cc`, `.cpp`, `.cxx`, `.c++`, `.C`, `.s` or `.S`; headers belong to `headers`")
}

/// `compile-src.main.c` for `src/main.c`, with a number where that is taken.
fn action_name(relative: &str, taken: &mut BTreeSet<String>) -> String {
    let name: String = format!("compile-{}", plain(relative))
        .chars()
        .take(MOST_NAME_BYTES)
        .collect();
    let mut numbered = (2..).map(|number| format!("{name}.{number}"));
    let mut free = name.clone();
    while !taken.insert(free.clone()) {
        free = numbered.next().unwrap_or_default();
    }
    free
}

/// A path in letters that may stand in the name of an action or a file.
fn plain(path: &str) -> String {
    path.chars()
        .map(|c| match c {
            '/' => '.',
            c if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+') => c,
            _ => '_',
        })
        .collect()
}
