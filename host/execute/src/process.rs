//! Runs one process with all that it starts, and sees to its end.
//!
//! The process leads a group of its own. Its output, its end, the user's interrupt and the
//! time limit are awaited in one `poll`, so an action costs one thread: the caller's.

use std::ffi::OsString;
use std::io::{self, PipeWriter, pipe};
use std::os::fd::OwnedFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::fs::fstat;
use rustix::io::Errno;
use rustix::process::{
    Pid, PidfdFlags, Signal, kill_process_group, pidfd_open, test_kill_process_group,
};
use wait4::Wait4;

use orch_engine::Cancel;
use orch_model::{Fault, Sample};

use crate::capture::Capture;
use crate::environment::Environment;
use crate::reaper::Reaper;

/// Nobody can have made a pipe hold more than this without special rights: what is left in
/// it when a process is over is read up to here, even if a stray still writes.
const LARGEST_PIPE_BYTES: usize = 1 << 20;

/// How long the kernel may take to clear a killed group away.
const CLEARING: Duration = Duration::from_millis(100);

/// How often a program that is still being written by somebody is tried again.
const BUSY_TRIES: u32 = 40;

/// What to run.
#[derive(Debug)]
pub(crate) struct Process<'a> {
    pub(crate) program: &'a Path,
    pub(crate) arguments: &'a [OsString],
    pub(crate) environment: &'a Environment,
    pub(crate) directory: &'a Path,
    /// How long it may take.
    pub(crate) timeout: Option<Duration>,
    /// How long it may take to end when it is asked to.
    pub(crate) grace: Duration,
    /// How much is kept of each end of each stream.
    pub(crate) output_bytes: usize,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Exited(i32),
    Signalled(i32),
    TimedOut,
    Cancelled,
}

/// Why a process did not start or could not be seen through.
#[derive(Debug)]
pub(crate) enum ProcessError {
    /// Its own fault: no such program, not executable, made for another machine.
    Start(io::Error),
    Fault(Fault),
}

impl Process<'_> {
    /// Runs the process to its end. When this returns, nothing of its group runs any more.
    pub(crate) fn run(
        &self,
        reaper: &Reaper,
        cancel: &Cancel,
    ) -> Result<(End, Sample), ProcessError> {
        let fault = |doing: &str, error: io::Error| {
            ProcessError::Fault(Fault::io(doing, self.program, &error))
        };
        let alarm = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)
            .map_err(|error| fault("watch over", error.into()))?;
        let alarm = Arc::new(alarm);
        let rung = Arc::clone(&alarm);
        let _subscription = cancel.on_cancel(move || {
            // It can only fail when it has rung already.
            let _ = rustix::io::write(&*rung, &1u64.to_ne_bytes());
        });

        let began = Instant::now();
        let output = pipe().map_err(|error| fault("make a pipe for", error))?;
        let errors = pipe().map_err(|error| fault("make a pipe for", error))?;
        let inode = fstat(&output.0)
            .map_err(|error| fault("watch over", error.into()))?
            .st_ino;
        let announced = reaper.announce(inode).map_err(ProcessError::Fault)?;
        let child = self.spawn(output.1, errors.1)?;
        let group = Pid::from_child(&child);
        let watched = announced.started(group);
        let mut streams = [
            Stream::new(output.0.into(), self.output_bytes),
            Stream::new(errors.0.into(), self.output_bytes),
        ];
        let mut phase = Phase::Running;
        let seen = match &watched {
            Ok(_) => self.watch_over(group, began, &alarm, &mut streams, &mut phase),
            Err(_) => Ok(()),
        };

        // Until it is waited for, the dead leader keeps the number of the group from being
        // given to anybody else, so nothing but the group is hit, and nothing of it is left.
        let _ = kill_process_group(group, Signal::KILL);
        for stream in &mut streams {
            stream.drain();
        }
        let unwatched = watched.map(drop);
        let used = child.wait4().map_err(|error| fault("wait for", error))?;
        let wall = began.elapsed();
        wait_until_gone(group);
        unwatched.map_err(ProcessError::Fault)?;
        seen.map_err(|error| fault("watch over", error.into()))?;

        let [stdout, stderr] = streams;
        let sample = Sample {
            exit_code: exit_code(used.status),
            stdout: stdout.capture.finish(),
            stderr: stderr.capture.finish(),
            wall_ns: nanoseconds(wall),
            user_ns: nanoseconds(used.rusage.utime),
            system_ns: nanoseconds(used.rusage.stime),
            peak_rss_bytes: used.rusage.maxrss,
        };
        Ok((phase.end(used.status), sample))
    }

    /// Starts the process. Only it and what it starts hold the writing ends afterwards.
    fn spawn(&self, output: PipeWriter, errors: PipeWriter) -> Result<Child, ProcessError> {
        let mut command = Command::new(self.program);
        command
            .args(self.arguments)
            .env_clear()
            .envs(self.environment)
            .current_dir(self.directory)
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .process_group(0);
        let mut tries = 0;
        loop {
            match command.spawn() {
                Ok(child) => return Ok(child),
                // A program that was just written is busy while a process that was forked
                // meanwhile still holds the file, which it does until it executes its own.
                Err(error)
                    if error.kind() == io::ErrorKind::ExecutableFileBusy && tries < BUSY_TRIES =>
                {
                    tries += 1;
                    std::thread::sleep(Duration::from_millis(u64::from(tries)));
                }
                Err(error) if is_own_fault(&error) => return Err(ProcessError::Start(error)),
                Err(error) => {
                    return Err(ProcessError::Fault(Fault::io(
                        "start",
                        self.program,
                        &error,
                    )));
                }
            }
        }
    }

    /// Returns when the leader of the group is over.
    fn watch_over(
        &self,
        group: Pid,
        began: Instant,
        alarm: &OwnedFd,
        streams: &mut [Stream; 2],
        phase: &mut Phase,
    ) -> Result<(), Errno> {
        let leader = pidfd_open(group, PidfdFlags::empty())?;
        let time_is_up = self.timeout.and_then(|timeout| began.checked_add(timeout));
        loop {
            let deadline = match phase {
                Phase::Running => time_is_up,
                Phase::Ending { kill_at, .. } => Some(*kill_at),
                Phase::Killed { .. } => None,
            };
            let ready = wait_for(&leader, alarm, streams, phase, deadline)?;
            for (stream, ready) in streams.iter_mut().zip(ready.streams) {
                if ready {
                    stream.read();
                }
            }
            if ready.leader {
                return Ok(());
            }
            if ready.alarm {
                phase.end_group(group, End::Cancelled, self.grace);
            }
            if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                phase.end_group(group, End::TimedOut, self.grace);
            }
        }
    }
}

