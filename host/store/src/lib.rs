//! Keeps content by its digest and small records by a key, on one machine, for every
//! `orch` that runs there.
//!
//! This crate knows files and digests. It deliberately does not know what a blob or a
//! record means: actions, plans and toolchains are other crates' nouns.
//!
//! # Layout
//!
//! Everything lies below `<cache>/store/v1`; a layout that differs gets another number.
//!
//! | path | holds |
//! | --- | --- |
//! | `blobs/ab/cdef…` | content whose SHA-256 is `abcdef…`, as it is, mode 0444 |
//! | `blobs/ab/cdef….zst` | such content compressed, where that saves at least a tenth |
//! | `records/<kind>/ab/cdef…` | a small value by a key, with a header of its own |
//! | `quarantine/` | blobs that did not hold what their name says |
//! | `temporary/<n>/` | what one running store is still writing |
//! | `claims` | empty; each byte of it can be locked, and stands for keys that somebody claims |
//! | `in-use` | locked by all who use the store, or by the one who removes from it |
//!
//! A plain blob has no header, so its file can be copied as it is; a compressed one is a
//! Zstandard stream. Readers take either, and the digest is always that of the content. The
//! modification time of a record says when it was last used, to the day.
//!
//! # What survives a crash
//!
//! * A **blob** is written under a temporary name while it is hashed, and then renamed: a
//!   name in `blobs/` never stands for half of what a killed process was writing. A large
//!   file is synced before the rename. A small one is not: [`Store::settle`] makes all of
//!   them durable together at the end of a run. After a power cut before that, one may be
//!   missing, empty or cut; its size tells ([`Store::contains_sized`]), and it is made again.
//! * A **record** is renamed into place but not synced. It carries a digest of itself, and
//!   a damaged one counts as absent. It states the sizes of the blobs that it names.
//! * All content is **checked on the way out**: whatever a power cut, a disk or a person did
//!   to a blob, it is never handed on as what its name says. It is set aside, counts as
//!   missing, and is made again.
//! * So a crash may cost work, but never gives a wrong answer.
//! * **Temporary files** of a process that was killed are removed by the next one that
//!   writes.

mod blob;
mod claim;
mod collect;
mod copy;
mod entry;
mod form;
mod in_use;
mod keep;
mod lock;
mod place;
mod record;
mod settle;
mod survey;
mod temporary;
mod verify;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use orch_model::{Digest, Fault};

pub use claim::Claimed;
pub use collect::{Collected, Collection};
pub use in_use::InUse;
pub use lock::Lock;
pub use place::{remove_abandoned, unfinished_file};
pub use survey::{Survey, Tally};
pub use verify::{Verified, Verifying};

use settle::Unsettled;
use temporary::Temporary;

/// A store on disk; clones share it.
#[derive(Clone, Debug)]
pub struct Store(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    root: PathBuf,
    temporary: Mutex<Option<Temporary>>,
    unsettled: Unsettled,
}

impl Store {
    /// Opens the store below a cache directory, making its folders where they are missing.
    /// Reads nothing of what it holds.
    pub fn open(cache: &Path) -> Result<Self, Fault> {
        let root = Self::folder(cache);
        for folder in ["blobs", "records", "quarantine", "temporary"] {
            let path = root.join(folder);
            std::fs::create_dir_all(&path)
                .map_err(|error| Fault::io("create the folder", &path, &error))?;
        }
        Ok(Self(Arc::new(Inner {
            root,
            temporary: Mutex::new(None),
            unsettled: Unsettled::default(),
        })))
    }

    /// Where the store of a cache directory lies.
    pub fn folder(cache: &Path) -> PathBuf {
        cache.join("store").join("v1")
    }

    /// Where the form of `digest` with a suffix lies below one of the store's folders. The
    /// first two digits make a folder, so that none of them grows too large to list.
    fn path_of(&self, folder: &str, digest: &Digest) -> PathBuf {
        let hex = digest.hex();
        let mut path = self.0.root.join(folder);
        path.push(&hex[..2]);
        path.push(&hex[2..]);
        path
    }
}
