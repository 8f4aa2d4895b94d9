//! Counts what became of one thread's requests, and sums up what the threads counted.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::arrivals::Arrival;
use super::failure::{ErrorKind, Failure, Tally};
use super::result::Latencies;
use super::step::Window;

/// Longer is not told apart: an hour.
const LONGEST_NS: u64 = 3_600_000_000_000;

/// Three digits: a percentile is at most 0.1% too high.
const DIGITS: u8 = 3;

/// From here on the generator's own lateness is one that users of most services would notice.
const LATE: Duration = Duration::from_millis(1);

/// Many durations in little memory.
pub(super) struct Durations {
    histogram: Histogram<u64>,
    sum_ns: u128,
    longest_ns: u64,
}

/// What became of requests.
pub(super) struct Recorder {
    window: Window,
    /// Of what was answered, timed out or never sent.
    pub latencies: Durations,
    /// By how much the generator was late.
    pub lateness: Durations,
    /// How often it was so by more than a millisecond.
    pub late: u64,
    /// Requests that were due in the window and answered well.
    pub succeeded: u64,
    /// Good answers that were whole in the window.
    pub completed: u64,
    /// Connections made, the warm-up included.
    pub connects: u64,
    /// Requests that were due in the window and never sent.
    pub unsent: u64,
    /// Requests that were due in the window and came to nothing.
    pub errors: BTreeMap<ErrorKind, Tally>,
}

impl Recorder {
    pub fn new(window: Window) -> Self {
        Self {
            window,
            latencies: Durations::new(),
            lateness: Durations::new(),
            late: 0,
            succeeded: 0,
            completed: 0,
            connects: 0,
            unsent: 0,
            errors: BTreeMap::new(),
        }
    }

    /// A request that was over at `end`.
    ///
    /// One that timed out counts among the latencies, with the time that was waited: it is at
    /// least its latency, and without it a service would look the better the more it loses.
    /// What failed otherwise does not: an error is often quicker than an answer.
    pub fn record(&mut self, arrival: Arrival, end: Instant, outcome: Result<(), Failure>) {
        if outcome.is_ok() && self.window.contains(end) {
            self.completed += 1;
        }
        if !self.window.contains(arrival.due) {
            return;
        }
        if let Some(late) = arrival.late {
            self.lateness.record(late);
            self.late += u64::from(late > LATE);
        }
        let latency = end.saturating_duration_since(arrival.due);
        match outcome {
            Ok(()) => {
                self.succeeded += 1;
                self.latencies.record(latency);
            }
            Err(failure) => {
                if failure.kind == ErrorKind::Timeout {
                    self.latencies.record(latency);
                }
                self.count(failure.kind, 1, failure.message);
            }
        }
    }

    /// A request that was due and not sent until `end`: its user still waits.
    pub fn record_unsent(&mut self, due: Instant, end: Instant) {
        if self.window.contains(due) {
            self.unsent += 1;
            self.latencies.record(end.saturating_duration_since(due));
        }
    }

    /// Adds what another thread counted.
    pub fn add(&mut self, other: Self) {
        self.latencies.add(&other.latencies);
        self.lateness.add(&other.lateness);
        self.late += other.late;
        self.succeeded += other.succeeded;
        self.completed += other.completed;
        self.connects += other.connects;
        self.unsent += other.unsent;
        for (kind, tally) in other.errors {
            self.count(kind, tally.count, tally.example);
        }
    }

    fn count(&mut self, kind: ErrorKind, count: u64, example: String) {
        let tally = self
            .errors
            .entry(kind)
            .or_insert(Tally { count: 0, example });
        tally.count += count;
    }
}

impl Durations {
    fn new() -> Self {
        Self {
            histogram: Histogram::new_with_bounds(1, LONGEST_NS, DIGITS)
                .expect("the bounds are in order and the digits few"),
            sum_ns: 0,
            longest_ns: 0,
        }
    }

