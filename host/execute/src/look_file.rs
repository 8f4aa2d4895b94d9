//! The form in which looks are kept on disk. It is read from front to back without being
//! parsed into anything: names are borrowed from its bytes.
//!
//! ```text
//! "orch-looks 2\n"  SHA-256 of all behind it
//! length of the note: u32, note
//! number of entries: u32
//! entry: kind u8, length of the name u32, name
//!        kind 1: inode u64, size u64, mtime i64, ctime i64, mode u32
//! whatever its writer puts behind them
//! ```
//!
//! Numbers are little-endian. A file that was cut, flipped or written by another version
//! counts as none.

use std::io;
use std::path::Path;

use orch_model::Digest;
use orch_store::unfinished_file;

use crate::look::Look;
use crate::seen::Looked;

const HEAD: &[u8] = b"orch-looks 2\n";
const DIGEST_BYTES: usize = 32;

/// One file or folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry<'a> {
    pub path: &'a str,
    /// `None` for what was not there.
    pub look: Option<Look>,
}

impl<'a> Entry<'a> {
    /// What, and how it looked.
    pub fn looked(&self) -> Looked<'a> {
        (self.path, self.look)
    }
}

/// What stands behind the note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Looks<'a> {
    pub entries: Vec<Entry<'a>>,
    /// What its writer has put behind the entries.
    pub rest: &'a [u8],
}

/// Collects entries into the form on disk.
#[derive(Debug)]
pub(crate) struct Writer {
    bytes: Vec<u8>,
    count_at: usize,
    count: u32,
}

impl Writer {
    pub fn new(note: &[u8]) -> Self {
        let mut bytes = HEAD.to_vec();
        bytes.extend([0; DIGEST_BYTES]);
        bytes.extend(length(note.len()));
        bytes.extend(note);
        let count_at = bytes.len();
        bytes.extend([0; 4]);
        Self {
            bytes,
            count_at,
            count: 0,
        }
    }

    pub fn push(&mut self, entry: Entry<'_>) {
        self.bytes.push(u8::from(entry.look.is_some()));
        self.bytes.extend(length(entry.path.len()));
        self.bytes.extend(entry.path.as_bytes());
        if let Some(look) = entry.look {
            look.push_to(&mut self.bytes);
        }
        self.count += 1;
    }

    /// Puts the file in place in one step, with `rest` behind the entries.
    pub fn write(mut self, rest: &[u8], path: &Path) -> io::Result<()> {
        self.bytes[self.count_at..][..4].copy_from_slice(&self.count.to_le_bytes());
        self.bytes.extend(rest);
        let body = HEAD.len() + DIGEST_BYTES;
        let digest = Digest::of(&self.bytes[body..]);
        self.bytes[HEAD.len()..body].copy_from_slice(digest.bytes());
        let folder = path.parent().unwrap_or(Path::new("."));
        let file = unfinished_file(folder)?;
        io::Write::write_all(&mut file.as_file(), &self.bytes)?;
        file.persist(path)?;
        Ok(())
    }
}

/// Whether the bytes are those that were written.
pub(crate) fn is_whole(bytes: &[u8]) -> bool {
    let stated = bytes.strip_prefix(HEAD);
    let parts = stated.and_then(|rest| rest.split_at_checked(DIGEST_BYTES));
    parts.is_some_and(|(digest, rest)| Digest::of(rest).bytes() == digest)
}

/// The note at the front of a file that is whole.
pub(crate) fn note(bytes: &[u8]) -> Option<&[u8]> {
    let mut rest = bytes.get(HEAD.len() + DIGEST_BYTES..)?;
    let length = number(&mut rest)?;
    take(&mut rest, length)
}

/// What a file holds that is whole; its digest is not taken once more.
pub(crate) fn parse(bytes: &[u8]) -> Option<Looks<'_>> {
    let note_bytes = note(bytes)?.len();
    let mut rest = bytes.get(HEAD.len() + DIGEST_BYTES + 4 + note_bytes..)?;
    let count = number(&mut rest)?;
    let mut entries = Vec::with_capacity(count.min(rest.len()));
    for _ in 0..count {
        entries.push(entry(&mut rest)?);
    }
    Some(Looks { entries, rest })
}

fn entry<'a>(rest: &mut &'a [u8]) -> Option<Entry<'a>> {
    let kind = take(rest, 1)?[0];
    let name_length = number(rest)?;
    let path = std::str::from_utf8(take(rest, name_length)?).ok()?;
    let look = match kind {
        0 => None,
        1 => Some(Look::of_bytes(take(rest, Look::BYTES)?)?),
        _ => return None,
    };
    Some(Entry { path, look })
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, behind) = rest.split_at_checked(length)?;
    *rest = behind;
    Some(taken)
}

fn number(rest: &mut &[u8]) -> Option<usize> {
    let bytes = take(rest, 4)?.try_into().ok()?;
    usize::try_from(u32::from_le_bytes(bytes)).ok()
}

/// No name and no note comes near four gigabytes.
fn length(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entries() -> impl Strategy<Value = Vec<(String, Option<Look>)>> {
        let look = any::<(u64, u64, i64, i64, u32)>().prop_map(
            |(inode, size, mtime_ns, ctime_ns, mode)| Look {
                inode,
                size,
                mtime_ns,
                ctime_ns,
                mode,
            },
        );
        let one = ("[a-zé/.]{1,12}", proptest::option::of(look));
        proptest::collection::vec(one, 0..20)
    }

    fn written(note: &[u8], all: &[(String, Option<Look>)]) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = Writer::new(note);
        for (path, look) in all {
            writer.push(Entry { path, look: *look });
        }
        let path = folder.path().join("looks");
        writer.write(b"rest", &path).unwrap();
        std::fs::read(path).unwrap()
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(noted: Vec<u8>, all in entries()) {
            let bytes = written(&noted, &all);
            prop_assert!(is_whole(&bytes));
            prop_assert_eq!(note(&bytes), Some(&noted[..]));
            let read = parse(&bytes).unwrap();
            prop_assert_eq!(read.rest, b"rest");
            let entries = read.entries.iter();
            let read: Vec<_> = entries
                .map(|entry| (entry.path.to_owned(), entry.look))
                .collect();
            prop_assert_eq!(read, all);
        }

        #[test]
        fn whatever_was_cut_or_flipped_counts_as_none(
            all in entries(),
            at: prop::sample::Index,
            flip in 1u8..,
            cut: bool,
        ) {
            let mut bytes = written(b"note", &all);
            let at = at.index(bytes.len());
            match cut {
                true => bytes.truncate(at),
                false => bytes[at] ^= flip,
            }
            prop_assert!(!is_whole(&bytes));
        }
    }
}
