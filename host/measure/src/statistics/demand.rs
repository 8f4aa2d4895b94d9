//! What a gate asks of a change, and on which terms.

use orch_model::{Better, Gate};

use super::RelativeChange;

/// Changes are held against a threshold to this precision: 105 is no more than 5% above 100, though
/// 105.0 / 100.0 - 1.0 is above 0.05.
const ROUNDING: f64 = 1e-9;

/// How far two measurements of the same thing lie apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Noise {
    /// Not at all: the figure is counted, as the size of a file. One sample tells all. Values of
    /// one set that differ all the same are taken like any others.
    Absent,
    /// By this fraction, between one run and the next on this machine, as found by measuring the
    /// same thing twice (A/A). It stands beside what the samples of one run differ by: no number
    /// of samples makes it smaller. At least 0.
    Between(f64),
}

/// On which terms two sets of values are compared.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// What is demanded.
    pub gate: &'a Gate,
    /// Which way the metric is better.
    pub better: Better,
    /// How quiet the machine is.
    pub noise: Noise,
    /// Where the resamples begin. Kept with the result, it gives the same one again.
    pub seed: u64,
}

impl Noise {
    /// As a fraction, never below 0.
    pub(super) fn fraction(self) -> f64 {
        match self {
            Self::Absent => 0.0,
            Self::Between(fraction) => fraction.max(0.0),
        }
    }
}

impl Terms<'_> {
    /// By how much it became worse, as a fraction of the baseline: the smallest, the likeliest and
    /// the largest that the change allows.
    pub(super) fn worsening(&self, change: &RelativeChange) -> [f64; 3] {
        let interval = change.interval;
        match self.better {
            Better::Less => [interval.low, change.estimate, interval.high],
            Better::More => [-interval.high, -change.estimate, -interval.low],
        }
    }

    /// The worsening beyond which a gate can fail. Up to it from [`Terms::holds_up_to`] the
    /// machine's noise decides, not the candidate.
    pub(super) fn fails_beyond(&self) -> f64 {
        self.gate.worse_than + self.noise.fraction() + ROUNDING
    }

    /// The worsening up to which a gate can hold.
    pub(super) fn holds_up_to(&self) -> f64 {
        self.gate.worse_than - self.noise.fraction() + ROUNDING
    }

    /// The baseline's values, made worse by a fraction of them.
    pub(super) fn worsened(&self, baseline: &[f64], by: f64) -> Vec<f64> {
        let factor = match self.better {
            Better::Less => 1.0 + by,
            Better::More => 1.0 - by,
        };
        baseline.iter().map(|value| value * factor).collect()
    }
}
