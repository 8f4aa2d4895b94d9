//! Bounds what the tar library reads by itself: between two entries it takes the headers
//! in front of the next one into memory, however long they say that they are.

use std::cell::Cell;
use std::io::{self, Read};

/// Bytes of all headers in front of one entry. A path and a link of 4 KiB each and a map
/// of a file with a thousand holes fit many times over.
const HEADER_BYTES: u64 = 64 << 10;

/// How much of the headers in front of one entry has been read; shared with [`Bounded`].
pub(super) struct HeaderBound {
    /// None while an entry's content is read, which others bound.
    left: Cell<Option<u64>>,
    exceeded: Cell<bool>,
}

/// A stream whose headers are bounded.
pub(super) struct Bounded<'a, R> {
    source: R,
    bound: &'a HeaderBound,
}

impl HeaderBound {
    pub(super) fn new() -> Self {
        Self {
            left: Cell::new(None),
            exceeded: Cell::new(false),
        }
    }

    /// The stream that is bounded.
    pub(super) fn around<R: Read>(&self, source: R) -> Bounded<'_, R> {
        Bounded {
            source,
            bound: self,
        }
    }

    /// Says that headers come next.
    pub(super) fn begin(&self) {
        self.left.set(Some(HEADER_BYTES));
    }

    /// Says that content comes next; gives how many bytes of headers came before it.
    pub(super) fn end(&self) -> u64 {
        HEADER_BYTES - self.left.take().unwrap_or(HEADER_BYTES)
    }

    /// Whether headers were longer than they may be.
    pub(super) fn is_exceeded(&self) -> bool {
        self.exceeded.get()
    }
}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(left) = self.bound.left.get() else {
            return self.source.read(buffer);
        };
        if left == 0 && !buffer.is_empty() {
            self.bound.exceeded.set(true);
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let most = usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
        let read = self.source.read(&mut buffer[..most])?;
        self.bound.left.set(Some(left - read as u64));
        Ok(read)
    }
}
