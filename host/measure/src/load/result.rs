//! What a step of a ladder came to.

use std::collections::BTreeMap;

use super::cpu_meter::CpuShares;
use super::failure::{ErrorKind, Tally};
use super::recorder::Recorder;
use super::step::Step;

/// A generator that is busy for so large a share of the time has no more to give.
const BUSY_SHARE: f64 = 0.9;

/// A generator that wants a CPU in vain for so large a share of the time does not see answers when
/// they come.
const STARVED_SHARE: f64 = 0.1;

/// So large a share of late requests reaches into P99.
const LATE_SHARE: f64 = 0.01;

/// What a step came to. Requests count that were due after the warm-up.
#[derive(Clone, Debug, PartialEq)]
pub struct StepResult {
    /// How many connections at once.
    pub connections: usize,
    /// At how many requests a second they were due; none in a closed loop.
    pub per_second: Option<f64>,
    /// The closed loop that found the capacity, if the rate is a share of it.
    pub capacity: Option<Box<StepResult>>,
    /// Requests that were answered with a status between 200 and 299.
    pub succeeded: u64,
    /// Requests that came to nothing, by how.
    pub errors: BTreeMap<ErrorKind, Tally>,
    /// Requests that were due and not sent before the step was over, since every connection was
    /// busy: the service is slower than the rate, or there are too few connections.
    pub unsent: u64,
    /// Connections that were made, the warm-up included. More than there are at once means that
    /// the service does not keep them, or that they failed.
    pub connects: u64,
    /// Good answers a second.
    pub throughput: f64,
    /// How long users waited: for good answers, for those that timed out (so long at least) and
    /// for requests that were never sent (so long at least). None if there was none of these.
    pub latencies: Option<Latencies>,
    /// How the generator itself fared.
    pub generator: Generator,
    /// Whether the step was ended because nobody could be reached for a second.
    pub gave_up: bool,
}

/// Many durations, in nanoseconds. A percentile is at most 0.1% too high; one of fewer values than
/// it takes (1000 for P99.9) is the longest of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Latencies {
    /// How many.
    pub count: u64,
    /// On average.
    pub mean_ns: f64,
    /// Half are at most so long.
    pub p50_ns: u64,
    /// 95% are.
    pub p95_ns: u64,
    /// 99% are.
    pub p99_ns: u64,
    /// 99.9% are.
    pub p999_ns: u64,
    /// The longest.
    pub max_ns: u64,
}

/// How the generator fared: where it was the bottleneck, the figures are its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Generator {
    /// For which share of the time its busiest thread had a CPU, between 0 and 1.
    pub busy_share: f64,
    /// For which share of the time one of its threads could have run and others had the CPU; that
    /// is part of the latencies. None where the kernel does not say.
    pub starved_share: Option<f64>,
    /// How much later requests were sent than they could have been, through its own fault; this is
    /// part of the latencies. None in a closed loop, where nothing is due.
    pub lateness: Option<Latencies>,
    /// How many requests were so by more than a millisecond.
    pub late: u64,
}

impl StepResult {
    /// Sums up what was recorded in `seconds` after the warm-up.
    pub(super) fn new(
        step: &Step,
        per_second: Option<f64>,
        recorder: Recorder,
        seconds: f64,
        cpu: CpuShares,
    ) -> Self {
        Self {
            connections: step.connections,
            per_second,
            capacity: None,
            succeeded: recorder.succeeded,
            unsent: recorder.unsent,
            connects: recorder.connects,
            throughput: if seconds > 0.0 {
                recorder.completed as f64 / seconds
            } else {
                0.0
            },
            latencies: recorder.latencies.summary(),
            generator: Generator {
                busy_share: cpu.busy,
                starved_share: cpu.starved,
                lateness: recorder.lateness.summary(),
                late: recorder.late,
            },
            gave_up: false,
            errors: recorder.errors,
        }
    }

    /// How many requests came to nothing.
    pub fn failed(&self) -> u64 {
        self.errors.values().map(|tally| tally.count).sum()
    }
}

impl Generator {
    /// Why the figures may be the generator's own and not the service's, if they may.
    pub fn bottleneck(&self) -> Option<String> {
        if self.busy_share >= BUSY_SHARE {
            return Some(format!(
                "the load generator was busy for {:.0}% of the time: the throughput may be its own, \
                 and the service's larger",
                self.busy_share * 100.0
            ));
        }
        let count = self.lateness.map_or(0, |lateness| lateness.count);
        if self.late as f64 > LATE_SHARE * count as f64 {
            return Some(format!(
                "the load generator sent {} of {count} requests more than 1 ms late: give it a CPU \
                 that neither the service nor others use",
                self.late
            ));
        }
        let starved = self.starved_share.filter(|share| *share >= STARVED_SHARE)?;
        Some(format!(
            "the load generator waited for a CPU for {:.0}% of the time: give it one that neither \
             the service nor others use",
            starved * 100.0
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generator_that_is_itself_too_slow_says_so() {
        let lateness = Latencies {
            count: 1000,
            mean_ns: 1e3,
            p50_ns: 1_000,
            p95_ns: 1_000,
            p99_ns: 1_000,
            p999_ns: 9_000_000,
            max_ns: 9_000_000,
        };
        let quick = Generator {
            busy_share: 0.5,
            starved_share: Some(0.02),
            lateness: Some(lateness),
            late: 10,
        };
        assert_eq!(quick.bottleneck(), None);
        let busy = Generator {
            busy_share: 0.97,
            ..quick
        };
        assert!(
            busy.bottleneck()
                .unwrap()
                .contains("busy for 97% of the time")
        );
        let late = Generator { late: 11, ..quick };
        assert!(
            late.bottleneck()
                .unwrap()
                .contains("11 of 1000 requests more than 1 ms late")
        );
        let starved = Generator {
            starved_share: Some(0.3),
            ..quick
        };
        assert!(
            starved
                .bottleneck()
                .unwrap()
                .contains("waited for a CPU for 30% of the time")
        );
        // A closed loop on a kernel that does not say.
        let silent = Generator {
            starved_share: None,
            lateness: None,
            late: 0,
            ..quick
        };
        assert_eq!(silent.bottleneck(), None);
    }
}