/// How far a process is from its end.
#[derive(Debug)]
enum Phase {
    Running,
    /// Asked to end.
    Ending {
        why: End,
        kill_at: Instant,
    },
    /// Made to end.
    Killed {
        why: End,
    },
}

impl Phase {
    /// One step nearer to the end.
    fn end_group(&mut self, group: Pid, reason: End, grace: Duration) {
        *self = match *self {
            Phase::Running => {
                let _ = kill_process_group(group, Signal::TERM);
                // One that was stopped hears nothing until it goes on.
                let _ = kill_process_group(group, Signal::CONT);
                Phase::Ending {
                    why: reason,
                    kill_at: Instant::now() + grace,
                }
            }
            Phase::Ending { why, .. } | Phase::Killed { why } => {
                let _ = kill_process_group(group, Signal::KILL);
                Phase::Killed { why }
            }
        };
    }

    fn end(&self, status: ExitStatus) -> End {
        match self {
            Phase::Running => match status.code() {
                Some(code) => End::Exited(code),
                None => End::Signalled(status.signal().unwrap_or_default()),
            },
            Phase::Ending { why, .. } | Phase::Killed { why } => *why,
        }
    }
}

/// What [`wait_for`] found to be ready.
struct Ready {
    leader: bool,
    alarm: bool,
    streams: [bool; 2],
}

fn wait_for(
    leader: &OwnedFd,
    alarm: &OwnedFd,
    streams: &[Stream; 2],
    phase: &Phase,
    deadline: Option<Instant>,
) -> Result<Ready, Errno> {
    // A descriptor that is not looked at keeps its place with no events asked for.
    let interest = |wanted: bool| {
        if wanted {
            PollFlags::IN
        } else {
            PollFlags::empty()
        }
    };
    let mut descriptors = vec![
        PollFd::new(leader, PollFlags::IN),
        PollFd::new(alarm, interest(matches!(phase, Phase::Running))),
    ];
    descriptors.extend(
        streams
            .iter()
            .filter_map(|stream| stream.pipe.as_ref())
            .map(|pipe| PollFd::new(pipe, PollFlags::IN)),
    );
    let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
    let timeout = left.and_then(|left| Timespec::try_from(left).ok());
    match poll(&mut descriptors, timeout.as_ref()) {
        Ok(_) | Err(Errno::INTR) => {}
        Err(error) => return Err(error),
    }
    let mut happened = descriptors
        .iter()
        .map(|descriptor| !descriptor.revents().is_empty());
    let mut next = || happened.next().unwrap_or(false);
    Ok(Ready {
        leader: next(),
        alarm: next(),
        streams: [
            streams[0].pipe.is_some() && next(),
            streams[1].pipe.is_some() && next(),
        ],
    })
}

/// One of the two streams that a process prints to.
#[derive(Debug)]
struct Stream {
    /// `None` when its other end is closed.
    pipe: Option<OwnedFd>,
    capture: Capture,
    chunk: Vec<u8>,
}

impl Stream {
    fn new(pipe: OwnedFd, limit: usize) -> Self {
        Self {
            pipe: Some(pipe),
            capture: Capture::new(limit),
            chunk: vec![0; 64 * 1024],
        }
    }

    /// Takes what there is; says how much that was.
    fn read(&mut self) -> usize {
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
    fn drain(&mut self) {
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

/// What was killed may still be inside its last call to the kernel, and so in the files of
/// the action. Orphans that nobody waits for stay as empty shells; they are not waited for
/// longer than they could still write.
fn wait_until_gone(group: Pid) {
    let give_up = Instant::now() + CLEARING;
    while test_kill_process_group(group).is_ok() && Instant::now() < give_up {
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn is_own_fault(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound
            | io::ErrorKind::PermissionDenied
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::IsADirectory
            | io::ErrorKind::ArgumentListTooLong
            | io::ErrorKind::InvalidInput
            | io::ErrorKind::ExecutableFileBusy
    ) || error.raw_os_error() == Some(Errno::NOEXEC.raw_os_error())
}

fn exit_code(status: ExitStatus) -> i32 {
    status
        .code()
        .unwrap_or_else(|| -status.signal().unwrap_or_default())
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
