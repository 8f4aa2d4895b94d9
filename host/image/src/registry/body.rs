//! What is sent along with a request: nothing, bytes, or the rest of a file in pieces, which
//! are counted as they go.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// How much is read at once: small, since the reading holds up the thread of the network.
const PIECE_BYTES: u64 = 64 << 10;

/// What is sent along with a request. It can be sent again after a redirect or a failure.
#[derive(Clone, Debug)]
pub(super) enum Payload {
    Nothing,
    Bytes(Bytes),
    File(FilePart),
}

/// The rest of a file.
#[derive(Clone, Debug)]
pub(super) struct FilePart {
    pub(super) path: PathBuf,
    /// Where it begins.
    pub(super) from: u64,
    /// How much it is.
    pub(super) bytes: u64,
    /// Grows with what is sent.
    pub(super) sent: Arc<AtomicU64>,
}

impl Payload {
    /// How much it is.
    pub(super) fn bytes(&self) -> u64 {
        match self {
            Self::Nothing => 0,
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File(part) => part.bytes,
        }
    }

    /// As what a request carries.
    pub(super) fn body(&self) -> io::Result<reqwest::Body> {
        Ok(match self {
            Self::Nothing => reqwest::Body::default(),
            Self::Bytes(bytes) => bytes.clone().into(),
            Self::File(part) => reqwest::Body::wrap(Pieces::open(part)?),
        })
    }
}

/// A file that is read as fast as it is sent.
struct Pieces {
    file: File,
    left: u64,
    sent: Arc<AtomicU64>,
}

impl Pieces {
    fn open(part: &FilePart) -> io::Result<Self> {
        let mut file = File::open(&part.path)?;
        file.seek(SeekFrom::Start(part.from))?;
        Ok(Self {
            file,
            left: part.bytes,
            sent: Arc::clone(&part.sent),
        })
    }

    fn next(&mut self) -> io::Result<Bytes> {
        let mut piece = vec![0; self.left.min(PIECE_BYTES) as usize];
        self.file.read_exact(&mut piece)?;
        self.left -= piece.len() as u64;
        self.sent.fetch_add(piece.len() as u64, Ordering::Relaxed);
        Ok(piece.into())
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        Poll::Ready(match self.left {
            0 => None,
            _ => Some(self.next().map(Frame::data)),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
