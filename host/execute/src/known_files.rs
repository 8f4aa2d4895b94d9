//! What is remembered of files, in the form in which it is kept on disk: sorted by name and
//! searched where it lies, so that a run that asks for a few of many files reads it, but
//! parses nothing.
//!
//! ```text
//! "orch-files 1\n"  SHA-256 of all behind it
//! number of records: u32
//! record: where its name ends among the names u32, kind u8,
//!         inode u64, size u64, mtime i64, ctime i64, mode u32, SHA-256
//! the names, one behind the other
//! ```
//!
//! Numbers are little-endian. Records are in the order of their names, and of their kinds for
//! one name. A file that was cut, flipped or written by another version counts as none.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use orch_model::Digest;
use orch_store::unfinished_file;

use crate::look::Look;

const HEAD: &[u8] = b"orch-files 1\n";
const DIGEST_BYTES: usize = 32;
const FRONT_BYTES: usize = HEAD.len() + DIGEST_BYTES + 4;
const RECORD_BYTES: usize = 4 + 1 + Look::BYTES + DIGEST_BYTES;

/// What is remembered of a file: two things that need not hold together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// The digest of what it held as it looked then.
    Content,
    /// How it looked when it was put in place.
    Place,
}

/// One thing that is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub look: Look,
    /// Of the content; of a place it says nothing.
    pub digest: Digest,
}

/// All that is remembered: what was read, and what has been learnt or forgotten since.
#[derive(Debug)]
pub(crate) struct KnownFiles {
    read: Vec<u8>,
    /// `None` for what was forgotten.
    since: BTreeMap<(String, Kind), Option<Record>>,
}

impl KnownFiles {
    /// What a file's bytes hold; nothing if they are not whole.
    pub fn new(bytes: Vec<u8>) -> Self {
        let read = match is_whole(&bytes) {
            true => bytes,
            false => Vec::new(),
        };
        Self {
            read,
            since: BTreeMap::new(),
        }
    }

    /// What is remembered of a file.
    pub fn get(&self, path: &str, kind: Kind) -> Option<Record> {
        if let Some(since) = self.since.get(&(path.to_owned(), kind)) {
            return *since;
        }
        let at = self.first_from(path, kind);
        let (name, found, record) = self.record(at)?;
        (name == path.as_bytes() && found == kind).then_some(record)
    }

    /// Remembers something in place of what was known.
    pub fn put(&mut self, path: &str, kind: Kind, record: Record) {
        self.since.insert((path.to_owned(), kind), Some(record));
    }

    /// Forgets something. Says whether it was known.
    pub fn remove(&mut self, path: &str, kind: Kind) -> bool {
        let was_known = self.get(path, kind).is_some();
        if was_known {
            self.since.insert((path.to_owned(), kind), None);
        }
        was_known
    }

    /// Everything from one name up to another, in order.
    pub fn range(&self, from: &str, to: Option<&str>) -> Vec<(String, Kind, Record)> {
        let is_before = |name: &[u8]| to.is_none_or(|to| name < to.as_bytes());
        let mut all = BTreeMap::new();
        let first = self.first_from(from, Kind::Content);
        let records = (first..).map_while(|at| self.record(at));
        for (name, kind, record) in records.take_while(|(name, _, _)| is_before(name)) {
            if let Ok(name) = str::from_utf8(name) {
                all.insert((name.to_owned(), kind), Some(record));
            }
        }
        let since = self.since.range((from.to_owned(), Kind::Content)..);
        let since = since.take_while(|((name, _), _)| is_before(name.as_bytes()));
        all.extend(since.map(|(key, record)| (key.clone(), *record)));
        all.into_iter()
            .filter_map(|((name, kind), record)| Some((name, kind, record?)))
            .collect()
    }

