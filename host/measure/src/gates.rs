//! Holds figures to their gates.

use orch_engine::port::{Change, Figures, GateReport, MetricReport, Verdict};
use orch_history::Kept;
use orch_model::{Gate, Metric};

use crate::past::is_counted;
use crate::statistics::{Comparison, Noise, Summary, Terms, Undecided};
use crate::statistics::{RelativeChange, Verdict as Decision};

/// What two programs' times lie apart at different times, where nobody has measured it.
pub(crate) const BETWEEN_RUNS: f64 = 0.02;

/// Seeds what is only shown.
const SHOWN_SEED: u64 = 1;

/// The median of values between the ends of its confidence interval of 95 %; zeros of none.
pub fn median_with_interval(values: &[f64]) -> (f64, f64, f64) {
    let summary = Summary::of(values, SHOWN_CONFIDENCE, SHOWN_SEED);
    summary.map_or((0.0, 0.0, 0.0), |summary| {
        let interval = summary.median_interval;
        (interval.low, summary.median, interval.high)
    })
}

/// Metrics of two measurements that were made at different times, side by side by their names.
/// Nothing is said of a change where they are not comparable, or where a single sample was taken of
/// what was not counted.
pub fn compared(before: &Kept, now: &Kept) -> Vec<MetricReport> {
    let (own, other) = (&now.measurement, &before.measurement);
    let is_counted = is_counted(before) && is_counted(now);
    let metrics = own.metrics.iter().map(|metric| {
        let mut metrics = other.metrics.iter();
        let baseline = metrics.find(|other| other.name == metric.name);
        let held = Held {
            metric,
            baseline,
            gates: &[],
            open: None,
            noise: match is_counted {
                true => Noise::Absent,
                false => Noise::Between(BETWEEN_RUNS),
            },
            seed: SHOWN_SEED,
        };
        let (mut report, _) = held.report();
        let fewest = baseline.map_or(0, |other| other.values.len().min(metric.values.len()));
        let tells = are_comparable(before, now) && (is_counted || fewest > 1);
        report.change = report.change.filter(|_| tells);
        report
    });
    metrics.collect()
}

/// Whether two measurements may be held against each other: times only of the same hardware, what
/// is counted wherever that was.
pub fn are_comparable(one: &Kept, other: &Kept) -> bool {
    let (own, its) = (&one.measurement, &other.measurement);
    let is_same_hardware = own.hardware.fingerprint == its.hardware.fingerprint;
    is_counted(one) && is_counted(other) || is_same_hardware && own.times_count == its.times_count
}

/// How sure intervals are that are only shown.
const SHOWN_CONFIDENCE: f64 = 0.95;

/// A metric with that of the baseline, held to its gates.
pub(crate) struct Held<'a> {
    pub(crate) metric: &'a Metric,
    pub(crate) baseline: Option<&'a Metric>,
    pub(crate) gates: &'a [Gate],
    /// Why the gates stay open, whatever the figures are.
    pub(crate) open: Option<&'a str>,
    pub(crate) noise: Noise,
    pub(crate) seed: u64,
}

impl Held<'_> {
    /// What is told of the metric, and how many samples the gates want that are not decided; none
    /// where no number would decide them.
    pub(crate) fn report(&self) -> (MetricReport, Option<u32>) {
        let metric = self.metric;
        let baseline = self.baseline.filter(|other| other.unit == metric.unit);
        let mut wanted = None;
        let mut gates = Vec::new();
        let own = self.gates.iter().filter(|gate| gate.metric == metric.name);
        for gate in own {
            let compared = baseline.map(|other| self.compare(other, gate));
            let decision = compared.as_ref().map(|compared| &compared.verdict);
            let verdict = match (self.open, decision) {
                (Some(why), _) => Verdict::Inconclusive(why.to_owned()),
                (None, None) => Verdict::First,
                (None, Some(Decision::Holds)) => Verdict::Holds,
                (None, Some(Decision::Fails)) => Verdict::Fails,
                (
                    None,
                    Some(Decision::Inconclusive {
                        why,
                        samples_needed,
                    }),
                ) => {
                    // An estimate that lies near the threshold may be the samples' own error.
                    let more = samples_needed.unwrap_or(u32::MAX);
                    wanted = wanted.max(Some(more));
                    Verdict::Inconclusive(said(why, *samples_needed))
                }
            };
            gates.push(GateReport {
                worse_than: gate.worse_than,
                confidence: gate.confidence,
                change: compared.and_then(|compared| compared.change).map(shown),
                verdict,
            });
        }
        let change = baseline.and_then(|other| self.compare(other, &self.ungated()).change);
        let report = MetricReport {
            name: metric.name.clone(),
            unit: metric.unit.clone(),
            better: metric.better,
            figures: figures(metric, self.seed),
            baseline: baseline.map(|other| figures(other, self.seed)),
            change: change.map(shown),
            gates,
        };
        (report, wanted)
    }

    fn compare(&self, baseline: &Metric, gate: &Gate) -> Comparison {
        let terms = Terms {
            gate,
            better: self.metric.better,
            noise: self.noise,
            seed: self.seed,
        };
        Comparison::of(&baseline.values, &self.metric.values, &terms)
    }

    /// A gate for a change that is only shown.
    fn ungated(&self) -> Gate {
        Gate {
            metric: self.metric.name.clone(),
            worse_than: 1.0,
            confidence: SHOWN_CONFIDENCE,
        }
    }
}

fn shown(change: RelativeChange) -> Change {
    Change {
        estimate: change.estimate,
        low: change.interval.low,
        high: change.interval.high,
    }
}

fn figures(metric: &Metric, seed: u64) -> Figures {
    let summary = Summary::of(&metric.values, SHOWN_CONFIDENCE, seed);
    summary.map_or_else(Figures::default, |summary| Figures {
        median: summary.median,
        low: summary.median_interval.low,
        high: summary.median_interval.high,
        values: metric.values.clone(),
    })
}

fn said(why: &Undecided, samples: Option<u32>) -> String {
    match samples {
        Some(samples) => format!("{why}; some {samples} samples would tell"),
        None => why.to_string(),
    }
}
