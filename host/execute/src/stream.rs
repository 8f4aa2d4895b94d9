//! One of the two streams that an action prints to.

use std::os::fd::OwnedFd;

use rustix::io::Errno;

use crate::capture::Capture;

/// Nobody can have made a pipe hold more than this without special rights: what is left in
/// it when a process is over is read up to here, even if a stray still writes.
const LARGEST_PIPE_BYTES: usize = 1 << 20;

/// One of the two streams that a process prints to.
#[derive(Debug)]
pub(crate) struct Stream {
    /// `None` when its other end is closed.
    pipe: Option<OwnedFd>,
    capture: Capture,
    chunk: Vec<u8>,
}

impl Stream {
    pub(crate) fn new(pipe: OwnedFd, limit: usize) -> Self {
        Self {
            pipe: Some(pipe),
            capture: Capture::new(limit),
            chunk: vec![0; 64 * 1024],
        }
    }

    /// Where the stream comes from, while its other end is open.
    pub(crate) fn pipe(&self) -> Option<&OwnedFd> {
        self.pipe.as_ref()
    }

    /// What was kept of it.
    pub(crate) fn finish(self) -> Vec<u8> {
        self.capture.finish()
    }

    /// Takes what there is; says how much that was.
    pub(crate) fn read(&mut self) -> usize {
        let Some(pipe) = &self.pipe else {
            return 0;
        };
        match rustix::io::read(pipe, &mut self.chunk[..]) {
            Ok(0) => self.pipe = None,
            Ok(length) => {
                self.capture.push(&self.chunk[..length]);
                return length;
            }
            Err(Errno::INTR) => {}
            Err(_) => self.pipe = None,
        }
        0
    }

    /// Takes what is left in the pipe, and waits for nobody who still holds its other end.
    pub(crate) fn drain(&mut self) {
        if let Some(pipe) = &self.pipe
            && rustix::io::ioctl_fionbio(pipe, true).is_err()
        {
            self.pipe = None;
        }
        let mut taken = 0;
        while taken < LARGEST_PIPE_BYTES {
            match self.read() {
                0 => break,
                length => taken += length,
            }
        }
        self.pipe = None;
    }
}