    /// Puts all of it into a file, in one step.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let mut records: Vec<u8> = Vec::with_capacity(self.read.len());
        let mut names: Vec<u8> = Vec::new();
        let mut count: u32 = 0;
        let mut push = |name: &[u8], kind: Kind, record: Record| {
            names.extend(name);
            let end = u32::try_from(names.len()).map_err(io::Error::other)?;
            records.extend(end.to_le_bytes());
            records.push(kind as u8);
            record.look.push_to(&mut records);
            records.extend(record.digest.bytes());
            count += 1;
            Ok::<_, io::Error>(())
        };
        let mut read = (0..).map_while(|at| self.record(at)).peekable();
        for ((name, kind), record) in &self.since {
            let key = (name.as_bytes(), *kind);
            while let Some((name, kind, record)) =
                read.next_if(|(name, kind, _)| (*name, *kind) < key)
            {
                push(name, kind, record)?;
            }
            read.next_if(|(name, kind, _)| (*name, *kind) == key);
            if let Some(record) = record {
                push(name.as_bytes(), *kind, *record)?;
            }
        }
        for (name, kind, record) in read {
            push(name, kind, record)?;
        }
        let mut bytes = HEAD.to_vec();
        bytes.extend([0; DIGEST_BYTES]);
        bytes.extend(count.to_le_bytes());
        bytes.extend(records);
        bytes.extend(names);
        let digest = Digest::of(&bytes[HEAD.len() + DIGEST_BYTES..]);
        bytes[HEAD.len()..][..DIGEST_BYTES].copy_from_slice(digest.bytes());
        let file = unfinished_file(path.parent().unwrap_or(Path::new(".")))?;
        io::Write::write_all(&mut file.as_file(), &bytes)?;
        file.persist(path)?;
        Ok(())
    }

    /// The position of the first record that was read and stands nowhere before a name.
    fn first_from(&self, path: &str, kind: Kind) -> usize {
        let key = (path.as_bytes(), kind);
        let (mut low, mut high) = (0, self.count());
        while low < high {
            let middle = low + (high - low) / 2;
            let is_before = self
                .record(middle)
                .is_some_and(|(name, kind, _)| (name, kind) < key);
            match is_before {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        low
    }

    fn count(&self) -> usize {
        let count = self.read.get(FRONT_BYTES - 4..FRONT_BYTES);
        let count = count.and_then(|count| count.try_into().ok());
        count.map_or(0, |count| u32::from_le_bytes(count) as usize)
    }

    /// A record that was read, by its position.
    fn record(&self, at: usize) -> Option<(&[u8], Kind, Record)> {
        if at >= self.count() {
            return None;
        }
        let names = self.read.get(FRONT_BYTES + self.count() * RECORD_BYTES..)?;
        let row = |at: usize| self.read.get(FRONT_BYTES + at * RECORD_BYTES..);
        let (end, rest) = row(at)?.split_first_chunk()?;
        let begin = match at.checked_sub(1) {
            Some(before) => *row(before)?.first_chunk()?,
            None => [0; 4],
        };
        let name =
            names.get(u32::from_le_bytes(begin) as usize..u32::from_le_bytes(*end) as usize)?;
        let (kind, rest) = rest.split_first()?;
        let kind = match kind {
            0 => Kind::Content,
            _ => Kind::Place,
        };
        let (look, rest) = rest.split_at_checked(Look::BYTES)?;
        let record = Record {
            look: Look::of_bytes(look)?,
            digest: Digest::from_bytes(*rest.first_chunk()?),
        };
        Some((name, kind, record))
    }
}

fn is_whole(bytes: &[u8]) -> bool {
    let stated = bytes.strip_prefix(HEAD);
    let parts = stated.and_then(|rest| rest.split_at_checked(DIGEST_BYTES));
    parts.is_some_and(|(digest, rest)| Digest::of(rest).bytes() == digest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What somebody does with a memory; a name is remembered, or forgotten without a number.
    type Step = (String, bool, Option<u64>);

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = ("[ab/]{0,4}", any::<bool>(), any::<Option<u64>>());
        proptest::collection::vec(step, 0..30)
    }

    fn kind(is_place: bool) -> Kind {
        match is_place {
            true => Kind::Place,
            false => Kind::Content,
        }
    }

    fn record(number: u64) -> Record {
        Record {
            look: Look {
                inode: number,
                size: number / 3,
                mtime_ns: -1,
                ctime_ns: 7,
                mode: 0o100_644,
            },
            digest: Digest::of(number.to_le_bytes()),
        }
    }

    fn perform(
        known: &mut KnownFiles,
        plain: &mut BTreeMap<(String, Kind), Record>,
        steps: &[Step],
    ) {
        for (name, is_place, number) in steps {
            let key = (name.clone(), kind(*is_place));
            match number {
                Some(number) => {
                    known.put(name, key.1, record(*number));
                    plain.insert(key, record(*number));
                }
                None => assert_eq!(known.remove(name, key.1), plain.remove(&key).is_some()),
            }
        }
    }

    fn agree(known: &KnownFiles, plain: &BTreeMap<(String, Kind), Record>) {
        let all = known.range("", None);
        let all = all
            .into_iter()
            .map(|(name, kind, record)| ((name, kind), record));
        assert_eq!(all.collect::<BTreeMap<_, _>>(), *plain);
        for ((name, kind), record) in plain {
            assert_eq!(known.get(name, *kind), Some(*record));
        }
        for (from, to) in [("a", "a0"), ("a/", "a0"), ("b", "ba")] {
            let found = known.range(from, Some(to)).into_iter();
            let found: Vec<_> = found.map(|(name, kind, _)| (name, kind)).collect();
            let keys = plain
                .keys()
                .filter(|(name, _)| (from..to).contains(&&**name));
            assert_eq!(found, keys.cloned().collect::<Vec<_>>());
        }
    }

    fn on_disk(known: &KnownFiles) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("files");
        known.write(&path).unwrap();
        std::fs::read(path).unwrap()
    }

    proptest! {
        #[test]
        fn it_remembers_what_a_plain_map_does(first in steps(), second in steps(), third in steps()) {
            let mut known = KnownFiles::new(Vec::new());
            let mut plain = BTreeMap::new();
            for steps in [first, second, third] {
                perform(&mut known, &mut plain, &steps);
                agree(&known, &plain);
                known = KnownFiles::new(on_disk(&known));
                agree(&known, &plain);
            }
        }

        #[test]
        fn what_was_cut_or_flipped_counts_as_nothing(
            steps in steps(),
            at: prop::sample::Index,
            flip in 1u8..,
            cut: bool,
        ) {
            let mut known = KnownFiles::new(Vec::new());
            perform(&mut known, &mut BTreeMap::new(), &steps);
            let mut bytes = on_disk(&known);
            let at = at.index(bytes.len());
            match cut {
                true => bytes.truncate(at),
                false => bytes[at] ^= flip,
            }
            agree(&KnownFiles::new(bytes), &BTreeMap::new());
        }
    }
}
