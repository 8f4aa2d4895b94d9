//! One step of a ladder: how many connections, how fast, how long.

use std::time::{Duration, Instant};

use orch_model::Fault;

/// More connections than ports that one address has to call from.
const MOST_CONNECTIONS: usize = 60_000;

/// No generator on one machine comes near it.
const MOST_PER_SECOND: f64 = 1_000_000.0;

/// Longer is a mistake in the unit.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// How fast requests are sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// As fast as answers come: a closed loop.
    Unlimited,
    /// So many requests a second over all connections, whether or not answers come.
    PerSecond(f64),
    /// Such a share of the throughput that the same connections reach in a closed loop, which is
    /// found first, in as much time again; between 0 and 1. At [`Pace::USUAL_SHARE`] a service is
    /// busy and yet keeps up; near 1 the latencies are those of a queue that never ends.
    ShareOfCapacity(f64),
}

impl Pace {
    /// The share of its capacity at which a service's latencies say most.
    pub const USUAL_SHARE: f64 = 0.7;
}

/// One step of a ladder.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// How many connections at once, each with one request at a time.
    pub connections: usize,
    /// How fast.
    pub pace: Pace,
    /// How long before anything counts: connections are made, caches and compilers warm up.
    pub warmup: Duration,
    /// How long requests count that are due.
    pub duration: Duration,
}

impl Step {
    /// Refuses what makes no sense.
    pub(super) fn check(&self) -> Result<(), Fault> {
        let connections = self.connections;
        if !(1..=MOST_CONNECTIONS).contains(&connections) {
            return Err(Fault::usage(format!(
                "{connections} connections cannot be made: between 1 and {MOST_CONNECTIONS} can"
            )));
        }
        if self.duration.is_zero() {
            return Err(Fault::usage("a step of 0 s measures nothing")
                .hint("give it some seconds: P99.9 needs thousands of requests"));
        }
        if self.duration > LONGEST || self.warmup > LONGEST {
            return Err(Fault::usage(
                "a step and its warm-up may take a day each, and no longer",
            ));
        }
        match self.pace {
            Pace::PerSecond(rate) if !(rate > 0.0 && rate <= MOST_PER_SECOND) => {
                Err(Fault::usage(format!(
                    "{rate} requests a second cannot be sent: more than 0 and at most \
                     {MOST_PER_SECOND} can"
                )))
            }
            Pace::ShareOfCapacity(share) if !(share > 0.0 && share <= 1.0) => Err(Fault::usage(
                format!("{share} is no share of a capacity: it lies above 0 and is at most 1"),
            )),
            _ => Ok(()),
        }
    }
}

/// When what counts begins and ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    /// The first request is due.
    pub start: Instant,
    /// The warm-up is over.
    pub from: Instant,
    /// No request is due any more.
    pub until: Instant,
}

impl Window {
    pub fn of(step: &Step, start: Instant) -> Self {
        Self {
            start,
            from: start + step.warmup,
            until: start + step.warmup + step.duration,
        }
    }

    pub fn contains(&self, moment: Instant) -> bool {
        self.from <= moment && moment < self.until
    }
}
