//! Which files a list of patterns means. Knows names only; reads nothing.

use std::collections::{HashMap, HashSet};

use globset::{GlobBuilder, GlobMatcher};

use orch_model::Fault;

/// A list of glob patterns in which the last one that matches a file decides; `!` in front
/// takes away.
///
/// `*` and `?` stay within one part of a path, `**` crosses parts, `{a,b}` and `[a-z]` are
/// alternatives. A pattern without any of these means that file, or all below that folder.
#[derive(Debug)]
pub(crate) struct Patterns {
    all: Vec<Pattern>,
    /// By plain name, the position of the last pattern that has it. A task that gathers what
    /// thousands of others left has as many patterns, and each would be tried for each file.
    plain: HashMap<String, usize>,
    /// The positions of the others.
    globs: Vec<usize>,
}

#[derive(Debug)]
struct Pattern {
    takes_away: bool,
    name: Name,
    /// Matches folders of which the pattern means everything below.
    whole: Option<Name>,
    /// The parts in front of the first wildcard.
    prefix: String,
}

/// What names a part of a pattern matches. Most patterns of large graphs are plain names,
/// and to compile those would cost more than all else that is done with them.
#[derive(Debug)]
enum Name {
    Plain(String),
    Glob(GlobMatcher),
}

impl Name {
    fn new(text: &str, body: &str) -> Result<Self, Fault> {
        match has_wildcard(body) {
            true => compile(text, body).map(Name::Glob),
            false => Ok(Name::Plain(body.to_owned())),
        }
    }

    fn is_match(&self, path: &str) -> bool {
        match self {
            Name::Plain(name) => name == path,
            Name::Glob(glob) => glob.is_match(path),
        }
    }
}

fn has_wildcard(part: &str) -> bool {
    part.contains(['*', '?', '[', '{', '\\'])
}

impl Patterns {
    pub(crate) fn new(patterns: &[String]) -> Result<Self, Fault> {
        let all: Vec<Pattern> = patterns
            .iter()
            .map(|text| Pattern::new(text))
            .collect::<Result<_, _>>()?;
        let (mut plain, mut globs) = (HashMap::new(), Vec::new());
        for (position, pattern) in all.iter().enumerate() {
            match &pattern.name {
                Name::Plain(name) => drop(plain.insert(name.clone(), position)),
                Name::Glob(_) => globs.push(position),
            }
        }
        Ok(Self { all, plain, globs })
    }

    /// Whether the file of this name is meant.
    pub(crate) fn mean(&self, path: &str) -> bool {
        self.last_match(path)
            .is_some_and(|position| !self.all[position].takes_away)
    }

    fn last_match(&self, path: &str) -> Option<usize> {
        let plain = parts_up_to(path).filter_map(|part| self.plain.get(part));
        let plain = plain.max().copied();
        self.globs
            .iter()
            .rev()
            .copied()
            .take_while(|position| plain.is_none_or(|plain| *position > plain))
            .find(|position| self.all[*position].matches(path))
            .or(plain)
    }

    /// Whether nothing below a folder can be meant, because a pattern takes all of it away
    /// and none behind gives anything back.
    pub(crate) fn leave_out_all_below(&self, folder: &str) -> bool {
        self.all
            .iter()
            .rev()
            .take_while(|pattern| pattern.takes_away)
            .any(|pattern| {
                pattern
                    .whole
                    .as_ref()
                    .is_some_and(|whole| whole.is_match(folder))
            })
    }

    /// The files and folders that a walk must begin with to meet all that is meant; sorted,
    /// none below another. The empty name is the root.
    pub(crate) fn beginnings(&self) -> Vec<&str> {
        let mut prefixes: Vec<&str> = self
            .all
            .iter()
            .filter(|pattern| !pattern.takes_away)
            .map(|pattern| pattern.prefix.as_str())
            .collect();
        prefixes.sort_unstable();
        let mut outer = HashSet::new();
        // What a folder holds comes behind it.
        prefixes.retain(|prefix| {
            let within = outer.contains("") || parts_up_to(prefix).any(|part| outer.contains(part));
            !within && outer.insert(*prefix)
        });
        prefixes
    }
}

