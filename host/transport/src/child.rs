//! One process on this machine that is fed and read, within a time, by one thread.
//!
//! Does not know what the process is: `ssh`, or this machine's own shell.

use std::ffi::OsStr;
use std::io::{self, Read, Write};
use std::ops::ControlFlow;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use crate::stop::Stop;

/// Between two looks at the [`Stop`].
const LOOK: Duration = Duration::from_millis(100);

/// How long a process has to end after it was told so by the end of its input.
const GRACE: Duration = Duration::from_secs(4);

/// What is moved at a time.
const CHUNK_BYTES: usize = 64 << 10;

/// Why feeding and reading ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The process closed its output.
    Closed,
    /// It was told to end, since its time was over.
    TimedOut,
    /// It was told to end, since the flag was raised or the reader had enough.
    Stopped,
}

/// A process with its three pipes, in a process group of its own, so that an interrupt at the
/// terminal does not reach it. Killed when dropped.
pub(crate) struct Running {
    child: Child,
    input: Option<ChildStdin>,
    output: Option<ChildStdout>,
    errors: Option<ChildStderr>,
}

/// How long a process is watched, and by whom it is stopped.
pub(crate) struct Watch<'a> {
    pub(crate) until: Option<Instant>,
    pub(crate) stop: &'a Stop,
}

/// What takes a process's output; it says whether it wants more.
pub(crate) type Reader<'a> = &'a mut dyn FnMut(&[u8]) -> ControlFlow<()>;

impl Running {
    /// Starts a process.
    pub(crate) fn start<P: AsRef<OsStr>>(program: &OsStr, arguments: &[P]) -> io::Result<Self> {
        let mut child = Command::new(program)
            .args(arguments)
            // What it complains of is read here.
            .env("LC_ALL", "C")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let running = Self {
            input: child.stdin.take(),
            output: child.stdout.take(),
            errors: child.stderr.take(),
            child,
        };
        for pipe in running.pipes().into_iter().flatten() {
            let flags = fcntl_getfl(pipe)?;
            fcntl_setfl(pipe, flags | OFlags::NONBLOCK)?;
        }
        Ok(running)
    }

    /// Its number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    fn pipes(&self) -> [Option<BorrowedFd<'_>>; 3] {
        [
            self.input.as_ref().map(AsFd::as_fd),
            self.output.as_ref().map(AsFd::as_fd),
            self.errors.as_ref().map(AsFd::as_fd),
        ]
    }

    /// Feeds it `input`, which is left open behind, and hands on what it prints, until it has
    /// closed both its outputs or `output` has enough. Told to end, it gets a short grace.
    pub(crate) fn exchange(
        &mut self,
        input: &mut dyn Read,
        output: Reader<'_>,
        errors: Reader<'_>,
        watch: &Watch<'_>,
    ) -> io::Result<End> {
        let mut feed = Feed::new(input);
        let mut end = End::Closed;
        let mut until = watch.until;
        while self.output.is_some() || self.errors.is_some() {
            let now = Instant::now();
            if end == End::Closed && watch.stop.is_raised() {
                end = End::Stopped;
            } else if end == End::Closed && until.is_some_and(|until| now >= until) {
                end = End::TimedOut;
            } else if end != End::Closed && until.is_some_and(|until| now >= until) {
                break;
            }
            if end != End::Closed && self.input.take().is_some() {
                until = Some(now + GRACE);
            }
            self.wait(&feed, until)?;
            feed.give(&mut self.input)?;
            let mut enough = read(&mut self.output, output)?;
            enough |= read(&mut self.errors, errors)?;
            if enough && end == End::Closed {
                return Ok(End::Stopped);
            }
        }
        Ok(end)
    }

    /// Writes a little that the pipe has room for, before anything else was written.
    pub(crate) fn give(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.input {
            Some(pipe) => pipe.write_all(bytes),
            None => Ok(()),
        }
    }

    /// Waits until something can be moved, or a look is due.
    fn wait(&self, feed: &Feed<'_>, until: Option<Instant>) -> io::Result<()> {
        let [input, output, errors] = self.pipes();
        let mut polled: Vec<PollFd<'_>> = [output, errors]
            .into_iter()
            .flatten()
            .map(|pipe| PollFd::from_borrowed_fd(pipe, PollFlags::IN))
            .collect();
        if let Some(pipe) = input.filter(|_| !feed.is_over()) {
            polled.push(PollFd::from_borrowed_fd(pipe, PollFlags::OUT));
        }
        let left = until.map_or(LOOK, |until| {
            until.saturating_duration_since(Instant::now())
        });
        let left = Timespec::try_from(left.min(LOOK)).expect("a tenth of a second fits");
        match poll(&mut polled, Some(&left)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Stops listening to it, so that what it says later cannot block it.
    pub(crate) fn ignore(&mut self) {
        self.output = None;
        self.errors = None;
    }

    /// Tells it to end by the end of its input, and returns its exit code; none if a signal
    /// ended it, or had to.
    pub(crate) fn finish(&mut self) -> Option<i32> {
        self.input = None;
        let until = Instant::now() + GRACE;
        while Instant::now() < until {
            match self.child.try_wait() {
                Ok(Some(status)) => return status.code(),
                Ok(None) => std::thread::sleep(Duration::from_millis(2)),
                Err(_) => return None,
            }
        }
        None
    }

    /// Whether it has not ended by itself. It is not waited for: its number stays its own.
    pub(crate) fn is_alive(&self) -> bool {
        let pid = Pid::from_child(&self.child);
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        matches!(waitid(WaitId::Pid(pid), options), Ok(None))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Hands on what a pipe holds; whether the reader has enough. A pipe at its end is closed.
fn read<R: Read>(pipe: &mut Option<R>, reader: Reader<'_>) -> io::Result<bool> {
    let mut chunk = [0; CHUNK_BYTES];
    while let Some(open) = pipe {
        match open.read(&mut chunk) {
            Ok(0) => *pipe = None,
            Ok(count) if reader(&chunk[..count]).is_break() => return Ok(true),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(false)
}

/// What is still to be written to a process.
struct Feed<'a> {
    source: &'a mut dyn Read,
    chunk: Vec<u8>,
    /// How much of the chunk was written.
    written: usize,
    is_drained: bool,
}

impl<'a> Feed<'a> {
    fn new(source: &'a mut dyn Read) -> Self {
        Self {
            source,
            chunk: Vec::new(),
            written: 0,
            is_drained: false,
        }
    }

    fn is_over(&self) -> bool {
        self.is_drained && self.written == self.chunk.len()
    }

    /// Writes as much as the pipe takes. A process that no longer listens says why, or is found
    /// by what is missing of its answer.
    fn give(&mut self, pipe: &mut Option<ChildStdin>) -> io::Result<()> {
        while let Some(open) = pipe.as_mut().filter(|_| !self.is_over()) {
            if self.written == self.chunk.len() {
                self.fill()?;
                continue;
            }
            match open.write(&self.chunk[self.written..]) {
                Ok(count) => self.written += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => *pipe = None,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn fill(&mut self) -> io::Result<()> {
        self.chunk.resize(CHUNK_BYTES, 0);
        let count = self.source.read(&mut self.chunk)?;
        self.chunk.truncate(count);
        self.written = 0;
        self.is_drained = count == 0;
        Ok(())
    }
}
