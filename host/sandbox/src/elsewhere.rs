//! The sandbox on systems that have none of what it takes.

use std::convert::Infallible;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::ExitCode;

use crate::{Finished, Job, Missing, ProcessorEvents, Protection, Settings, StartError};

/// There is none here: no value of this type exists.
#[derive(Debug)]
pub struct Sandbox(Infallible);

/// Starts something; on which CPUs cannot be said here.
pub fn on_cpus<T>(_: &[u32], start: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    start()
}

/// Starts something, as everything is started.
pub fn with_priority<T>(_: bool, start: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    start()
}

/// It cannot be said here.
pub fn may_come_first() -> bool {
    false
}

/// There are none here: no value of this type exists.
#[derive(Debug)]
pub struct ProcessorCounters(Infallible);

impl ProcessorCounters {
    /// Says that this system has none.
    pub fn open() -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// As on Linux.
    pub fn read(self) -> Option<ProcessorEvents> {
        match self.0 {}
    }
}

impl Sandbox {
    /// Says that this system has no sandbox.
    pub fn start(_: &Settings) -> Result<Self, StartError> {
        Err(StartError::Withheld {
            protection: Protection::User,
            why: "only Linux has them".to_owned(),
        })
    }

    /// As on Linux.
    pub fn missing(&self) -> &[Missing] {
        match self.0 {}
    }

    /// As on Linux.
    pub fn begin(&mut self, _: &Job, _: OwnedFd, _: OwnedFd) -> io::Result<()> {
        match self.0 {}
    }

    /// As on Linux.
    pub fn terminate(&mut self) {
        match self.0 {}
    }

    /// As on Linux.
    pub fn kill(&mut self) {
        match self.0 {}
    }

    /// As on Linux.
    pub fn hang_up(&mut self) {
        match self.0 {}
    }

    /// As on Linux.
    pub fn finish(&mut self) -> io::Result<Finished> {
        match self.0 {}
    }
}

impl AsFd for Sandbox {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self.0 {}
    }
}

/// Nothing to do here.
pub fn sandbox_main(_init: bool) -> ExitCode {
    ExitCode::FAILURE
}
