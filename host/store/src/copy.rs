//! Copies bytes and hashes them on the way, and tells which side failed.

use std::io::{self, Read, Write};
use std::path::Path;

use orch_model::{Digest, Fault, Hasher};

/// How much is read at once.
pub(crate) const CHUNK_BYTES: usize = 128 * 1024;

/// Which side of a copy failed.
pub(crate) enum CopyError {
    Read(io::Error),
    Write(io::Error),
}

impl CopyError {
    pub(crate) fn fault(&self, source: &Path, sink: &Path) -> Fault {
        match self {
            CopyError::Read(error) => Fault::io("read", source, error),
            CopyError::Write(error) => Fault::io("write", sink, error),
        }
    }

    /// Whether what was read is not what was once written, rather than unreadable: the
    /// machine's own errors have a number, a decoder's have none.
    pub(crate) fn is_damage(&self) -> bool {
        matches!(self, CopyError::Read(error) if error.raw_os_error().is_none())
    }
}

/// Copies all of `source`; gives the digest and the number of the bytes.
pub(crate) fn copy_hashing(
    mut source: impl Read,
    sink: &mut (impl Write + ?Sized),
) -> Result<(Digest, u64), CopyError> {
    let mut hasher = Hasher::new();
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut bytes = 0;
    loop {
        let length = match source.read(&mut chunk) {
            Ok(0) => return Ok((hasher.finish(), bytes)),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(CopyError::Read(error)),
        };
        hasher.update(&chunk[..length]);
        sink.write_all(&chunk[..length]).map_err(CopyError::Write)?;
        bytes += length as u64;
    }
}
