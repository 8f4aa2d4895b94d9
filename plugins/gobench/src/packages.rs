//! Where the benchmarks are: the folders of packages with tests, as `go help packages` has them.

use std::collections::{BTreeMap, BTreeSet};

use orch_plugin::{Error, Facts, Problem, source};

use crate::settings::Settings;

/// How a benchmark begins in a source file.
const DECLARATION: &str = "func Benchmark";

/// What a user writes for packages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Pattern<'a> {
    /// `./internal/x`: the package in a folder.
    In(&'a str),
    /// `./internal/...`: all in a folder and below.
    Below(&'a str),
}

impl<'a> Pattern<'a> {
    /// Reads `./internal/x` or `./...`.
    ///
    /// # Errors
    ///
    /// That it is none of a folder below the build's, without the setting.
    pub(crate) fn parse(text: &'a str) -> Result<Self, Problem> {
        let wrong = |why: &str, hint: String| {
            Err(Problem::new(format!("`{}` {why}", text.escape_debug())).hint(hint))
        };
        let outside = || {
            let hint = "write it as `./internal/x`, below the build's `directory`".to_owned();
            wrong("is no folder below the build's", hint)
        };
        let below = match (text, text.strip_prefix("./")) {
            (".", _) => "",
            (_, Some(below)) => below,
            ("", _) => return outside(),
            (text, None) if text.starts_with("..") || text.starts_with('/') => return outside(),
            (text, None) => return wrong("is no folder", format!("write `./{text}`")),
        };
        let (folder, is_tree) = match below.strip_suffix("...") {
            Some("") => ("", true),
            Some(above) if above.ends_with('/') => (above, true),
            Some(_) => return wrong("is no folder", "write `./...` or `./x/...`".to_owned()),
            None => (below, false),
        };
        let folder = folder.trim_end_matches('/');
        let is_odd = |part: &str| {
            matches!(part, "" | "." | "..")
                || part.contains(['\\', '*', '\0'])
                || part.contains("...")
        };
        if !folder.is_empty() && folder.split('/').any(is_odd) {
            return outside();
        }
        Ok(match is_tree {
            true => Self::Below(folder),
            false => Self::In(folder),
        })
    }

    fn matches(&self, folder: &str) -> bool {
        match self {
            Self::In(own) => folder == *own,
            Self::Below(own) => match folder.strip_prefix(own) {
                Some(rest) => own.is_empty() || rest.is_empty() || rest.starts_with('/'),
                None => false,
            },
        }
    }
}

/// The folders of all packages that are wanted, sorted, below the build's folder `directory`. What
/// is wrong with the setting goes to `problems`.
///
/// # Errors
///
/// That the project's files could not be listed or read.
pub(crate) fn find(
    directory: &str,
    settings: &Settings,
    facts: &dyn Facts,
    problems: &mut Vec<Problem>,
) -> Result<BTreeSet<String>, Error> {
    let tests = test_files(directory, facts)?;
    let mut found = BTreeSet::new();
    for (setting, written) in settings.packages() {
        let pattern = match Pattern::parse(written) {
            Ok(pattern) => pattern,
            Err(problem) => {
                problems.push(problem.at(setting));
                continue;
            }
        };
        for (folder, files) in tests.iter().filter(|(folder, _)| pattern.matches(folder)) {
            let is_named = matches!(pattern, Pattern::In(_));
            if is_named || declares_benchmark(directory, files, facts)? {
                found.insert(folder.clone());
            }
        }
        if !found.iter().any(|folder| pattern.matches(folder)) {
            problems.push(
                Problem::new(format!("no test of `{written}` has a benchmark"))
                    .at(setting)
                    .hint("write one in a file `…_test.go`: `func BenchmarkParse(b *testing.B)`"),
            );
        }
    }
    Ok(found)
}

/// The test files of each folder below `directory` that Go would look into for `./...`: none that
/// begins with a dot or an underscore, no `testdata`, no `vendor`, no module of its own.
fn test_files(directory: &str, facts: &dyn Facts) -> Result<BTreeMap<String, Vec<String>>, Error> {
    let list = |name: &str| {
        let pattern = join(directory, &format!("**/{name}"));
        let files = facts
            .glob(&pattern)
            .map_err(|refusal| refusal.of("the list of tests"))?;
        let below = files.into_iter().filter_map(|file| below(directory, &file));
        Ok::<Vec<String>, Error>(below.collect())
    };
    let modules: Vec<String> = list("go.mod")?
        .iter()
        .map(|file| split(file).0.to_owned())
        .filter(|folder| !folder.is_empty())
        .collect();
    let mut tests: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in list("*_test.go")? {
        let (folder, name) = split(&file);
        let is_hidden = |part: &str| part.starts_with(['.', '_']);
        let is_left_out = |part: &str| is_hidden(part) || matches!(part, "testdata" | "vendor");
        let mut modules = modules.iter();
        let is_elsewhere = modules.any(|module| Pattern::Below(module).matches(folder));
        if !is_hidden(name) && !folder.split('/').any(is_left_out) && !is_elsewhere {
            tests.entry(folder.to_owned()).or_default().push(file);
        }
    }
    Ok(tests)
}

fn declares_benchmark(directory: &str, files: &[String], facts: &dyn Facts) -> Result<bool, Error> {
    for file in files {
        let path = source(join(directory, file));
        let text = facts
            .read(&path)
            .map_err(|refusal| refusal.of(&format!("`{file}`")))?;
        if String::from_utf8_lossy(&text).contains(DECLARATION) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A file's folder and its name.
fn split(file: &str) -> (&str, &str) {
    file.rsplit_once('/').unwrap_or(("", file))
}

fn below(directory: &str, file: &str) -> Option<String> {
    match directory {
        "" => Some(file.to_owned()),
        directory => Some(file.strip_prefix(directory)?.strip_prefix('/')?.to_owned()),
    }
}

/// A path below a folder; either may be empty.
pub(crate) fn join(folder: &str, below: &str) -> String {
    match (folder, below) {
        ("", path) | (path, "") => path.to_owned(),
        (folder, below) => format!("{folder}/{below}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_and_trees() {
        for (text, pattern) in [
            (".", Pattern::In("")),
            ("./", Pattern::In("")),
            ("./...", Pattern::Below("")),
            ("./internal/x", Pattern::In("internal/x")),
            ("./internal/x/", Pattern::In("internal/x")),
            ("./internal/...", Pattern::Below("internal")),
        ] {
            assert_eq!(Pattern::parse(text), Ok(pattern), "{text}");
        }
        for text in [
            "",
            "..",
            "./..",
            "./a/../b",
            "/a",
            "internal/x",
            "...",
            "./a...",
            "./a//b",
            "./a/.../b",
            "./a\\b",
            "-x",
        ] {
            assert!(Pattern::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_tree_holds_its_own_folder_and_not_its_namesakes() {
        let tree = Pattern::Below("internal");
        assert!(tree.matches("internal") && tree.matches("internal/x"));
        assert!(!tree.matches("internals") && !tree.matches(""));
        assert!(Pattern::Below("").matches("") && Pattern::Below("").matches("a"));
    }
}
