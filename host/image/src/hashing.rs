//! Digests and sizes of bytes as they stream by, in either direction.

use std::io::{self, Read, Write};

use orch_model::{Digest, Hasher};

use crate::Cancelled;

/// Passes bytes on to `inner`, and knows what they were.
pub(crate) struct HashingWriter<W> {
    inner: W,
    hasher: Hasher,
    bytes: u64,
}

impl<W: Write> HashingWriter<W> {
    pub(crate) fn new(inner: W) -> Self {
        Self {
            inner,
            hasher: Hasher::new(),
            bytes: 0,
        }
    }

    /// What was written to, the digest of all that was written, and how much it was.
    pub(crate) fn finish(self) -> (W, Digest, u64) {
        (self.inner, self.hasher.finish(), self.bytes)
    }
}

impl<W: Write> Write for HashingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Reads from `inner` until somebody interrupts, and knows what it read.
pub(crate) struct HashingReader<'a, R> {
    inner: R,
    hasher: Hasher,
    bytes: u64,
    cancelled: Cancelled<'a>,
}

impl<'a, R: Read> HashingReader<'a, R> {
    pub(crate) fn new(inner: R, cancelled: Cancelled<'a>) -> Self {
        Self {
            inner,
            hasher: Hasher::new(),
            bytes: 0,
            cancelled,
        }
    }

    /// The digest of all that was read, and how much it was.
    pub(crate) fn finish(self) -> (Digest, u64) {
        (self.hasher.finish(), self.bytes)
    }
}

impl<R: Read> Read for HashingReader<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if (self.cancelled)() {
            return Err(io::Error::other("interrupted"));
        }
        let read = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..read]);
        self.bytes += read as u64;
        Ok(read)
    }
}
