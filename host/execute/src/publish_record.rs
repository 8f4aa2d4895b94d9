//! What was put in place, and how each file looked then: so that a file which nobody has
//! touched since need not be read to know that it is right.
//!
//! The record is a hint. A lost, damaged or foreign one costs a look into the files.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use orch_model::{Digest, RelativePath};

const FORMAT: u32 = 1;

/// A file that was changed shortly before the record was written may have been changed
/// once more within the same tick of the file system's clock, so its times prove nothing.
const RACY_NS: i128 = 2_000_000_000;

/// What is known of the files in place.
#[derive(Debug, Default)]
pub(crate) struct PublishRecord {
    files: BTreeMap<RelativePath, Entry>,
    /// When the record was written, by the clock of the disk that holds it.
    written_ns: i128,
    changed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    #[serde(flatten)]
    look: Look,
    digest: Digest,
}

/// What tells, without reading a file, that it has been changed or replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Look {
    size: u64,
    mtime_ns: i64,
    ctime_ns: i64,
    inode: u64,
}

#[derive(Serialize, Deserialize)]
struct Written {
    format: u32,
    files: BTreeMap<RelativePath, Entry>,
}

impl Look {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        Self {
            size: metadata.size(),
            mtime_ns: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
            ctime_ns: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
            inode: metadata.ino(),
        }
    }
}

impl PublishRecord {
    /// The record in a file; an empty one if that is missing or not ours.
    pub(crate) fn read(path: &Path) -> Self {
        Self::try_read(path).unwrap_or_default()
    }

    fn try_read(path: &Path) -> Option<Self> {
        let written_ns = Look::of(&fs::metadata(path).ok()?).mtime_ns;
        let written: Written = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
        (written.format == FORMAT).then(|| Self {
            files: written.files,
            written_ns: written_ns.into(),
            changed: false,
        })
    }

    /// The digest of a file that looks as it did when it was noted.
    pub(crate) fn digest(&self, path: &RelativePath, look: Look) -> Option<Digest> {
        let entry = self.files.get(path)?;
        let latest = i128::from(look.mtime_ns.max(look.ctime_ns));
        (entry.look == look && latest + RACY_NS < self.written_ns).then_some(entry.digest)
    }

    /// Notes what a file holds.
    pub(crate) fn note(&mut self, path: &RelativePath, look: Look, digest: Digest) {
        self.changed = true;
        self.files.insert(path.clone(), Entry { look, digest });
    }

    /// Writes the record down, in one step, if there is anything new in it.
    pub(crate) fn write(&mut self, path: &Path) -> io::Result<()> {
        if !self.changed {
            return Ok(());
        }
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let written = Written {
            format: FORMAT,
            files: std::mem::take(&mut self.files),
        };
        let mut file = NamedTempFile::new_in(folder)?;
        let result = serde_json::to_writer(&mut file, &written);
        self.files = written.files;
        result?;
        file.persist(path)?;
        self.changed = false;
        Ok(())
    }
}

/// Where the record of a project lies.
pub(crate) fn record_path(root: &Path) -> PathBuf {
    root.join(".orch").join("published.json")
}

fn nanoseconds(seconds: i64, rest: i64) -> i64 {
    seconds.saturating_mul(1_000_000_000).saturating_add(rest)
}
