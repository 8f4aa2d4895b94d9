//! Starts programs, one at a time, and sees to it that nothing of one is left when the next
//! begins. This thread is as bound as the programs are.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, WaitOptions, kill_process_group, pidfd_open, wait};
use rustix::thread::gettid;
use wait4::{ResUse, Wait4};

use crate::{Events, Exceeded, Finished, Job, JobError, Limits, Usage};

use super::affinity::on_cpus;
use super::bounds::{self, Bounds};
use super::channel::{Channel, Received};
use super::events;
use super::keeper::{Arrangement, Ask};
use super::message::{Reply, Request};
use super::processor::ProcessorCounters;
use super::residue::Traces;

/// How often a program that is still being written by somebody is tried again.
const BUSY_TRIES: u32 = 40;

pub(super) struct Server<'a> {
    pub(super) channel: &'a Channel,
    pub(super) keeper: Sender<Ask>,
    pub(super) traces: Traces,
    pub(super) limits: Limits,
    /// Whether it is counted what the processor does.
    pub(super) counts: bool,
}

/// How a program ended, and for what it was ended.
type Ended = (Result<(ExitStatus, Usage), JobError>, Option<Exceeded>);

/// What was seen of a program until it was waited for.
struct Watched {
    ended: Instant,
    events: Option<Events>,
    used: ResUse,
    exceeded: Option<Exceeded>,
}

/// Why the server is over: nobody listens, or what it hears makes no sense.
struct Over;

impl Server<'_> {
    /// Serves until the other end of the channel is closed.
    pub(super) fn serve(&self) {
        let mut arrangement = Arrangement::default();
        while let Ok(Some(received)) = self.channel.receive() {
            let Received { bytes, descriptors } = received;
            let job = match Request::decode(&bytes) {
                Ok(Request::Run(job)) => job,
                // The job that was meant is over already.
                Ok(Request::Terminate | Request::Kill) => continue,
                Err(_) => return,
            };
            let Ok([stdout, stderr]) = <[OwnedFd; 2]>::try_from(descriptors) else {
                return;
            };
            let ended = match self.arrange(&mut arrangement, &job) {
                Ok(()) => self.run(&job, stdout, stderr),
                Err(error) => Ok((Err(error), None)),
            };
            let Ok((ended, exceeded)) = ended else { return };
            let finished = Finished {
                ended,
                exceeded,
                residue: self.traces.look(),
            };
            let reply = Reply::Finished(finished).encode();
            if self.channel.send(&reply, &[]).is_err() {
                return;
            }
        }
    }

    /// Has the keeper show what the job wants, where that is not what the last one wanted.
    fn arrange(&self, made: &mut Arrangement, job: &Job) -> Result<(), JobError> {
        if made.writable_source == job.writable_source && made.mounts == job.mounts {
            return Ok(());
        }
        let wanted = Arrangement {
            writable_source: job.writable_source,
            mounts: job.mounts.clone(),
        };
        let (done, answer) = channel();
        self.ask(Ask::Arrange(wanted.clone(), done));
        answer.recv().expect("the keeper answers")?;
        *made = wanted;
        Ok(())
    }

    fn ask(&self, ask: Ask) {
        let asked = self.keeper.send(ask);
        asked.expect("the keeper outlives the server");
    }

    /// Counters of the next program, which this thread may not open itself.
    fn counters(&self) -> Option<ProcessorCounters> {
        let (opened, answer) = channel();
        self.ask(Ask::Count(gettid(), opened));
        answer.recv().expect("the keeper answers")
    }

    fn run(&self, job: &Job, stdout: OwnedFd, stderr: OwnedFd) -> Result<Ended, Over> {
        let counters = match self.counts {
            true => self.counters(),
            false => None,
        };
        let bounds = Bounds::begin(&self.limits);
        let began = Instant::now();
        let child = match on_cpus(&job.cpus, || spawn(job, stdout, stderr)) {
            Ok(child) => child,
            Err(error) => return Ok((Err(JobError::Start(error)), None)),
        };
        let Watched {
            ended,
            events,
            used,
            exceeded,
        } = self.watch(child, &bounds)?;
        end_all();
        let usage = Usage {
            wall: ended.duration_since(began),
            events,
            user: used.rusage.utime,
            system: used.rusage.stime,
            peak_rss_bytes: used.rusage.maxrss,
            processor: counters.and_then(ProcessorCounters::read),
        };
        Ok((Ok((used.status, usage)), exceeded))
    }

    /// Waits for the program itself, ends it if it exceeds a bound, and heeds what is asked
    /// for meanwhile.
    fn watch(&self, child: Child, bounds: &Bounds) -> Result<Watched, Over> {
        let mut exceeded = None;
        let over = pidfd_open(Pid::from_child(&child), PidfdFlags::empty()).map_err(|_| Over)?;
        loop {
            let mut descriptors = [
                PollFd::new(&over, PollFlags::IN),
                PollFd::new(self.channel, PollFlags::IN),
            ];
            match poll(&mut descriptors, Some(&bounds::PAUSE)) {
                Ok(0) if exceeded.is_none() => {
                    exceeded = bounds.exceeded();
                    if exceeded.is_some() {
                        let _ = signal_all(Signal::KILL);
                    }
                }
                Ok(_) => {}
                Err(Errno::INTR) => continue,
                Err(_) => return Err(Over),
            }
            let [over, asked] = descriptors.map(|descriptor| !descriptor.revents().is_empty());
            if over {
                let ended = Instant::now();
                let events = events::of(child.id());
                let used = child.wait4().map_err(|_| Over)?;
                return Ok(Watched {
                    ended,
                    events,
                    used,
                    exceeded,
                });
            }
            if asked {
                self.heed()?;
            }
        }
    }

    fn heed(&self) -> Result<(), Over> {
        let Ok(Some(received)) = self.channel.receive() else {
            return Err(Over);
        };
        match Request::decode(&received.bytes) {
            Ok(Request::Terminate) => {
                let _ = signal_all(Signal::TERM);
                // One that was stopped hears nothing until it goes on.
                let _ = signal_all(Signal::CONT);
            }
            Ok(Request::Kill) => {
                let _ = signal_all(Signal::KILL);
            }
            Ok(Request::Run(_)) | Err(_) => return Err(Over),
        }
        Ok(())
    }
}

