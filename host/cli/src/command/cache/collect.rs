//! `orch cache gc`: removes what was not used for long, and nothing that a running `orch` or
//! a known project needs.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use orch_engine::Cancel;
use orch_execute::named_blobs;
use orch_fetch::Fetcher;
use orch_model::{Digest, Fault};
use orch_report::{Table, human_bytes};
use orch_store::{Collection, Store, Tally};
use walkdir::WalkDir;

use crate::alone;
use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::interrupt;
use crate::known_projects;
use crate::stop::Stop;

use super::disk;

pub fn collect(
    environment: Environment,
    older_than: Duration,
    keep_bytes: Option<u64>,
    dry_run: bool,
    console: &Console,
) -> Result<Exit, Stop> {
    let store = Store::open(&environment.cache)?;
    let cancel = Cancel::new();
    interrupt::listen(&cancel, !console.is_json())?;
    let _alone = alone::wait(&store, &cancel, console)?;
    let now = SystemTime::now();
    let sweeper = Sweeper {
        // An age before all times keeps everything.
        since: now
            .checked_sub(older_than)
            .unwrap_or(SystemTime::UNIX_EPOCH),
        dry_run,
    };
    let pinned = pinned(&store, dry_run)?;
    let collected = store.collect(&Collection {
        since: sweeper.since,
        now,
        keep_bytes,
        keep_kinds: &[known_projects::RECORD],
        names: &named_blobs,
        dry_run,
    })?;
    let fetcher = Fetcher::new(environment.fetch_settings(true)?)?;
    let rows = [
        ("records", collected.records),
        ("blobs", collected.blobs),
        ("toolchains", sweeper.toolchains(&fetcher, &pinned)?),
        (
            "compiled plugins",
            sweeper.old_files(&environment.cache.join("compiled"))?,
        ),
        (
            "downloads",
            sweeper.old_files(&environment.cache.join("downloads"))?,
        ),
        ("leftovers", collected.refuse),
    ];
    show(&rows, dry_run, console);
    Ok(Exit::Done)
}

/// What the locks of known projects pin. Projects that are gone are forgotten.
fn pinned(store: &Store, dry_run: bool) -> Result<HashSet<Digest>, Fault> {
    let mut pinned = HashSet::new();
    for folder in known_projects::all(store)? {
        match folder.is_dir() {
            true => pinned.extend(known_projects::pinned(&folder)?),
            false if dry_run => {}
            false => known_projects::forget(store, &folder)?,
        }
    }
    Ok(pinned)
}

/// Removes by age outside the store.
struct Sweeper {
    since: SystemTime,
    dry_run: bool,
}

impl Sweeper {
    fn toolchains(&self, fetcher: &Fetcher, pinned: &HashSet<Digest>) -> Result<Tally, Fault> {
        let mut tally = Tally::default();
        for release in fetcher.list_installed()? {
            let used = fetcher.last_used(&release.recipe);
            if pinned.contains(&release.recipe) || used.is_none_or(|used| used >= self.since) {
                continue;
            }
            tally.add(release.tree.bytes);
            if !self.dry_run {
                fetcher.remove(&release.recipe)?;
            }
        }
        if !self.dry_run {
            fetcher.sweep()?;
        }
        Ok(tally)
    }

    /// Files below a folder that were written before then.
    fn old_files(&self, folder: &Path) -> Result<Tally, Fault> {
        let mut tally = Tally::default();
        for path in self.old_below(folder) {
            tally.add(disk::tally(&path).bytes);
            if !self.dry_run {
                fs::remove_file(&path).map_err(|error| Fault::io("remove", &path, &error))?;
            }
        }
        Ok(tally)
    }

    fn old_below(&self, folder: &Path) -> Vec<PathBuf> {
        WalkDir::new(folder)
            .into_iter()
            .flatten()
            .filter(|entry| entry.file_type().is_file())
            .filter(|entry| {
                let modified = entry
                    .metadata()
                    .ok()
                    .and_then(|found| found.modified().ok());
                modified.is_some_and(|modified| modified < self.since)
            })
            .map(walkdir::DirEntry::into_path)
            .collect()
    }
}

fn show(rows: &[(&str, Tally)], dry_run: bool, console: &Console) {
    if let Some(json) = console.json() {
        let rows: Vec<_> = rows
            .iter()
            .map(|(what, tally)| {
                serde_json::json!({
                    "what": what, "count": tally.count, "bytes": tally.bytes, "dry_run": dry_run,
                })
            })
            .collect();
        json.list("removed", &rows);
        return;
    }
    let title = if dry_run { "would remove" } else { "removed" };
    let mut table = Table::new([title, "count", "on disk"]).right(1).right(2);
    for (what, tally) in rows {
        table.row([*what, &tally.count.to_string(), &human_bytes(tally.bytes)]);
    }
    console.print(&table.render(console.style()));
    let bytes = rows.iter().map(|(_, tally)| tally.bytes).sum();
    console.say(&format!("{title} {}", human_bytes(bytes)));
}
