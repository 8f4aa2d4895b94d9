//! Waits for the end of something that runs, and brings it about where the user interrupts
//! or its time is up.
//!
//! Its output, its end, the interrupt and the time limit are awaited in one `poll`, so an
//! action costs one thread: the caller's.

use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::io::Errno;

use orch_engine::{Cancel, Subscription};

use crate::stream::Stream;

/// Something that runs: a process group, or all that is inside a sandbox.
pub(crate) trait Runs {
    /// A descriptor that is readable when it is over.
    fn over(&self) -> BorrowedFd<'_>;

    /// Asks it to end.
    fn terminate(&mut self);

    /// Ends it.
    fn kill(&mut self);
}

/// Why something was ended that would have gone on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    TimedOut,
    Cancelled,
}

/// How long something may run, and how long it may take to end when it is asked to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) began: Instant,
    pub(crate) timeout: Option<Duration>,
    pub(crate) grace: Duration,
}

/// Rings when the user interrupts, so that a `poll` hears it.
pub(crate) struct Alarm {
    bell: Arc<OwnedFd>,
    _subscription: Subscription,
}

impl Alarm {
    pub(crate) fn new(cancel: &Cancel) -> Result<Self, Errno> {
        let bell = Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?);
        let rung = Arc::clone(&bell);
        Ok(Self {
            bell,
            _subscription: cancel.on_cancel(move || {
                // It can only fail when it has rung already.
                let _ = rustix::io::write(&*rung, &1u64.to_ne_bytes());
            }),
        })
    }
}

/// Returns when it is over, with the reason if it did not end by itself.
pub(crate) fn watch(
    runs: &mut impl Runs,
    bounds: Bounds,
    alarm: &Alarm,
    streams: &mut [Stream; 2],
) -> Result<Option<Cut>, Errno> {
    let time_is_up = bounds
        .timeout
        .and_then(|timeout| bounds.began.checked_add(timeout));
    let mut phase = Phase::Running;
    loop {
        let deadline = match phase {
            Phase::Running => time_is_up,
            Phase::Ending { kill_at, .. } => Some(kill_at),
            Phase::Killed { .. } => None,
        };
        let ready = wait_for(runs.over(), &alarm.bell, streams, &phase, deadline)?;
        for (stream, ready) in streams.iter_mut().zip(ready.streams) {
            if ready {
                stream.read();
            }
        }
        if ready.over {
            return Ok(phase.cut());
        }
        if ready.alarm {
            phase.end(runs, Cut::Cancelled, bounds.grace);
        }
        if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            phase.end(runs, Cut::TimedOut, bounds.grace);
        }
    }
}

/// How far it is from its end.
#[derive(Debug)]
enum Phase {
    Running,
    /// Asked to end.
    Ending {
        why: Cut,
        kill_at: Instant,
    },
    /// Made to end.
    Killed {
        why: Cut,
    },
}

impl Phase {
    /// One step nearer to the end.
    fn end(&mut self, runs: &mut impl Runs, reason: Cut, grace: Duration) {
        *self = match *self {
            Phase::Running => {
                runs.terminate();
                Phase::Ending {
                    why: reason,
                    kill_at: Instant::now() + grace,
                }
            }
            Phase::Ending { why, .. } | Phase::Killed { why } => {
                runs.kill();
                Phase::Killed { why }
            }
        };
    }

    fn cut(&self) -> Option<Cut> {
        match self {
            Phase::Running => None,
            Phase::Ending { why, .. } | Phase::Killed { why } => Some(*why),
        }
    }
}

/// What [`wait_for`] found to be ready.
struct Ready {
    over: bool,
    alarm: bool,
    streams: [bool; 2],
}

fn wait_for(
    over: BorrowedFd<'_>,
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
        PollFd::from_borrowed_fd(over, PollFlags::IN),
        PollFd::new(alarm, interest(matches!(phase, Phase::Running))),
    ];
    descriptors.extend(
        streams
            .iter()
            .filter_map(Stream::pipe)
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
        over: next(),
        alarm: next(),
        streams: [
            streams[0].pipe().is_some() && next(),
            streams[1].pipe().is_some() && next(),
        ],
    })
}