/// Without anything that would have to be done between `fork` and `exec`, the standard
/// library starts programs by `posix_spawn`, which copies no page tables.
fn spawn(job: &Job, stdout: OwnedFd, stderr: OwnedFd) -> io::Result<Child> {
    let mut command = Command::new(&job.program);
    command
        .args(&job.arguments)
        .env_clear()
        .envs(job.environment.iter().map(|(name, value)| (name, value)))
        .current_dir(&job.directory)
        .stdin(Stdio::null())
        .stdout(stdout)
        .stderr(stderr)
        .process_group(0);
    let mut tries = 0;
    loop {
        match command.spawn() {
            // A program that was just written is busy while a process that `orch` forked
            // meanwhile still holds the file, which it does until it executes its own.
            Err(error)
                if error.kind() == io::ErrorKind::ExecutableFileBusy && tries < BUSY_TRIES =>
            {
                tries += 1;
                std::thread::sleep(Duration::from_millis(u64::from(tries)));
            }
            result => return result,
        }
    }
}

/// Ends every other process of the sandbox and waits until all are gone.
fn end_all() {
    while signal_all(Signal::KILL).is_ok() {
        // Whoever loses its parent becomes a child of process 1, so this waits for all.
        while !matches!(wait(WaitOptions::empty()), Err(Errno::CHILD)) {}
    }
}

/// Signals every process of the pid namespace but this one, which is its first. To the
/// kernel, all that one may signal are the group of number 1.
fn signal_all(signal: Signal) -> rustix::io::Result<()> {
    kill_process_group(Pid::INIT, signal)
}
