//! How many times a baseline's value a candidate's is, for every pair of the two.
//!
//! The change of a figure is the median of these ratios (the estimate of Hodges and Lehmann, of
//! logarithms), not the ratio of two medians:
//!
//! * it needs a third fewer samples for the same certainty where the noise is normal (its efficiency
//!   is 0.955, that of medians 0.637), and each sample is a process that somebody waits for;
//! * where the noise has two modes, as with caches that are warm or not, a median jumps from one
//!   mode to the other, while most pairs compare values of the same mode;
//! * it is what the Mann-Whitney test looks at, so that the two seldom disagree;
//! * being a ratio, it means the same for a microsecond and a minute, and is inverted when the two
//!   sets are exchanged.

use fastrand::Rng;

use super::order::{sorted, weighted_median};
use super::resample::{Resampled, draw};

/// Of a larger set, values are left out at random: four million pairs fill 64 MB and, with a
/// confidence of 95%, take a second.
pub(super) const MOST_VALUES: usize = 2_000;

/// How many standard errors below the middle the search for a resample's median begins. One in a
/// billion lies lower; it is searched for from the beginning.
const SURELY_BELOW: f64 = 6.0;

/// The ratio of every pair.
pub(super) struct Ratios {
    /// Smallest first.
    pairs: Vec<Pair>,
    baseline: usize,
    candidate: usize,
    /// How many of them are below the median of about every resample.
    skipped: usize,
    /// In how many of these each value of the baseline is; with the candidate's smallest values.
    skipped_of: Vec<usize>,
}

struct Pair {
    ratio: f64,
    /// Which values they are, smallest first.
    baseline: u32,
    candidate: u32,
}

impl Ratios {
    /// The ratios of a candidate's values to those of a baseline, which are above zero. Neither
    /// set is empty.
    pub(super) fn of(baseline: &[f64], candidate: &[f64], random: &mut Rng) -> Self {
        let baseline = sorted(&thinned(baseline, random));
        let candidate = sorted(&thinned(candidate, random));
        let mut pairs = Vec::with_capacity(baseline.len() * candidate.len());
        for (left, below) in (0..).zip(&baseline) {
            pairs.extend((0..).zip(&candidate).map(|(right, above)| Pair {
                ratio: above / below,
                baseline: left,
                candidate: right,
            }));
        }
        pairs.sort_unstable_by(|left, right| {
            let by_ratio = left.ratio.total_cmp(&right.ratio);
            by_ratio.then(left.candidate.cmp(&right.candidate))
        });
        let mut ratios = Self {
            pairs,
            baseline: baseline.len(),
            candidate: candidate.len(),
            skipped: 0,
            skipped_of: vec![0; baseline.len()],
        };
        ratios.skip_low();
        ratios
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

    /// Finds out where the search for medians may begin. Which share of all pairs lies below the
    /// true median has about the standard error of the Mann-Whitney test.
    fn skip_low(&mut self) {
        let values = 1.0 / self.baseline as f64 + 1.0 / self.candidate as f64;
        let share = 0.5 - SURELY_BELOW * (values / 12.0).sqrt();
        self.skipped = (share.max(0.0) * self.pairs.len() as f64) as usize;
        for pair in &self.pairs[..self.skipped] {
            self.skipped_of[pair.baseline as usize] += 1;
        }
    }

    /// The median, where each value of a set stands there so many times. Sorting all pairs once
    /// is what makes a resample cheap.
    fn weighted(&self, baseline: &[u32], candidate: &[u32]) -> f64 {
        let total = self.pairs.len() as u64;
        let passed = self.skipped_weight(baseline, candidate);
        let (skipped, passed) = if passed * 2 < total {
            (self.skipped, passed)
        } else {
            (0, 0)
        };
        let weighted = self.pairs[skipped..].iter().map(|pair| {
            let times = baseline[pair.baseline as usize] * candidate[pair.candidate as usize];
            (pair.ratio, u64::from(times))
        });
        weighted_median(weighted, passed, total)
    }

    /// How often the pairs stand there that are skipped.
    fn skipped_weight(&self, baseline: &[u32], candidate: &[u32]) -> u64 {
        if self.skipped == 0 {
            return 0;
        }
        // How often the candidate's smallest values do: none, one, two and so on.
        let mut smallest = vec![0];
        for times in candidate {
            smallest.push(smallest[smallest.len() - 1] + u64::from(*times));
        }
        let of_values = baseline.iter().zip(&self.skipped_of);
        of_values
            .map(|(times, skipped)| u64::from(*times) * smallest[*skipped])
            .sum()
    }
}

/// As many values as can be paired, chosen at random. Sorted before, so that their order does not
/// matter.
fn thinned(values: &[f64], random: &mut Rng) -> Vec<f64> {
    let mut values = sorted(values);
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
        let many: Vec<f64> = (1..=5_000).map(f64::from).collect();
        let ratios = ratios(&many, &[1.0]);
        assert_eq!((ratios.baseline, ratios.candidate), (MOST_VALUES, 1));
    }

    /// Whether low pairs are skipped or not, a resample's median is the same. Few values of many
    /// pairs are equal.
    #[test]
    fn what_is_skipped_changes_nothing() {
        let random = &mut Rng::with_seed(5);
        let mut values = || -> Vec<f64> {
            (0..120)
                .map(|_| 100.0 + f64::from(random.u8(..20)))
                .collect()
        };
        let (baseline, candidate) = (values(), values());
        let quick = ratios(&baseline, &candidate);
        assert!(quick.skipped > 1_000, "{}", quick.skipped);
        let mut slow = ratios(&baseline, &candidate);
        slow.skipped = 0;
        let (mut left, mut right) = ([0; 120], [0; 120]);
        for _ in 0..200 {
            draw(&mut left, random);
            draw(&mut right, random);
            assert_eq!(quick.weighted(&left, &right), slow.weighted(&left, &right));
        }
        // A draw that is too odd to come: the candidate's smallest value, and that alone.
        right.fill(0);
        right[0] = 120;
        assert_eq!(quick.weighted(&left, &right), slow.weighted(&left, &right));
    }
}
