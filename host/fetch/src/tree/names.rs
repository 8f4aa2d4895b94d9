//! Names of a tree's files and texts of its links, judged by their letters alone.

use orch_model::RelativePath;

use super::Refused;

/// The longest path and the longest part of one, in bytes: what Linux takes.
const PATH_BYTES: usize = 4000;
const PART_BYTES: usize = 255;
/// The most parts of a path: removing a tree takes an open file for each.
const PARTS: usize = 200;

/// Refuses a path that is too long for the disk; looked at before anything is made of it.
pub(super) fn fits(path: &RelativePath) -> Result<(), Refused> {
    let text = path.as_str();
    let why = if text.len() > PATH_BYTES || text.split('/').any(|part| part.len() > PART_BYTES) {
        "has too long a name".to_owned()
    } else if text.split('/').count() > PARTS {
        format!("lies more than {PARTS} directories deep")
    } else {
        return Ok(());
    };
    let short: String = text.chars().take(80).collect();
    Err(Refused::Entry(format!("{short}…"), why))
}

/// How deep a link leads, by its text alone; none if it leaves the root.
pub(super) fn follow_by_text(path: &RelativePath, to: &str) -> Option<usize> {
    let mut depth = path.as_str().matches('/').count();
    for part in to.split('/') {
        match part {
            "" | "." => {}
            ".." => depth = depth.checked_sub(1)?,
            _ => depth += 1,
        }
    }
    Some(depth)
}