impl Pattern {
    fn new(text: &str) -> Result<Self, Fault> {
        let wrong = |reason: &str| Err(Fault::usage(format!("pattern `{text}` {reason}")));
        let (takes_away, body) = match text.strip_prefix('!') {
            Some(body) => (true, body),
            None => (false, text),
        };
        let body = body.strip_prefix("./").unwrap_or(body);
        if body.starts_with('/') {
            return wrong("is absolute; patterns begin at the pipeline's folder");
        }
        if body.split('/').any(|part| part == "..") {
            return wrong("leaves the pipeline's folder");
        }
        let is_folder = body.ends_with('/');
        let body = body.trim_end_matches('/');
        if body.is_empty() {
            return wrong("is empty");
        }
        let whole = match body.strip_suffix("/**") {
            Some(folder) => Some(folder),
            None => (is_folder || !has_wildcard(body)).then_some(body),
        };
        let prefix: Vec<&str> = body
            .split('/')
            .take_while(|part| !has_wildcard(part))
            .collect();
        Ok(Self {
            takes_away,
            name: Name::new(text, body)?,
            whole: whole.map(|folder| Name::new(text, folder)).transpose()?,
            prefix: prefix.join("/"),
        })
    }

    fn matches(&self, path: &str) -> bool {
        self.name.is_match(path)
            || self.whole.as_ref().is_some_and(|whole| {
                path.match_indices('/')
                    .any(|(end, _)| whole.is_match(&path[..end]))
            })
    }
}

fn compile(text: &str, body: &str) -> Result<GlobMatcher, Fault> {
    GlobBuilder::new(body)
        .literal_separator(true)
        .backslash_escape(true)
        .build()
        .map(|glob| glob.compile_matcher())
        .map_err(|error| {
            Fault::usage(format!("pattern `{text}` cannot be read: {}", error.kind()))
                .hint("`*` matches within a folder, `**` across folders, `{a,b}` and `[a-z]` alternatives")
        })
}

/// Whether input patterns, as [`orch_engine::port::Sources::files`] reads them, mean a file.
pub fn patterns_mean(patterns: &[String], path: &str) -> Result<bool, Fault> {
    Ok(Patterns::new(patterns)?.mean(path))
}

