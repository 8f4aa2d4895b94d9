//! Waits to the microsecond. The runtime's own timers are exact to a millisecond, which is more
//! than what most services take to answer.

use std::io;
use std::time::Instant;

#[cfg(target_os = "linux")]
pub(super) use exact::Timer;
#[cfg(not(target_os = "linux"))]
pub(super) use rough::Timer;

#[cfg(target_os = "linux")]
mod exact {
    use std::os::fd::OwnedFd;

    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
        timerfd_settime,
    };
    use tokio::io::unix::AsyncFd;

    use super::{Instant, io};

    /// A timer of the kernel's as a file, timerfd_create(2).
    pub(crate) struct Timer(AsyncFd<OwnedFd>);

    impl Timer {
        /// Inside a runtime.
        pub fn new() -> io::Result<Self> {
            let file = timerfd_create(
                TimerfdClockId::Monotonic,
                TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC,
            )?;
            // SAFETY: an `OwnedFd` names one open file as long as it lives, and this one lives in
            // the `AsyncFd`, which never hands it out to be closed or exchanged. The runtime has no
            // safe way to wait for a file that is neither a socket nor a pipe.
            #[allow(unsafe_code)]
            let file = unsafe { AsyncFd::register(file) };
            Ok(Self(file?))
        }

        /// Waits until `moment`; where that has come, lets others run once.
        pub async fn wait_until(&self, moment: Instant) -> io::Result<()> {
            let wait = moment.saturating_duration_since(Instant::now());
            if wait.is_zero() {
                tokio::task::yield_now().await;
                return Ok(());
            }
            let once = Itimerspec {
                it_interval: Timespec {
                    tv_sec: 0,
                    tv_nsec: 0,
                },
                it_value: Timespec::try_from(wait).map_err(io::Error::other)?,
            };
            // To set it anew takes back that it rang, so that it never need be read.
            timerfd_settime(&self.0, TimerfdTimerFlags::empty(), &once)?;
            self.0.readable().await?.clear_ready();
            Ok(())
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod rough {
    use super::{Instant, io};

    /// The runtime's timer, for want of a better one; [`Generator`](super::super::Generator) tells
    /// how late it is.
    pub(crate) struct Timer;

    impl Timer {
        /// Inside a runtime.
        pub fn new() -> io::Result<Self> {
            Ok(Self)
        }

        /// Waits until `moment`.
        pub async fn wait_until(&self, moment: Instant) -> io::Result<()> {
            tokio::time::sleep_until(moment.into()).await;
            tokio::task::yield_now().await;
            Ok(())
        }
    }
}
