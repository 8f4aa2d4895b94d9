//! A sandbox as `orch` holds it: started, given one job after another, gone when dropped.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use orch_cgroup::Group;

use crate::{Exceeded, Finished, Job, Missing, Settings, StartError};

use super::channel::Channel;
use super::message::{Reply, Request, Setup};
use super::priority::with_priority;

/// A prepared set of namespaces, for one job at a time. As a descriptor it is readable when
/// the job is over.
#[derive(Debug)]
pub struct Sandbox {
    channel: Option<Channel>,
    helper: Child,
    missing: Vec<Missing>,
    /// Goes when all that runs in it is gone.
    group: Option<Group>,
}

impl Sandbox {
    /// Makes the namespaces and all that is the same for every job in them.
    pub fn start(settings: &Settings) -> Result<Self, StartError> {
        let (channel, far) = Channel::pair().map_err(StartError::Failed)?;
        let helper = with_priority(settings.first, || spawn(settings, far));
        let helper = helper.map_err(StartError::Failed)?;
        let mut sandbox = Self {
            channel: Some(channel),
            helper,
            missing: Vec::new(),
            group: None,
        };
        // What the helper starts is born into its group.
        if let Some(limits) = &settings.group {
            match Group::around(sandbox.helper.id(), limits) {
                Ok(group) => sandbox.group = Some(group),
                Err(refused) => {
                    // It may be in a part of the group, which can go only afterwards.
                    drop(sandbox);
                    return Err(StartError::Unlimited(refused.to_string()));
                }
            }
        }
        let setup = Setup {
            workspace: settings.workspace.clone(),
            network: settings.network,
            limits: settings.limits,
            counts: settings.counts,
        }
        .encode();
        // Once for each of its processes. A helper that is gone already has said why.
        let _ = sandbox
            .send(&setup, &[])
            .and_then(|()| sandbox.send(&setup, &[]));
        match sandbox.receive().map_err(StartError::Failed)? {
            Reply::Ready(missing) => {
                sandbox.missing = missing;
                Ok(sandbox)
            }
            Reply::NotStarted(error) => Err(error),
            Reply::Finished(_) => Err(StartError::Failed(out_of_turn())),
        }
    }

    /// The protections that it does without.
    pub fn missing(&self) -> &[Missing] {
        &self.missing
    }

    /// Starts a job. [`Sandbox::finish`] must be called before the next one.
    pub fn begin(&mut self, job: &Job, stdout: OwnedFd, stderr: OwnedFd) -> io::Result<()> {
        self.send(&Request::run(job), &[stdout.as_fd(), stderr.as_fd()])
    }

    /// Asks everything that the job started to end.
    pub fn terminate(&mut self) {
        // A sandbox that is gone says so when the job is finished.
        let _ = self.send(&Request::terminate(), &[]);
    }

    /// Ends everything that the job started.
    pub fn kill(&mut self) {
        let _ = self.send(&Request::kill(), &[]);
    }

    /// Lets it end, without waiting for that. No job can be begun any more.
    pub fn hang_up(&mut self) {
        // Init ends when nobody is at the other end, and the kernel ends all inside with it.
        self.channel = None;
    }

    /// Waits until the job is over and nothing of it runs any more.
    pub fn finish(&mut self) -> io::Result<Finished> {
        match self.receive()? {
            Reply::Finished(finished) => Ok(self.limited(finished)),
            Reply::Ready(_) | Reply::NotStarted(_) => Err(out_of_turn()),
        }
    }

    /// With what the kernel ended for the limits of the group.
    fn limited(&self, finished: Finished) -> Finished {
        let kills = self.group.as_ref().map_or(0, Group::memory_kills);
        Finished {
            exceeded: match kills {
                0 => finished.exceeded,
                _ => Some(Exceeded::Limit),
            },
            ..finished
        }
    }

    fn channel(&self) -> &Channel {
        self.channel.as_ref().expect("it is closed only at the end")
    }

    fn send(&self, message: &[u8], descriptors: &[BorrowedFd<'_>]) -> io::Result<()> {
        self.channel().send(message, descriptors)
    }

    fn receive(&self) -> io::Result<Reply> {
        match self.channel().receive()? {
            Some(received) => Reply::decode(&received.bytes),
            None => Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the sandbox's own process has ended",
            )),
        }
    }
}

impl AsFd for Sandbox {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.channel().as_fd()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.hang_up();
        let _ = self.helper.wait();
    }
}

/// The helper leads a group of its own, so that an interrupt at the terminal reaches `orch`
/// alone, which then ends the job in good order.
fn spawn(settings: &Settings, socket: OwnedFd) -> io::Result<Child> {
    let Some((program, words)) = settings.command.split_first() else {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "no command is set for the sandbox's own process",
        ));
    };
    Command::new(program)
        .args(words)
        .env_clear()
        .current_dir("/")
        .stdin(socket)
        .stdout(Stdio::null())
        .process_group(0)
        .spawn()
}

fn out_of_turn() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "the sandbox answered out of turn",
    )
}
