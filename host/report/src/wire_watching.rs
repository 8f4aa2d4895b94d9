//! What `orch watch` says between two runs, as `--output json` writes it: part of the format
//! that wire.rs describes.

use std::collections::BTreeMap;

use orch_model::Change;
use serde::Serialize;

use crate::watching::Watching;

/// How many changed files one event names.
const MOST_CHANGES: usize = 1000;

#[derive(Serialize)]
pub(crate) struct WireWatching<'a> {
    inputs: usize,
    folders: usize,
    besides: &'a [String],
    every_ms: Option<u64>,
}

#[derive(Serialize)]
pub(crate) struct WireChanges<'a> {
    count: usize,
    files: Vec<WireChange<'a>>,
}

#[derive(Serialize)]
struct WireChange<'a> {
    path: &'a str,
    change: &'static str,
}

impl<'a> WireWatching<'a> {
    /// What is waited for.
    pub fn of(watching: &'a Watching) -> Self {
        Self {
            inputs: watching.inputs,
            folders: watching.folders,
            besides: &watching.besides,
            every_ms: watching.every.map(|every| every.as_millis() as u64),
        }
    }
}

impl<'a> WireChanges<'a> {
    /// What others have changed, by name.
    pub fn of(changes: &'a BTreeMap<String, Change>) -> Self {
        let files = changes
            .iter()
            .take(MOST_CHANGES)
            .map(|(path, change)| WireChange {
                path,
                change: match change {
                    Change::Added => "added",
                    Change::Modified => "modified",
                    Change::Removed => "removed",
                },
            });
        Self {
            count: changes.len(),
            files: files.collect(),
        }
    }
}