/// The folders above a path, from the outside in, and the path itself.
fn parts_up_to(path: &str) -> impl Iterator<Item = &str> {
    let ends = path.match_indices('/').map(|(end, _)| end);
    ends.chain([path.len()]).map(|end| &path[..end])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn patterns(texts: &[&str]) -> Patterns {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        Patterns::new(&texts).unwrap()
    }

    fn check(texts: &[&str], meant: &[&str], not_meant: &[&str]) {
        let patterns = patterns(texts);
        for path in meant {
            assert!(patterns.mean(path), "{texts:?} mean {path}");
        }
        for path in not_meant {
            assert!(!patterns.mean(path), "{texts:?} do not mean {path}");
        }
    }

    #[test]
    fn wildcards_know_folders() {
        check(
            &["**/*.go"],
            &["a.go", "x/y/a.go", ".hidden/a.go"],
            &["a.c", "a.go/b"],
        );
        check(&["go.*"], &["go.mod", "go.sum"], &["x/go.mod", "go"]);
        check(&["*/a"], &["x/a"], &["a", "x/y/a"]);
        check(&["x/**"], &["x/a", "x/y/a"], &["x", "xy/a"]);
        check(&["{a,b}/c[0-9]"], &["a/c1", "b/c2"], &["c/c1", "a/cc"]);
        check(&["./a"], &["a"], &[]);
    }

    #[test]
    fn a_plain_name_means_a_file_or_all_below_a_folder() {
        check(&["cmd"], &["cmd", "cmd/a", "cmd/x/a"], &["cmdx", "x/cmd"]);
        check(&["*/gen/"], &["a/gen/x", "a/gen/y/z"], &["gen/x"]);
    }

    #[test]
    fn the_last_pattern_that_matches_decides() {
        check(
            &["**", "!x/**", "x/keep"],
            &["a", "x/keep"],
            &["x/a", "x/y/keep"],
        );
        check(&["!**", "a"], &["a"], &["b"]);
        check(&["a", "!a"], &[], &["a"]);
        check(&[], &[], &["a"]);
    }

    #[test]
    fn what_is_taken_away_whole_is_not_walked() {
        let taken = patterns(&["**", "!**/node_modules/**", "!vendor"]);
        assert!(taken.leave_out_all_below("a/node_modules"));
        assert!(taken.leave_out_all_below("vendor"));
        assert!(!taken.leave_out_all_below("a"));
        assert!(!patterns(&["**", "!vendor", "vendor/keep"]).leave_out_all_below("vendor"));
    }

    #[test]
    fn a_walk_begins_as_deep_as_it_can() {
        assert_eq!(patterns(&["**/*.go", "cmd/x"]).beginnings(), [""]);
        assert_eq!(
            patterns(&["cmd/**", "cmd/x/*.c", "cmds/a", "b/*", "!z"]).beginnings(),
            ["b", "cmd", "cmds/a"]
        );
    }

    #[test]
    fn wrong_patterns_are_named() {
        for (text, message) in [
            (
                "/etc/*",
                "pattern `/etc/*` is absolute; patterns begin at the pipeline's folder",
            ),
            ("a/../b", "pattern `a/../b` leaves the pipeline's folder"),
            ("!", "pattern `!` is empty"),
            (
                "[",
                "pattern `[` cannot be read: unclosed character class; missing ']'",
            ),
        ] {
            let fault = Patterns::new(&[text.to_owned()]).unwrap_err();
            assert_eq!(fault.message, message);
            assert_eq!(fault.kind, orch_model::FaultKind::Usage);
        }
    }

    fn path() -> impl Strategy<Value = String> {
        "[ab](/[ab]){0,3}"
    }

    fn pattern() -> impl Strategy<Value = String> {
        "!?([ab]|\\*|\\*\\*)(/([ab]|\\*|\\*\\*)){0,3}"
    }

    /// Whether a path is a folder or lies below it.
    fn is_within(path: &str, folder: &str) -> bool {
        folder.is_empty() || parts_up_to(path).any(|part| part == folder)
    }

    proptest! {
        #[test]
        fn the_last_match_is_found_as_if_all_were_tried(
            texts in proptest::collection::vec(pattern(), 0..6),
            path in path(),
        ) {
            let patterns = Patterns::new(&texts).unwrap();
            let tried = patterns.all.iter().rposition(|pattern| pattern.matches(&path));
            prop_assert_eq!(patterns.last_match(&path), tried);
        }

        #[test]
        fn a_pattern_behind_decides_for_all_that_it_matches(
            texts in proptest::collection::vec(pattern(), 0..5),
            last in pattern(),
            path in path(),
        ) {
            let before = Patterns::new(&texts).unwrap().mean(&path);
            let body = last.trim_start_matches('!').to_owned();
            let alone = Patterns::new(std::slice::from_ref(&body)).unwrap().mean(&path);
            let mut all = texts;
            all.push(last.clone());
            let expected = if alone { !last.starts_with('!') } else { before };
            prop_assert_eq!(Patterns::new(&all).unwrap().mean(&path), expected);
        }

        #[test]
        fn no_shortcut_of_the_walk_loses_a_file(
            texts in proptest::collection::vec(pattern(), 0..5),
            path in path(),
        ) {
            let patterns = Patterns::new(&texts).unwrap();
            if patterns.mean(&path) {
                prop_assert!(patterns.beginnings().iter().any(|start| is_within(&path, start)));
                for (end, _) in path.match_indices('/') {
                    prop_assert!(!patterns.leave_out_all_below(&path[..end]));
                }
            }
        }
    }
}
