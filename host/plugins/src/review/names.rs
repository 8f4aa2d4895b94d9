//! The small checks that every review is made of: names, lengths, counts, doubles. What a
//! name stands for is not known here.

use std::collections::BTreeSet;

use orch_model::{Part, Root, Variable, Word};

use crate::failure::Breach;
use crate::shown;

/// Entries of any list that a plugin returns. No sound plugin comes near it.
const ENTRIES: usize = 10_000;
/// Bytes of a name or a version.
pub(super) const NAME_BYTES: usize = 128;
/// Bytes of an address or a value.
pub(super) const ADDRESS_BYTES: usize = 4_096;

pub(super) type Reviewed<T> = Result<T, Breach>;

pub(super) fn breach<T>(what: String) -> Reviewed<T> {
    Err(Breach(what))
}

pub(super) fn count<T>(what: &str, list: &[T]) -> Reviewed<()> {
    if list.len() > ENTRIES {
        return breach(format!(
            "returned {} {what}; {ENTRIES} are allowed",
            list.len()
        ));
    }
    Ok(())
}

/// A name that can stand in a node's name and as a file's name on every system.
pub(super) fn name(what: &str, text: &str) -> Reviewed<()> {
    let fits = !text.is_empty()
        && text.len() <= NAME_BYTES
        && !text.starts_with(['.', '-'])
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+'));
    if fits {
        return Ok(());
    }
    breach(format!(
        "named the {what} `{}`; such names have letters, digits, `-`, `_`, `.`, `+`",
        shown::value(text)
    ))
}

pub(super) fn no_control(what: &str, text: &str, limit: usize) -> Reviewed<()> {
    if text.len() > limit || text.chars().any(char::is_control) {
        return breach(format!(
            "gave the {what} `{}`, which is too long or holds control characters",
            shown::value(text)
        ));
    }
    Ok(())
}

pub(super) fn distinct<'a>(what: &str, names: impl IntoIterator<Item = &'a str>) -> Reviewed<()> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return breach(format!("named the {what} `{}` twice", shown::value(name)));
        }
    }
    Ok(())
}

pub(super) fn variable_name(text: &str) -> Reviewed<()> {
    if text.is_empty() || text.contains(['=', '\0']) || text.len() > NAME_BYTES {
        return breach(format!(
            "named the environment variable `{}`; a name is not empty, and has no `=` or NUL",
            shown::value(text)
        ));
    }
    Ok(())
}

pub(super) fn no_nul(what: &str, text: &str) -> Reviewed<()> {
    if text.contains('\0') {
        return breach(format!(
            "gave the {what} `{}`, which holds a NUL",
            shown::value(text)
        ));
    }
    Ok(())
}

pub(super) fn word(what: &str, word: &Word) -> Reviewed<()> {
    count(&format!("parts of one {what}"), &word.0)?;
    word.0.iter().try_for_each(|part| match part {
        Part::Text(text) => no_nul(what, text),
        Part::Path(path) => root(&path.root),
    })
}

pub(super) fn root(root: &Root) -> Reviewed<()> {
    match root {
        // The host's own name for a toolchain of a matrix is `go@1.22`.
        Root::Tool(text) => text.split('@').try_for_each(|part| name("tool", part)),
        Root::Artifact(text) => name("action", text),
        Root::Cache(text) => name("cache", text),
        Root::Source | Root::Output | Root::Scratch => Ok(()),
    }
}

pub(super) fn environment(variables: &[Variable]) -> Reviewed<()> {
    count("environment variables", variables)?;
    for variable in variables {
        variable_name(&variable.name)?;
        word("environment variable's value", &variable.value)?;
    }
    distinct(
        "environment variable",
        variables.iter().map(|variable| variable.name.as_str()),
    )
}
