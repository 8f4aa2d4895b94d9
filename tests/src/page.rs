//! The page about bad input, held against the program: each of its blocks is what a test
//! has just seen printed. Knows the page's form, not what is on it.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use crate::tree;

/// Stands on the page for lines that are left out there.
const LEFT_OUT: &str = "[…]\n";

/// Held while the page is read or remade: tests run side by side.
static REMAKING: Mutex<()> = Mutex::new(());

/// Holds `printed` against the block below the heading `title`. `plain` takes out of a text
/// what differs from run to run. With `UPDATE_EXPECT=1` the block is remade.
#[track_caller]
pub(crate) fn assert_shown(title: &str, printed: &str, plain: impl Fn(&str) -> String) {
    let _held = REMAKING.lock().unwrap_or_else(PoisonError::into_inner);
    let page = read();
    let place = block(&page, title);
    let shown = &page[place];
    if is_same(&plain(shown), &plain(printed)) {
        return;
    }
    if is_remade() {
        return replace(title, printed);
    }
    panic!(
        "docs/bad-input.md, `{title}`, shows something else than is printed\n--- shown\n{shown}\
         --- printed\n{printed}`UPDATE_EXPECT=1` puts what is printed on the page"
    );
}

fn is_same(shown: &str, printed: &str) -> bool {
    match shown.split_once(LEFT_OUT) {
        Some((first, last)) => printed
            .strip_prefix(first)
            .is_some_and(|rest| rest.ends_with(last)),
        None => shown == printed,
    }
}

/// The bytes between the fences below a heading.
#[track_caller]
fn block(page: &str, title: &str) -> Range<usize> {
    let heading = format!("\n### {title}\n");
    let find = |from: usize, text: &str| page[from..].find(text).map(|at| from + at + text.len());
    let begin = find(0, &heading).and_then(|from| find(from, "\n```console\n"));
    // From the line break before the block, which may be empty.
    let end = begin.and_then(|from| find(from - 1, "\n```\n"));
    match (begin, end) {
        (Some(begin), Some(end)) => begin..end - "```\n".len(),
        _ => panic!("docs/bad-input.md has no heading `{title}` with a `console` block below it"),
    }
}

fn replace(title: &str, printed: &str) {
    let mut page = read();
    let place = block(&page, title);
    page.replace_range(place, printed);
    std::fs::write(file(), page).expect("the page can be written");
}

fn read() -> String {
    std::fs::read_to_string(file()).expect("the page can be read")
}

fn file() -> PathBuf {
    tree::root().join("docs/bad-input.md")
}

#[expect(
    clippy::disallowed_methods,
    reason = "the same variable remakes all other expectations"
)]
fn is_remade() -> bool {
    std::env::var_os("UPDATE_EXPECT").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_found_below_its_heading() {
        let page = "# P\n\n### One\n\nWords.\n\n```console\n$ a\nb\n```\n\n### Two\n\n```console\nc\n```\n";
        assert_eq!(&page[block(page, "One")], "$ a\nb\n");
        assert_eq!(&page[block(page, "Two")], "c\n");
    }

    #[test]
    fn lines_may_be_left_out() {
        assert!(is_same("a\n[…]\nz\n", "a\nb\nc\nz\n"));
        assert!(!is_same("a\n[…]\nz\n", "a\nb\nc\n"));
        assert!(!is_same("a\n", "a\nb\n"));
    }
}
