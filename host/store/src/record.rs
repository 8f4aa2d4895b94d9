//! Small values by kind and key, each with a header that tells a whole one from a damaged
//! one.
//!
//! A record is a line `orch-record 1 sha256:…` and the value behind it. The digest is over
//! kind, key and value, so a record that was cut, flipped or moved counts as absent.

use std::fs::{File, Metadata, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use orch_model::{Digest, Fault, Hasher};

use crate::Store;

/// How often the use of a record is noted at most.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

const FORMAT: &str = "orch-record 1 ";

/// A record is small; what is larger was not written by us.
const MOST_BYTES: u64 = 256 * 1024 * 1024;

impl Store {
    /// The value that was kept under a key. Damaged or of another format: `None`. Notes, at
    /// most once a day, that it was used.
    pub fn get_record(&self, kind: &str, key: &Digest) -> Result<Option<Vec<u8>>, Fault> {
        self.look_up(kind, key, note_use)
    }

    /// The same, without noting that it was used.
    pub(crate) fn peek_record(&self, kind: &str, key: &Digest) -> Result<Option<Vec<u8>>, Fault> {
        self.look_up(kind, key, |_, _| {})
    }

    /// Every value of a kind that can be read, with its key, by key.
    pub fn records(&self, kind: &str) -> Result<Vec<(Digest, Vec<u8>)>, Fault> {
        let mut records = Vec::new();
        for entry in self.record_entries(kind)? {
            if let Some(value) = self.peek_record(kind, &entry.digest)? {
                records.push((entry.digest, value));
            }
        }
        records.sort();
        Ok(records)
    }

    /// Whether a value was used so lately that its use would not be noted again. Does not
    /// look into it.
    pub fn is_noted(&self, kind: &str, key: &Digest) -> Result<bool, Fault> {
        let found = self.record_path(kind, key)?.metadata();
        let modified = found.and_then(|found| found.modified());
        Ok(modified.is_ok_and(|modified| apart(SystemTime::now(), modified) <= DAY))
    }

    /// Forgets a value; one that is not there is fine.
    pub fn remove_record(&self, kind: &str, key: &Digest) -> Result<(), Fault> {
        let path = self.record_path(kind, key)?;
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Fault::io("remove", &path, &error))
            }
            _ => Ok(()),
        }
    }

    fn look_up(
        &self,
        kind: &str,
        key: &Digest,
        found: impl FnOnce(&File, &Metadata),
    ) -> Result<Option<Vec<u8>>, Fault> {
        let path = self.record_path(kind, key)?;
        let mut bytes = Vec::new();
        let read = File::open(&path).and_then(|file| {
            let metadata = file.metadata()?;
            // With room for all of it and one byte more, one call reads it and one finds
            // its end.
            bytes.reserve_exact(metadata.len().min(MOST_BYTES) as usize + 1);
            (&file).take(MOST_BYTES).read_to_end(&mut bytes)?;
            Ok((file, metadata))
        });
        match read {
            Ok((file, metadata)) => {
                Ok(value_of(kind, key, bytes).inspect(|_| found(&file, &metadata)))
            }
            // Somebody put a folder there: not ours, and the next write says so.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::IsADirectory
                ) =>
            {
                Ok(None)
            }
            Err(error) => Err(Fault::io("read", &path, &error)),
        }
    }

    /// Keeps a value under a key, in place of the one before.
    pub fn put_record(&self, kind: &str, key: &Digest, value: &[u8]) -> Result<(), Fault> {
        let path = self.record_path(kind, key)?;
        let mut temporary = self.temporary_file()?;
        let header = format!("{FORMAT}{}\n", seal(kind, key, value));
        let file = temporary.as_file_mut();
        file.write_all(header.as_bytes())
            .and_then(|()| file.write_all(value))
            .and_then(|()| file.set_permissions(Permissions::from_mode(0o644)))
            .map_err(|error| Fault::io("write", &path, &error))?;
        self.persist(temporary, &path)
    }

    fn record_path(&self, kind: &str, key: &Digest) -> Result<PathBuf, Fault> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if kind.is_empty() || !kind.bytes().all(plain) {
            return Err(Fault::internal(format!("`{kind}` is not a kind of record")));
        }
        Ok(self.path_of(&format!("records/{kind}"), key))
    }
}

/// Gives a file that was not used today the time of now; also one from a future that never
/// came, as after a clock was wrong. On a disk that cannot be written it stays as it is.
fn note_use(file: &File, metadata: &Metadata) {
    let now = SystemTime::now();
    let Ok(modified) = metadata.modified() else {
        return;
    };
    if apart(now, modified) > DAY {
        let _ = file.set_modified(now);
    }
}

fn apart(one: SystemTime, other: SystemTime) -> Duration {
    one.duration_since(other)
        .unwrap_or_else(|ahead| ahead.duration())
}

fn value_of(kind: &str, key: &Digest, mut bytes: Vec<u8>) -> Option<Vec<u8>> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let stated = std::str::from_utf8(&bytes[..end])
        .ok()?
        .strip_prefix(FORMAT)?;
    let stated: Digest = stated.parse().ok()?;
    bytes.drain(..=end);
    (stated == seal(kind, key, &bytes)).then_some(bytes)
}

fn seal(kind: &str, key: &Digest, value: &[u8]) -> Digest {
    let mut hasher = Hasher::new();
    hasher.field(kind);
    hasher.field(key.bytes());
    hasher.field(value);
    hasher.finish()
}
