//! By how much a figure changed.

use fastrand::Rng;
use serde::{Deserialize, Serialize};

use super::ratios::Ratios;
use super::resample::Interval;

/// The change of a figure as a fraction of its baseline: 0.05 for 5% more, -0.05 for 5% less.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RelativeChange {
    /// The best estimate: the median ratio of a candidate's value to a baseline's, less 1.
    pub estimate: f64,
    /// Where the true change lies, with the gate's confidence.
    pub interval: Interval,
    /// The standard error of the estimate.
    pub standard_error: f64,
}

impl RelativeChange {
    /// The change between two sets, neither of them empty and all of the baseline above zero.
    pub(super) fn between(
        baseline: &[f64],
        candidate: &[f64],
        confidence: f64,
        random: &mut Rng,
    ) -> Self {
        let ratios = Ratios::of(baseline, candidate, random);
        let resampled = ratios.medians(confidence, random);
        let interval = resampled.interval(confidence, ratios.fewer());
        Self {
            estimate: ratios.median() - 1.0,
            interval: Interval {
                low: interval.low - 1.0,
                high: interval.high - 1.0,
            },
            standard_error: resampled.spread(),
        }
    }

    /// The change between two figures that are known exactly, the first above zero.
    pub(super) fn exact(baseline: f64, candidate: f64) -> Self {
        let estimate = candidate / baseline - 1.0;
        Self {
            estimate,
            interval: Interval::at(estimate),
            standard_error: 0.0,
        }
    }
}
