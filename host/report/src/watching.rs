//! What `orch watch` says between two runs: what it waits for, and what has changed.

use std::collections::BTreeMap;
use std::time::Duration;

use orch_model::Change;

use crate::duration::human_duration;
use crate::escape::visible_line;
use crate::style::{Meaning, Style};

/// How many names a line holds.
const NAMES: usize = 5;

/// What is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watching {
    /// How many input files may change.
    pub inputs: usize,
    /// In how many folders a change is noticed.
    pub folders: usize,
    /// Other files and patterns that the plan rests on.
    pub besides: Vec<String>,
    /// How often everything is looked at, where the kernel may not report a change.
    pub every: Option<Duration>,
}

/// One line: `waiting for a change of 3 inputs, pipeline.toml or orch.lock`.
pub fn render_watching(watching: &Watching, style: Style) -> String {
    let mut what: Vec<String> = match watching.inputs {
        0 => Vec::new(),
        1 => vec!["1 input".to_owned()],
        inputs => vec![format!("{inputs} inputs")],
    };
    what.extend(
        watching
            .besides
            .iter()
            .take(NAMES)
            .map(|name| visible_line(name)),
    );
    what.extend(more(watching.besides.len()));
    let last = what.pop().unwrap_or_default();
    let all = match what.is_empty() {
        true => last,
        false => format!("{} or {last}", what.join(", ")),
    };
    let how = match watching.every {
        None => String::new(),
        Some(every) => format!(", looking every {}", human_duration(every)),
    };
    let line = format!("waiting for a change of {all}{how}");
    style.paint(Meaning::Faint, &line) + "\n"
}

/// One line: `changed: src/main.c, src/new.c (new), src/old.c (removed)`.
pub fn render_changes(changes: &BTreeMap<String, Change>, style: Style) -> String {
    let named = changes.iter().take(NAMES).map(|(name, change)| {
        let name = visible_line(name);
        match change {
            Change::Added => format!("{name} (new)"),
            Change::Modified => name,
            Change::Removed => format!("{name} (removed)"),
        }
    });
    let all: Vec<String> = named.chain(more(changes.len())).collect();
    let text = format!("changed: {}", all.join(", "));
    style.paint(Meaning::Strong, &text) + "\n"
}

/// How many there are beside those that were named.
fn more(count: usize) -> Option<String> {
    (count > NAMES).then(|| format!("{} more", count - NAMES))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn waits(inputs: usize, besides: &[&str], every: Option<u64>, expected: Expect) {
        let watching = Watching {
            inputs,
            folders: 1,
            besides: besides.iter().map(|name| (*name).to_owned()).collect(),
            every: every.map(Duration::from_secs),
        };
        expected.assert_eq(&render_watching(&watching, Style::PLAIN));
    }

    #[test]
    fn what_is_waited_for() {
        let both = ["pipeline.toml", "orch.lock"];
        waits(
            0,
            &both,
            None,
            expect![[r#"
                waiting for a change of pipeline.toml or orch.lock
            "#]],
        );
        waits(
            12,
            &both,
            Some(1),
            expect![[r#"
                waiting for a change of 12 inputs, pipeline.toml or orch.lock, looking every 1.0 s
            "#]],
        );
        waits(
            1,
            &["a", "b", "c", "d", "e", "f", "g"],
            None,
            expect![[r#"
                waiting for a change of 1 input, a, b, c, d, e or 2 more
            "#]],
        );
    }

    #[test]
    fn what_has_changed() {
        let mut changes = BTreeMap::from([
            ("src/main.c".to_owned(), Change::Modified),
            ("src/new.c".to_owned(), Change::Added),
            ("src/\u{1b}[2J".to_owned(), Change::Removed),
        ]);
        expect![[r#"
            changed: src/\x1b[2J (removed), src/main.c, src/new.c (new)
        "#]]
        .assert_eq(&render_changes(&changes, Style::PLAIN));
        changes.extend((0..100).map(|number| (format!("src/{number:02}.c"), Change::Modified)));
        expect![[r#"
            changed: src/\x1b[2J (removed), src/00.c, src/01.c, src/02.c, src/03.c, 98 more
        "#]]
        .assert_eq(&render_changes(&changes, Style::PLAIN));
    }
}
