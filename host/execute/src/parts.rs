//! A file of parts that are read one at a time: whoever wants a few of ten thousand reads
//! these and the table in front.
//!
//! ```text
//! "orch-parts 1\n"  number of parts: u32
//! part: its end, counted from the end of this table, u64; its SHA-256
//! the parts, one behind the other
//! ```
//!
//! Numbers are little-endian. Whoever keeps the digest of the table can tell a file that was
//! cut, flipped or replaced from the one that was written.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use orch_model::Digest;
use orch_store::unfinished_file;

use crate::file_memory::make_folder;

const HEAD: &[u8] = b"orch-parts 1\n";
const FRONT_BYTES: usize = HEAD.len() + 4;
const ROW_BYTES: usize = 8 + 32;

/// A file of parts.
#[derive(Debug)]
pub struct Parts {
    file: File,
    /// A row for each part.
    table: Vec<u8>,
}

impl Parts {
    /// Writes a file in one step. Gives the digest of its table.
    pub fn write(path: &Path, parts: &[Vec<u8>]) -> io::Result<Digest> {
        let count = u32::try_from(parts.len()).map_err(io::Error::other)?;
        let mut bytes = HEAD.to_vec();
        bytes.extend(count.to_le_bytes());
        let mut end = 0;
        for part in parts {
            end += part.len() as u64;
            bytes.extend(end.to_le_bytes());
            bytes.extend(Digest::of(part).bytes());
        }
        let table = Digest::of(&bytes);
        parts.iter().for_each(|part| bytes.extend(part));
        make_folder(path)?;
        let file = unfinished_file(path.parent().unwrap_or(Path::new(".")))?;
        io::Write::write_all(&mut file.as_file(), &bytes)?;
        file.persist(path)?;
        Ok(table)
    }

    /// A file whose table has this digest; `None` if there is none.
    pub fn open(path: &Path, table: Digest) -> Option<Self> {
        let file = File::open(path).ok()?;
        let mut front = [0; FRONT_BYTES];
        file.read_exact_at(&mut front, 0).ok()?;
        let count = u32::from_le_bytes(front.strip_prefix(HEAD)?.try_into().ok()?);
        let length = FRONT_BYTES as u64 + u64::from(count) * ROW_BYTES as u64;
        // What a damaged count says must not decide how much memory is taken.
        if length > file.metadata().ok()?.len() {
            return None;
        }
        let mut bytes = vec![0; usize::try_from(length).ok()?];
        file.read_exact_at(&mut bytes, 0).ok()?;
        if Digest::of(&bytes) != table {
            return None;
        }
        bytes.drain(..FRONT_BYTES);
        Some(Self { file, table: bytes })
    }

    /// One part; `None` if it is damaged, or there are not as many.
    pub fn read(&self, part: usize) -> Option<Vec<u8>> {
        let (end, digest) = self.row(part)?;
        let begin = match part.checked_sub(1) {
            Some(before) => self.row(before)?.0,
            None => 0,
        };
        let at = (FRONT_BYTES + self.table.len()) as u64;
        let mut bytes = vec![0; usize::try_from(end.checked_sub(begin)?).ok()?];
        self.file.read_exact_at(&mut bytes, at + begin).ok()?;
        (Digest::of(&bytes) == digest).then_some(bytes)
    }

    /// Where a part ends, and its digest.
    fn row(&self, part: usize) -> Option<(u64, Digest)> {
        let row = self.table.get(part.checked_mul(ROW_BYTES)?..)?;
        let (end, rest) = row.split_first_chunk()?;
        let digest = rest.first_chunk()?;
        Some((u64::from_le_bytes(*end), Digest::from_bytes(*digest)))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn each_part_is_read_as_it_was_written_or_not_at_all(
            parts: Vec<Vec<u8>>,
            at: prop::sample::Index,
            flip in 1u8..,
            cut: bool,
        ) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("deep/parts");
            let table = Parts::write(&path, &parts).unwrap();
            let whole = Parts::open(&path, table).unwrap();
            for (number, part) in parts.iter().enumerate() {
                let read = whole.read(number);
                prop_assert_eq!(read.as_ref(), Some(part));
            }
            prop_assert_eq!(whole.read(parts.len()), None);

            let mut bytes = fs::read(&path).unwrap();
            let at = at.index(bytes.len());
            match cut {
                true => bytes.truncate(at),
                false => bytes[at] ^= flip,
            }
            fs::write(&path, &bytes).unwrap();
            if let Some(damaged) = Parts::open(&path, table) {
                for (number, part) in parts.iter().enumerate() {
                    let read = damaged.read(number);
                    prop_assert!(read.is_none() || read.as_ref() == Some(part));
                }
            }
        }
    }

    #[test]
    fn a_file_that_took_its_place_is_not_taken_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("parts");
        let table = Parts::write(&path, &[b"one".to_vec()]).unwrap();
        Parts::write(&path, &[b"two".to_vec()]).unwrap();
        assert!(Parts::open(&path, table).is_none());
    }
}
