//! Remembers what programs are made of and what they said, by how their files look, so that
//! a second question reads and starts nothing. Without it, all is found out again.

use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

use orch_model::{Digest, ProgramFacts, VersionArgument};
use serde::{Deserialize, Serialize};

use super::content::Content;

/// More are not kept: the oldest go.
const MOST_ENTRIES: usize = 256;

/// A file that changed less than this ago may change once more without looking otherwise.
/// FAT, whose clock is the coarsest in use, counts in two seconds.
const COARSEST_TICK_NS: i128 = 2_000_000_000;

/// How a file looks without reading it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Look {
    inode: u64,
    bytes: u64,
    modified_ns: i128,
    changed_ns: i128,
}

impl Look {
    /// Of a file behind all links; `None` where there is none.
    fn of(file: &Path) -> Option<Self> {
        let found = file.metadata().ok()?;
        let nanoseconds =
            |seconds: i64, rest: i64| i128::from(seconds) * 1_000_000_000 + i128::from(rest);
        Some(Self {
            inode: found.ino(),
            bytes: found.size(),
            modified_ns: nanoseconds(found.mtime(), found.mtime_nsec()),
            changed_ns: nanoseconds(found.ctime(), found.ctime_nsec()),
        })
    }

    /// The same, if every later change of the file must show in another look.
    pub(super) fn lasting(file: &Path) -> Option<Self> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
        let now = i128::try_from(now.as_nanos()).ok()?;
        Self::of(file).filter(|look| look.changed_ns.max(look.modified_ns) + COARSEST_TICK_NS < now)
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Entry {
    argument: VersionArgument,
    /// The program's own file first, then its libraries.
    looks: Vec<(PathBuf, Look)>,
    facts: ProgramFacts,
}

impl Entry {
    fn is_of(&self, file: &Path) -> bool {
        self.looks.first().is_some_and(|(own, _)| own == file)
    }

    fn holds(&self) -> bool {
        self.looks
            .iter()
            .all(|(file, look)| Look::of(file).as_ref() == Some(look))
    }
}

/// What was found out before.
#[derive(Debug)]
pub(super) struct Memory {
    file: PathBuf,
    entries: Mutex<Option<Vec<Entry>>>,
}

impl Memory {
    pub(super) fn new(file: PathBuf) -> Self {
        Self {
            file,
            entries: Mutex::default(),
        }
    }

    /// What a program said to an argument, if it looks as it did then.
    pub(super) fn recall(&self, file: &Path, argument: VersionArgument) -> Option<ProgramFacts> {
        let known = self.find(|entry| entry.is_of(file) && entry.argument == argument)?;
        Some(known.facts)
    }

    /// The digest of a program, if it looks as it did when that was made.
    pub(super) fn digest(&self, file: &Path) -> Option<Digest> {
        Some(self.find(|entry| entry.is_of(file))?.facts.digest)
    }

    fn find(&self, is_wanted: impl Fn(&Entry) -> bool) -> Option<Entry> {
        self.with(|entries| entries.iter().find(|entry| is_wanted(entry)).cloned())
            .filter(Entry::holds)
    }

    /// Keeps what was found out, in place of what was kept of the same question.
    pub(super) fn keep(
        &self,
        file: &Path,
        argument: VersionArgument,
        content: &Content,
        facts: &ProgramFacts,
    ) {
        let Some(looks) = content.looks.clone() else {
            return;
        };
        self.with(|entries| {
            entries.retain(|entry| !(entry.is_of(file) && entry.argument == argument));
            entries.push(Entry {
                argument,
                looks,
                facts: facts.clone(),
            });
            let surplus = entries.len().saturating_sub(MOST_ENTRIES);
            entries.drain(..surplus);
            // What is not written is found out again.
            let _ = self.write(entries);
        });
    }

    fn with<T>(&self, look: impl FnOnce(&mut Vec<Entry>) -> T) -> T {
        let mut entries = self.entries.lock().expect("nobody panics with it");
        look(entries.get_or_insert_with(|| self.read().unwrap_or_default()))
    }

    fn read(&self) -> Option<Vec<Entry>> {
        serde_json::from_slice(&std::fs::read(&self.file).ok()?).ok()
    }

    fn write(&self, entries: &[Entry]) -> std::io::Result<()> {
        let folder = self.file.parent().unwrap_or(Path::new("/"));
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(&serde_json::to_vec(entries)?)?;
        file.persist(&self.file)?;
        Ok(())
    }
}
