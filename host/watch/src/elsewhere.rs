//! The bell on systems where none is known: it never rings, and says so.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use crate::{Deaf, Heed, Rung};

/// As on Linux.
#[derive(Debug)]
pub struct Bell {
    waking: Sender<()>,
    woken: Receiver<()>,
}

/// As on Linux.
#[derive(Clone, Debug)]
pub struct Waker(Sender<()>);

impl Waker {
    /// As on Linux.
    pub fn wake(&self) {
        // A bell that is gone waits no more.
        let _ = self.0.send(());
    }
}

impl Bell {
    /// As on Linux.
    pub fn new() -> io::Result<Self> {
        let (waking, woken) = channel();
        Ok(Self { waking, woken })
    }

    /// As on Linux.
    pub fn waker(&self) -> Waker {
        Waker(self.waking.clone())
    }

    /// As on Linux.
    pub fn listen(&mut self, _: &BTreeSet<PathBuf>) -> Heed {
        Heed {
            folders: 0,
            fresh: false,
            deaf: Some(Deaf::Unknown),
        }
    }

    /// As on Linux.
    pub fn wait(&mut self, at_most: Option<Duration>) -> io::Result<Rung> {
        let woken = match at_most {
            Some(time) => self.woken.recv_timeout(time),
            None => self
                .woken
                .recv()
                .map_err(|_| RecvTimeoutError::Disconnected),
        };
        Ok(match woken {
            Err(RecvTimeoutError::Timeout) => Rung::TimeUp,
            Ok(()) | Err(RecvTimeoutError::Disconnected) => Rung::Waker,
        })
    }
}
