//! Runs one process with all that it starts, and sees to its end, without a sandbox.
//!
//! The process leads a group of its own. What makes a session of its own leaves that group
//! and goes on: only a sandbox keeps it.

use std::ffi::OsString;
use std::io::{self, PipeWriter, pipe};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::fs::fstat;
use rustix::io::Errno;
use rustix::process::{
    Pid, PidfdFlags, Signal, kill_process_group, pidfd_open, test_kill_process_group,
};
use wait4::Wait4;

use orch_engine::Cancel;
use orch_engine::port::TrialSetting;
use orch_model::{Fault, Sample};
use orch_sandbox::{Exceeded, ProcessorCounters, on_cpus, with_priority};

use crate::environment::Environment;
use crate::reaper::Reaper;
use crate::sandboxed::counters as counters_by_name;
use crate::stream::Stream;
use crate::watch::{Alarm, Bounds, Cut, Runs, watch};

/// How long the kernel may take to clear a killed group away.
const CLEARING: Duration = Duration::from_millis(100);

/// How often a program that is still being written by somebody is tried again.
const BUSY_TRIES: u32 = 40;

/// What to run. Paths are those that the process goes by.
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
    /// In which surroundings it is measured, if it is.
    pub(crate) measured: Option<&'a TrialSetting>,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Exited(i32),
    Signalled(i32),
    TimedOut,
    Cancelled,
    Exceeded(Exceeded),
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
        let fault = |doing: &str, error: io::Error| self.fault(doing, &error);
        let alarm = Alarm::new(cancel).map_err(|error| fault("watch over", error.into()))?;
        let bounds = self.bounds();
        let output = pipe().map_err(|error| fault("make a pipe for", error))?;
        let errors = pipe().map_err(|error| fault("make a pipe for", error))?;
        let inode = fstat(&output.0)
            .map_err(|error| fault("watch over", error.into()))?
            .st_ino;
        let announced = reaper.announce(inode).map_err(ProcessError::Fault)?;
        let counters = self.measured.and_then(|_| ProcessorCounters::open().ok());
        let child = self.spawn(output.1, errors.1)?;
        let group = Pid::from_child(&child);
        let watched = announced.started(group);
        let mut streams = self.streams(output.0, errors.0);
        let seen = match &watched {
            Ok(_) => Group::of(group)
                .and_then(|mut group| watch(&mut group, bounds, &alarm, &mut streams)),
            Err(_) => Ok(None),
        };

        // Until it is waited for, the dead leader keeps the number of the group from being
        // given to anybody else, so nothing but the group is hit, and nothing of it is left.
        let _ = kill_process_group(group, Signal::KILL);
        for stream in &mut streams {
            stream.drain();
        }
        let unwatched = watched.map(drop);
        let used = child.wait4().map_err(|error| fault("wait for", error))?;
        let wall = bounds.began.elapsed();
        wait_until_gone(group);
        unwatched.map_err(ProcessError::Fault)?;
        let cut = seen.map_err(|error| fault("watch over", error.into()))?;

        let [stdout, stderr] = streams.map(Stream::finish);
        let sample = Sample {
            exit_code: exit_code(used.status),
            stdout,
            stderr,
            wall_ns: nanoseconds(wall),
            user_ns: nanoseconds(used.rusage.utime),
            system_ns: nanoseconds(used.rusage.stime),
            peak_rss_bytes: used.rusage.maxrss,
            counters: counters_by_name(None, counters.and_then(ProcessorCounters::read)),
        };
        Ok((End::of(used.status, cut), sample))
    }

    /// Its bounds, from now on.
    pub(crate) fn bounds(&self) -> Bounds {
        Bounds {
            began: Instant::now(),
            timeout: self.timeout,
            grace: self.grace,
        }
    }

    pub(crate) fn streams(
        &self,
        output: impl Into<OwnedFd>,
        errors: impl Into<OwnedFd>,
    ) -> [Stream; 2] {
        [
            Stream::new(output.into(), self.output_bytes),
            Stream::new(errors.into(), self.output_bytes),
        ]
    }

    pub(crate) fn fault(&self, doing: &str, error: &io::Error) -> ProcessError {
        ProcessError::Fault(Fault::io(doing, self.program, error))
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
            match with_priority(self.comes_first(), || {
                on_cpus(self.cpus(), || command.spawn())
            }) {
                Ok(child) => return Ok(child),
                // A program that was just written is busy while a process that was forked
                // meanwhile still holds the file, which it does until it executes its own.
                Err(error)
                    if error.kind() == io::ErrorKind::ExecutableFileBusy && tries < BUSY_TRIES =>
                {
                    tries += 1;
                    std::thread::sleep(Duration::from_millis(u64::from(tries)));
                }
                Err(error) => return Err(self.not_started(error)),
            }
        }
    }

    /// The CPUs that it has to stay on; any if there are none.
    pub(crate) fn cpus(&self) -> &[u32] {
        self.measured.map_or(&[], |setting| &setting.cpus)
    }

    fn comes_first(&self) -> bool {
        self.measured.is_some_and(|setting| setting.first)
    }

    /// Whose fault it is that the process did not start.
    pub(crate) fn not_started(&self, error: io::Error) -> ProcessError {
        match is_own_fault(&error) {
            true => ProcessError::Start(error),
            false => self.fault("start", &error),
        }
    }
}

impl End {
    /// The end of a process with that status, cut short or not.
    pub(crate) fn of(status: ExitStatus, cut: Option<Cut>) -> Self {
        match (cut, status.code()) {
            (Some(Cut::TimedOut), _) => End::TimedOut,
            (Some(Cut::Cancelled), _) => End::Cancelled,
            (None, Some(code)) => End::Exited(code),
            (None, None) => End::Signalled(status.signal().unwrap_or_default()),
        }
    }
}

/// A process group, over when its leader is.
struct Group {
    number: Pid,
    leader: OwnedFd,
}

impl Group {
    fn of(number: Pid) -> Result<Self, Errno> {
        Ok(Self {
            number,
            leader: pidfd_open(number, PidfdFlags::empty())?,
        })
    }
}

impl Runs for Group {
    fn over(&self) -> BorrowedFd<'_> {
        self.leader.as_fd()
    }

    fn terminate(&mut self) {
        let _ = kill_process_group(self.number, Signal::TERM);
        // One that was stopped hears nothing until it goes on.
        let _ = kill_process_group(self.number, Signal::CONT);
    }

    fn kill(&mut self) {
        let _ = kill_process_group(self.number, Signal::KILL);
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

/// The code that a process exited with, or the negative of the signal that ended it.
pub(crate) fn exit_code(status: ExitStatus) -> i32 {
    status
        .code()
        .unwrap_or_else(|| -status.signal().unwrap_or_default())
}

pub(crate) fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
