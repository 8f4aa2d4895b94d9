//! How many times a baseline's value a candidate's is, for every pair of the two.
//!
//! The change of a figure is the median of these ratios (the estimate of Hodges and Lehmann, of
//! logarithms), not the ratio of two medians:
//!
//! * it needs a third fewer samples for the same certainty where the noise is normal, and each
//!   sample is a process that somebody waits for;
//! * where the noise has two modes, as with caches that are warm or not, a median jumps from one
//!   mode to the other, while most pairs compare values of the same mode;
//! * it is what the Mann-Whitney test looks at, so that the two seldom disagree;
//! * being a ratio, it means the same for a microsecond and a minute, and is inverted when the two
//!   sets are exchanged.

use fastrand::Rng;

use super::order::{sorted, weighted_median};
use super::resample::{Resampled, draw};

/// More values than these of one set are thinned out: a million ratios take a good second, and
/// with so many values the median is known to a twentieth of their spread.
const MOST_VALUES: usize = 1_000;

/// The ratio of every pair, smallest first.
pub(super) struct Ratios {
    pairs: Vec<Pair>,
    baseline: usize,
    candidate: usize,
}

struct Pair {
    ratio: f64,
    /// Which values they are.
    baseline: u32,
    candidate: u32,
}

impl Ratios {
    /// The ratios of a candidate's values to those of a baseline, which are above zero. Neither
    /// set is empty.
    pub(super) fn of(baseline: &[f64], candidate: &[f64], random: &mut Rng) -> Self {
        let baseline = thinned(sorted(baseline), random);
        let candidate = thinned(sorted(candidate), random);
        let mut pairs = Vec::with_capacity(baseline.len() * candidate.len());
        for (left, below) in (0..).zip(&baseline) {
            pairs.extend((0..).zip(&candidate).map(|(right, above)| Pair {
                ratio: above / below,
                baseline: left,
                candidate: right,
            }));
        }
        pairs.sort_unstable_by(|left, right| left.ratio.total_cmp(&right.ratio));
        Self {
            pairs,
            baseline: baseline.len(),
            candidate: candidate.len(),
        }
    }

    /// Their median.
    pub(super) fn median(&self) -> f64 {
        self.weighted(&vec![1; self.baseline], &vec![1; self.candidate])
    }

    /// Medians for resamples of both sets.
    pub(super) fn medians(&self, confidence: f64, random: &mut Rng) -> Resampled {
        let mut of_baseline = vec![0; self.baseline];
        let mut of_candidate = vec![0; self.candidate];
        Resampled::estimates(confidence, || {
            draw(&mut of_baseline, random);
            draw(&mut of_candidate, random);
            self.weighted(&of_baseline, &of_candidate)
        })
    }

    /// How many values the smaller set has.
    pub(super) fn fewer(&self) -> usize {
        self.baseline.min(self.candidate)
    }

    /// The median, where each value of a set stands there so many times. Sorting all pairs once
    /// is what makes a resample cheap.
    fn weighted(&self, baseline: &[u32], candidate: &[u32]) -> f64 {
        let weighted = self.pairs.iter().map(|pair| {
            let times = baseline[pair.baseline as usize] * candidate[pair.candidate as usize];
            (pair.ratio, u64::from(times))
        });
        weighted_median(weighted, self.pairs.len() as u64)
    }
}

/// Values of which as many are left as can be paired, chosen at random.
fn thinned(mut values: Vec<f64>, random: &mut Rng) -> Vec<f64> {
    if values.len() > MOST_VALUES {
        random.shuffle(&mut values);
        values.truncate(MOST_VALUES);
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratios(baseline: &[f64], candidate: &[f64]) -> Ratios {
        Ratios::of(baseline, candidate, &mut Rng::with_seed(1))
    }

    #[test]
    fn the_median_is_over_all_pairs() {
        assert_eq!(ratios(&[2.0], &[3.0]).median(), 1.5);
        // 1/2, 3/2, 1/4, 3/4.
        assert_eq!(ratios(&[2.0, 4.0], &[1.0, 3.0]).median(), 0.625);
    }

    /// Half of all runs find a cold cache and take twice as long. The candidate takes 10% longer
    /// and meets the cold cache a little more often; its median says twice as long.
    #[test]
    fn two_modes_do_not_hide_the_change() {
        let baseline: Vec<f64> = [100.0, 101.0, 102.0, 200.0, 201.0].to_vec();
        let candidate: Vec<f64> = [110.0, 111.0, 220.0, 221.0, 222.0].to_vec();
        let change = ratios(&baseline, &candidate).median();
        assert!((1.05..1.25).contains(&change), "{change}");
    }

    #[test]
    fn very_many_values_are_thinned() {
        let many: Vec<f64> = (1..=3_000).map(f64::from).collect();
        let ratios = ratios(&many, &[1.0]);
        assert_eq!((ratios.baseline, ratios.candidate), (MOST_VALUES, 1));
    }
}
