//! Unpacks ahead on a thread of its own, so that decompression and writing files take
//! the time of the slower one and not of both.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// How much a piece holds, and how many may wait.
const PIECE: usize = 256 << 10;
const WAITING: usize = 8;

/// The end that is read.
pub(super) struct Readahead {
    pieces: Receiver<io::Result<Vec<u8>>>,
    piece: Vec<u8>,
    read: usize,
}

/// The end that is filled; give it to a thread.
pub(super) struct Filler(SyncSender<io::Result<Vec<u8>>>);

/// Two ends of one stream.
pub(super) fn readahead() -> (Filler, Readahead) {
    let (sender, pieces) = sync_channel(WAITING);
    let readahead = Readahead {
        pieces,
        piece: Vec::new(),
        read: 0,
    };
    (Filler(sender), readahead)
}

impl Filler {
    /// Reads `source` until its end, its first error, or until nobody reads any more.
    pub(super) fn fill(self, mut source: impl Read) {
        loop {
            let mut piece = Vec::with_capacity(PIECE);
            let result = source.by_ref().take(PIECE as u64).read_to_end(&mut piece);
            let is_last = result.is_err() || piece.is_empty();
            // What came before an error is still good.
            if !piece.is_empty() && self.0.send(Ok(piece)).is_err() {
                return;
            }
            if let Err(error) = result {
                let _ = self.0.send(Err(error));
            }
            if is_last {
                return;
            }
        }
    }
}

impl Read for Readahead {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.read == self.piece.len() {
            match self.pieces.recv() {
                Ok(piece) => self.piece = piece?,
                Err(_) => return Ok(0),
            }
            self.read = 0;
        }
        let read = buffer.len().min(self.piece.len() - self.read);
        buffer[..read].copy_from_slice(&self.piece[self.read..self.read + read]);
        self.read += read;
        Ok(read)
    }
}
