//! Removes what has not been used for long: records first, then the blobs that no record
//! names any more, then what was set aside or left behind.
//!
//! Whoever collects must hold the store for itself ([`crate::Store::hold_alone`]): a blob
//! whose record is still to be written would look as if nobody wanted it.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use orch_model::{Digest, Fault};

use crate::entry::list;
use crate::{Lock, Store, Tally};

/// What is to be removed.
pub struct Collection<'a> {
    /// Records that were not used since then go.
    pub since: SystemTime,
    /// Now; what claims to be used later counts as used now.
    pub now: SystemTime,
    /// Beyond that, the least recently used go until blobs and records take no more than
    /// this, in bytes.
    pub keep_bytes: Option<u64>,
    /// Kinds of records that stay whatever their age.
    pub keep_kinds: &'a [&'a str],
    /// The blobs that a record names, by its kind and value.
    pub names: &'a dyn Fn(&str, &[u8]) -> Vec<Digest>,
    /// Whether to say only what would go.
    pub dry_run: bool,
}

/// What was removed, or would be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Collected {
    /// Records.
    pub records: Tally,
    /// Blobs that no record names.
    pub blobs: Tally,
    /// Damaged files that were set aside, and what killed processes left.
    pub refuse: Tally,
}

/// A record with what it keeps alive.
struct Kept {
    path: PathBuf,
    bytes: u64,
    used: SystemTime,
    stays: bool,
    names: Vec<Digest>,
}

/// The files of one blob, and how many records name it.
#[derive(Default)]
struct Wanted {
    files: Vec<(PathBuf, u64)>,
    by: usize,
}

impl Store {
    /// Removes what a collection says.
    pub fn collect(&self, collection: &Collection<'_>) -> Result<Collected, Fault> {
        let mut blobs: HashMap<Digest, Wanted> = HashMap::new();
        for blob in self.blob_entries()? {
            let wanted = blobs.entry(blob.digest).or_default();
            wanted.files.push((blob.path, blob.bytes));
        }
        let mut records = self.records_by_use(collection)?;
        for name in records.iter().flat_map(|record| &record.names) {
            if let Some(wanted) = blobs.get_mut(name) {
                wanted.by += 1;
            }
        }
        let going = choose(&mut records, &mut blobs, collection);

        // A crash in between leaves blobs without a record, never the other way round.
        let mut collected = Collected::default();
        let dry_run = collection.dry_run;
        for record in going {
            remove_counted(&record.path, record.bytes, &mut collected.records, dry_run)?;
        }
        for wanted in blobs.values().filter(|wanted| wanted.by == 0) {
            for (path, bytes) in &wanted.files {
                remove_counted(path, *bytes, &mut collected.blobs, dry_run)?;
            }
        }
        for damaged in list(&self.0.root.join("quarantine"))? {
            let bytes = damaged.metadata().map_or(0, |metadata| metadata.len());
            remove_counted(&damaged.path(), bytes, &mut collected.refuse, dry_run)?;
        }
        self.collect_temporaries(&mut collected.refuse, dry_run)?;
        self.collect_locks(&mut collected.refuse, dry_run)?;
        Ok(collected)
    }

    /// All records, the least recently used first.
    fn records_by_use(&self, collection: &Collection<'_>) -> Result<Vec<Kept>, Fault> {
        let mut records = Vec::new();
        for kind in self.kinds()? {
            let stays = collection.keep_kinds.contains(&kind.as_str());
            for entry in self.record_entries(&kind)? {
                let value = self.peek_record(&kind, &entry.digest)?;
                // A damaged one is of no use to anybody.
                let used = match value {
                    Some(_) => entry.modified.min(collection.now),
                    None => SystemTime::UNIX_EPOCH,
                };
                records.push(Kept {
                    stays: stays && value.is_some(),
                    names: value.map_or_else(Vec::new, |value| (collection.names)(&kind, &value)),
                    path: entry.path,
                    bytes: entry.bytes,
                    used,
                });
            }
        }
        records.sort_by(|a, b| (a.used, &a.path).cmp(&(b.used, &b.path)));
        Ok(records)
    }

    /// What killed processes of an earlier `orch` had locked; letting go of a lock removes its
    /// file.
    fn collect_locks(&self, tally: &mut Tally, dry_run: bool) -> Result<(), Fault> {
        for left in list(&self.0.root.join("locks"))? {
            tally.add(0);
            if !dry_run {
                let path = left.path();
                Lock::try_acquire(&path).map_err(|error| Fault::io("lock", &path, &error))?;
            }
        }
        Ok(())
    }

    /// What killed processes were writing. A living one holds its lock.
    fn collect_temporaries(&self, tally: &mut Tally, dry_run: bool) -> Result<(), Fault> {
        for left in list(&self.0.root.join("temporary"))? {
            let folder = left.path();
            if !folder.is_dir() {
                continue;
            }
            let lock = folder.with_extension("lock");
            let lock =
                Lock::try_acquire(&lock).map_err(|error| Fault::io("lock", &lock, &error))?;
            if lock.is_none() {
                continue;
            }
            for file in list(&folder)? {
                let bytes = file.metadata().map_or(0, |metadata| metadata.len());
                remove_counted(&file.path(), bytes, tally, dry_run)?;
            }
        }
        Ok(())
    }
}

/// Takes out of `records` what goes, and counts down what its blobs are wanted by.
fn choose(
    records: &mut Vec<Kept>,
    blobs: &mut HashMap<Digest, Wanted>,
    collection: &Collection<'_>,
) -> Vec<Kept> {
    let named = blobs.values().filter(|wanted| wanted.by > 0);
    let mut bytes: u64 = records.iter().map(|record| record.bytes).sum::<u64>()
        + named.map(Wanted::bytes).sum::<u64>();
    let mut going = Vec::new();
    for record in std::mem::take(records) {
        let old = record.used < collection.since;
        let too_much = collection.keep_bytes.is_some_and(|keep| bytes > keep);
        if record.stays || !(old || too_much) {
            records.push(record);
            continue;
        }
        bytes -= record.bytes;
        for name in &record.names {
            if let Some(wanted) = blobs.get_mut(name) {
                wanted.by -= 1;
                if wanted.by == 0 {
                    bytes -= wanted.bytes();
                }
            }
        }
        going.push(record);
    }
    going
}

impl Wanted {
    fn bytes(&self) -> u64 {
        self.files.iter().map(|(_, bytes)| bytes).sum()
    }
}

fn remove_counted(path: &Path, bytes: u64, tally: &mut Tally, dry_run: bool) -> Result<(), Fault> {
    tally.add(bytes);
    if dry_run {
        return Ok(());
    }
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Fault::io("remove", path, &error))
        }
        _ => Ok(()),
    }
}
