//! Small values by kind and key, each with a header that tells a whole one from a damaged
//! one.
//!
//! A record is a line `orch-record 1 sha256:…` and the value behind it. The digest is over
//! kind, key and value, so a record that was cut, flipped or moved counts as absent.

use std::fs::{File, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use orch_model::{Digest, Fault, Hasher};

use crate::Store;

const FORMAT: &str = "orch-record 1 ";

/// A record is small; what is larger was not written by us.
const MOST_BYTES: u64 = 256 * 1024 * 1024;

impl Store {
    /// The value that was kept under a key. Damaged or of another format: `None`.
    pub fn get_record(&self, kind: &str, key: &Digest) -> Result<Option<Vec<u8>>, Fault> {
        let path = self.record_path(kind, key)?;
        let mut bytes = Vec::new();
        let read = File::open(&path).and_then(|file| file.take(MOST_BYTES).read_to_end(&mut bytes));
        match read {
            Ok(_) => Ok(value_of(kind, key, bytes)),
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