    fn record(&mut self, duration: Duration) {
        let ns = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        self.histogram.saturating_record(ns);
        self.sum_ns += u128::from(ns);
        self.longest_ns = self.longest_ns.max(ns);
    }

    fn add(&mut self, other: &Self) {
        self.histogram
            .add(&other.histogram)
            .expect("both have the same bounds");
        self.sum_ns += other.sum_ns;
        self.longest_ns = self.longest_ns.max(other.longest_ns);
    }

    /// What they come to, if there is one.
    pub fn summary(&self) -> Option<Latencies> {
        let count = self.histogram.len();
        if count == 0 {
            return None;
        }
        let percentile = |share| self.histogram.value_at_quantile(share).min(self.longest_ns);
        Some(Latencies {
            count,
            mean_ns: self.sum_ns as f64 / count as f64,
            p50_ns: percentile(0.5),
            p95_ns: percentile(0.95),
            p99_ns: percentile(0.99),
            p999_ns: percentile(0.999),
            max_ns: self.longest_ns,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_what_was_recorded() {
        let mut durations = Durations::new();
        assert_eq!(durations.summary(), None);
        for microseconds in 1..=1000 {
            durations.record(Duration::from_micros(microseconds));
        }
        let summary = durations.summary().unwrap();
        assert_eq!((summary.count, summary.max_ns), (1000, 1_000_000));
        assert_eq!(summary.mean_ns, 500_500.0);
        for (value, exact) in [
            (summary.p50_ns, 500_000.0),
            (summary.p95_ns, 950_000.0),
            (summary.p99_ns, 990_000.0),
            (summary.p999_ns, 999_000.0),
        ] {
            assert!(
                (value as f64 / exact - 1.0).abs() < 0.001,
                "{value} {exact}"
            );
        }
    }

    #[test]
    fn a_value_beyond_the_longest_is_kept_as_the_longest() {
        let mut durations = Durations::new();
        durations.record(Duration::from_secs(7200));
        let summary = durations.summary().unwrap();
        assert_eq!(summary.max_ns, 7_200_000_000_000);
        assert!(summary.p50_ns >= LONGEST_NS);
    }

    #[test]
    fn what_was_due_in_the_warm_up_is_not_counted_but_its_end_may_be() {
        let start = Instant::now();
        let second = |seconds| start + Duration::from_secs(seconds);
        let window = Window {
            start,
            from: second(1),
            until: second(3),
        };
        let mut recorder = Recorder::new(window);
        let arrival = |due| Arrival { due, late: None };
        recorder.record(arrival(second(0)), second(2), Ok(()));
        recorder.record(arrival(second(2)), second(4), Ok(()));
        recorder.record(arrival(second(1)), second(2), Ok(()));
        recorder.record_unsent(second(2), second(3));
        assert_eq!((recorder.completed, recorder.succeeded), (2, 2));
        assert_eq!(
            (recorder.unsent, recorder.latencies.summary().unwrap().count),
            (1, 3)
        );
    }

    #[test]
    fn only_what_was_waited_for_counts_as_latency() {
        let start = Instant::now();
        let window = Window {
            start,
            from: start,
            until: start + Duration::from_secs(1),
        };
        let mut recorder = Recorder::new(window);
        let arrival = Arrival {
            due: start,
            late: Some(Duration::from_millis(2)),
        };
        let end = start + Duration::from_millis(7);
        let reset = Failure {
            kind: ErrorKind::Reset,
            message: "reset".to_owned(),
        };
        recorder.record(arrival, end, Err(reset));
        recorder.record(
            arrival,
            end,
            Err(Failure::timeout(Duration::from_millis(5))),
        );
        assert_eq!(recorder.latencies.summary().unwrap().count, 1);
        assert_eq!(recorder.late, 2);
        assert_eq!(recorder.errors[&ErrorKind::Timeout].count, 1);
    }
}
