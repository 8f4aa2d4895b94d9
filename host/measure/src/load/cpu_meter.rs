//! For how much of its time a thread had a CPU, and for how much it wanted one in vain.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// Shares of a thread's time, between 0 and 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct CpuShares {
    /// In which it had a CPU.
    pub busy: f64,
    /// In which it could have run and others had the CPU, where the kernel says.
    pub starved: Option<f64>,
}

/// Measures the thread that it is started and stopped on.
pub(super) struct CpuMeter {
    began: Instant,
    busy: Duration,
    starved: Option<Duration>,
}

impl CpuShares {
    /// The greater of each.
    pub fn worst(self, other: Self) -> Self {
        Self {
            busy: self.busy.max(other.busy),
            starved: match (self.starved, other.starved) {
                (Some(one), Some(other)) => Some(one.max(other)),
                (one, other) => one.or(other),
            },
        }
    }
}

impl CpuMeter {
    pub fn start() -> Self {
        Self {
            began: Instant::now(),
            busy: busy(),
            starved: starved(),
        }
    }

    pub fn stop(self) -> CpuShares {
        let passed = self.began.elapsed().as_secs_f64();
        let share = |time: Duration| (time.as_secs_f64() / passed).min(1.0);
        CpuShares {
            busy: share(busy().saturating_sub(self.busy)),
            starved: starved()
                .zip(self.starved)
                .map(|(now, then)| share(now.saturating_sub(then))),
        }
    }
}

/// The CPU time of this thread, clock_gettime(2).
fn busy() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}

/// How long this thread waited on a run queue: the second number, in nanoseconds.
/// Documentation/scheduler/sched-stats.rst.
fn starved() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let ns = text.split_whitespace().nth(1)?.parse().ok()?;
    Some(Duration::from_nanos(ns))
}
