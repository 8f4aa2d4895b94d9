//! The bootstrap: what the same measurement would have given another time, found by drawing from
//! its own values with replacement.
//!
//! Intervals are percentile intervals. BCa, the usual refinement, takes a correction from a
//! jackknife, which for a median is known not to work: leaving one value out moves it by all of a
//! gap or not at all (Efron and Tibshirani, An Introduction to the Bootstrap, 11.6). What a
//! percentile interval lacks with few values, that it is too narrow, is made up by taking wider
//! percentiles, as Hesterberg proposes (What Teachers Should Know About the Bootstrap, 2015).

use fastrand::Rng;
use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

use super::order::{sorted, weighted_median};

/// Nobody can be surer than this: the tail is found by drawing [`FEWEST_IN_TAIL`] values into it.
const MOST_CONFIDENCE: f64 = 0.999;

const FEWEST_RESAMPLES: usize = 1_000;
const FEWEST_IN_TAIL: f64 = 10.0;

/// Where the true value lies, with a confidence that goes with it; in the unit of the values.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end, never below the lower.
    pub high: f64,
}

impl Interval {
    /// An interval of one value.
    pub(super) fn at(value: f64) -> Self {
        Self {
            low: value,
            high: value,
        }
    }
}

/// What an estimate was for each of many resamples, smallest first.
pub(super) struct Resampled(Vec<f64>);

/// How sure an interval is, between 0.5 and 0.999.
pub(super) fn usable_confidence(confidence: f64) -> f64 {
    if confidence.is_nan() {
        return MOST_CONFIDENCE;
    }
    confidence.clamp(0.5, MOST_CONFIDENCE)
}

/// How likely the truth lies beyond one end of an interval of this confidence.
pub(super) fn tail(confidence: f64) -> f64 {
    (1.0 - usable_confidence(confidence)) / 2.0
}

impl Resampled {
    /// Estimates anew as often as an interval of this confidence takes.
    pub(super) fn estimates(confidence: f64, mut estimate: impl FnMut() -> f64) -> Self {
        let in_tail = (FEWEST_IN_TAIL / tail(confidence)).ceil() as usize;
        let mut estimates: Vec<f64> = (0..FEWEST_RESAMPLES.max(in_tail))
            .map(|_| estimate())
            .collect();
        estimates.sort_unstable_by(f64::total_cmp);
        Self(estimates)
    }

    /// Medians of resamples of at least one value.
    pub(super) fn medians(values: &[f64], confidence: f64, random: &mut Rng) -> Self {
        let sorted = sorted(values);
        let mut drawn = vec![0; sorted.len()];
        Self::estimates(confidence, || {
            draw(&mut drawn, random);
            let weighted = sorted.iter().zip(&drawn);
            weighted_median(
                weighted.map(|(value, times)| (*value, u64::from(*times))),
                0,
                sorted.len() as u64,
            )
        })
    }

    /// The interval of a confidence, for estimates from so many values.
    pub(super) fn interval(&self, confidence: f64, values: usize) -> Interval {
        let count = self.0.len();
        let below = (tail_for(tail(confidence), values) * count as f64) as usize;
        let below = below.min((count - 1) / 2);
        Interval {
            low: self.0[below],
            high: self.0[count - 1 - below],
        }
    }

    /// How far estimates scatter: their standard deviation, if they are normal. Half the distance
    /// of the percentiles 16 and 84, which a few wild ones do not move.
    pub(super) fn spread(&self) -> f64 {
        let count = self.0.len();
        let outside = count * 16 / 100;
        (self.0[count - 1 - outside] - self.0[outside]) / 2.0
    }
}

/// Which tail to cut from the estimates so that their interval is as wide as one by Student's
/// distribution would be.
fn tail_for(tail: f64, values: usize) -> f64 {
    let count = values as f64;
    if values < 2 {
        return 0.0;
    }
    let student = StudentsT::new(0.0, 1.0, count - 1.0).expect("there is a degree of freedom");
    let wide = student.inverse_cdf(1.0 - tail) * (count / (count - 1.0)).sqrt();
    Normal::standard().sf(wide)
}

/// Draws as many values as there are, with replacement; says how often each was drawn.
pub(super) fn draw(drawn: &mut [u32], random: &mut Rng) {
    drawn.fill(0);
    for _ in 0..drawn.len() {
        drawn[random.usize(..drawn.len())] += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_values_cut_less_of_the_tail() {
        assert_eq!(tail_for(0.025, 1), 0.0);
        assert!(tail_for(0.025, 2) < 1e-9);
        let cut: Vec<f64> = [5, 20, 100].map(|count| tail_for(0.025, count)).to_vec();
        assert!(
            cut[0] < cut[1] && cut[1] < cut[2] && cut[2] < 0.025,
            "{cut:?}"
        );
    }

    #[test]
    fn a_confidence_that_nobody_can_have_is_brought_to_one_that_somebody_can() {
        assert_eq!(usable_confidence(1.0), MOST_CONFIDENCE);
        assert_eq!(usable_confidence(f64::NAN), MOST_CONFIDENCE);
        assert_eq!(usable_confidence(-3.0), 0.5);
        assert_eq!(usable_confidence(0.95), 0.95);
    }

    #[test]
    fn a_draw_has_as_many_values_as_there_are() {
        let mut drawn = [9; 7];
        draw(&mut drawn, &mut Rng::with_seed(1));
        assert_eq!(drawn.iter().sum::<u32>(), 7);
    }
}
