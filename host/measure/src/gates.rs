//! Holds figures to their gates.

use orch_engine::port::{Change, Figures, GateReport, MetricReport, Verdict};
use orch_model::{Gate, Metric};

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
/// Where they were not made on the same hardware, nothing is said of a change.
pub fn compared(before: &[Metric], now: &[Metric], is_same_hardware: bool) -> Vec<MetricReport> {
    let metrics = now.iter().map(|metric| {
        let baseline = before.iter().find(|other| other.name == metric.name);
        let held = Held {
            metric,
            baseline,
            gates: &[],
            noise: match metric.values.len() {
                1 => Noise::Absent,
                _ => Noise::Between(BETWEEN_RUNS),
            },
            seed: SHOWN_SEED,
        };
        let (mut report, _) = held.report();
        if !is_same_hardware && metric.unit != "B" {
            report.change = None;
        }
        report
    });
    metrics.collect()
}

/// How sure intervals are that are only shown.
const SHOWN_CONFIDENCE: f64 = 0.95;

/// A metric with that of the baseline, held to its gates.
pub(crate) struct Held<'a> {
    pub(crate) metric: &'a Metric,
    pub(crate) baseline: Option<&'a Metric>,
    pub(crate) gates: &'a [Gate],
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
        let mut change = None;
        let mut gates = Vec::new();
        let own = self.gates.iter().filter(|gate| gate.metric == metric.name);
        for gate in own {
            let verdict = match baseline {
                None => Verdict::First,
                Some(other) => {
                    let compared = self.compare(other, gate);
                    change = change.or(compared.change.map(shown));
                    match compared.verdict {
                        Decision::Holds => Verdict::Holds,
                        Decision::Fails => Verdict::Fails,
                        Decision::Inconclusive {
                            why,
                            samples_needed,
                        } => {
                            wanted = wanted.max(samples_needed);
                            Verdict::Inconclusive(said(&why, samples_needed))
                        }
                    }
                }
            };
            gates.push(GateReport {
                worse_than: gate.worse_than,
                confidence: gate.confidence,
                verdict,
            });
        }
        if let Some(other) = baseline {
            change = change.or_else(|| self.compare(other, &self.ungated()).change.map(shown));
        }
        let report = MetricReport {
            name: metric.name.clone(),
            unit: metric.unit.clone(),
            better: metric.better,
            figures: figures(metric, self.seed),
            baseline: baseline.map(|other| figures(other, self.seed)),
            change,
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
