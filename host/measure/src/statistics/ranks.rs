//! The Mann-Whitney test and Cliff's delta: how often values of one set lie above those of
//! another, and how odd that would be if both were of one kind.
//!
//! statrs has the test too (`stats_tests::mannwhitneyu`, 0.19.1), but not one to rely on here. Its
//! exact method takes the wrong tail where the first set is not the larger one: for three values
//! all below four others it gives 1 instead of 2/35. It goes through every combination, so that 8
//! values against 40 take minutes. And with a single tie it falls back to the normal
//! approximation, however few values there are. Of statrs there remains the normal distribution.

use statrs::distribution::{ContinuousCDF, Normal};

/// The exact distribution is used while the smaller set times all values is no more than this:
/// 14 against 14, or 4 against 96. Beyond it the normal approximation is good, and the exact one
/// takes long.
const MOST_EXACT: usize = 400;

/// Two sets of values, ranked together.
pub(super) struct Ranks {
    baseline: usize,
    candidate: usize,
    /// Twice the rank of each of the candidate's values, summed. Values that are equal have the
    /// mean of their ranks, so twice a rank is always whole.
    candidate_sum: usize,
    /// Twice the rank of every value, smallest first.
    doubled: Vec<usize>,
    /// The sum of t³ - t over all groups of t equal values.
    ties: f64,
}

impl Ranks {
    /// Ranks two sets, neither of which is empty.
    pub(super) fn of(baseline: &[f64], candidate: &[f64]) -> Self {
        let mut pooled: Vec<(f64, bool)> = Vec::with_capacity(baseline.len() + candidate.len());
        pooled.extend(baseline.iter().map(|value| (*value, false)));
        pooled.extend(candidate.iter().map(|value| (*value, true)));
        pooled.sort_unstable_by(|left, right| left.0.total_cmp(&right.0));
        let mut ranks = Self {
            baseline: baseline.len(),
            candidate: candidate.len(),
            candidate_sum: 0,
            doubled: Vec::with_capacity(pooled.len()),
            ties: 0.0,
        };
        for group in pooled.chunk_by(|left, right| left.0 == right.0) {
            ranks.add_equal(group);
        }
        ranks
    }

    /// Ranks the next values, which are equal.
    fn add_equal(&mut self, group: &[(f64, bool)]) {
        let before = self.doubled.len();
        let doubled_rank = 2 * before + group.len() + 1;
        let of_candidate = group.iter().filter(|(_, of_candidate)| *of_candidate);
        self.candidate_sum += doubled_rank * of_candidate.count();
        self.doubled.resize(before + group.len(), doubled_rank);
        let size = group.len() as f64;
        self.ties += size.powi(3) - size;
    }

    /// Cliff's delta: how much more often a value of the candidate lies above one of the baseline
    /// than below it, from -1 (always below) to 1 (always above).
    pub(super) fn delta(&self) -> f64 {
        self.doubled_u() as f64 / self.pairs() - 1.0
    }

    /// How likely the candidate's values would lie as high as they do, or higher, if both sets
    /// were of one kind.
    pub(super) fn p_above(&self) -> f64 {
        if !self.is_exact() {
            return self.approximate(self.doubled_u() as f64 - self.pairs());
        }
        if self.candidate <= self.baseline {
            self.exact(self.candidate, |sum| sum >= self.candidate_sum)
        } else {
            let baseline_sum = self.total() - self.candidate_sum;
            self.exact(self.baseline, |sum| sum <= baseline_sum)
        }
    }

    /// The same for as low or lower.
    pub(super) fn p_below(&self) -> f64 {
        if !self.is_exact() {
            return self.approximate(self.pairs() - self.doubled_u() as f64);
        }
        if self.candidate <= self.baseline {
            self.exact(self.candidate, |sum| sum <= self.candidate_sum)
        } else {
            let baseline_sum = self.total() - self.candidate_sum;
            self.exact(self.baseline, |sum| sum >= baseline_sum)
        }
    }

    /// The same for as far away, in either direction.
    pub(super) fn p(&self) -> f64 {
        (2.0 * self.p_above().min(self.p_below())).min(1.0)
    }

    fn is_exact(&self) -> bool {
        self.baseline.min(self.candidate) * self.doubled.len() <= MOST_EXACT
    }

    fn pairs(&self) -> f64 {
        self.baseline as f64 * self.candidate as f64
    }

    fn total(&self) -> usize {
        self.doubled.iter().sum()
    }

    /// Twice the number of pairs in which the candidate's value is the larger one, where a pair of
    /// equal ones counts half.
    fn doubled_u(&self) -> usize {
        self.candidate_sum - self.candidate * (self.candidate + 1)
    }

    /// The upper tail of the normal approximation, with the corrections for ties and for
    /// continuity; `doubled_distance` is twice that of U from its mean.
    fn approximate(&self, doubled_distance: f64) -> f64 {
        let all = self.doubled.len() as f64;
        let variance = self.pairs() / 12.0 * (all + 1.0 - self.ties / (all * (all - 1.0)));
        if variance <= 0.0 {
            return 1.0; // All values are equal.
        }
        Normal::standard().sf((doubled_distance / 2.0 - 0.5) / variance.sqrt())
    }

    /// Which share of all sets of `chosen` ranks has a sum that is as odd as `is_odd` says. The
    /// sets are counted by their sum, one rank after the other (the shift algorithm of Streitberg
    /// and Röhmel), which ties do not disturb.
    fn exact(&self, chosen: usize, is_odd: impl Fn(usize) -> bool) -> f64 {
        let largest: usize = self.doubled.iter().rev().take(chosen).sum();
        let mut ways = vec![vec![0.0_f64; largest + 1]; chosen + 1];
        ways[0][0] = 1.0;
        for rank in &self.doubled {
            for size in (1..=chosen).rev() {
                let (smaller, larger) = ways.split_at_mut(size);
                let (from, to) = (&smaller[size - 1], &mut larger[0]);
                let shifted = to.iter_mut().skip(*rank).zip(from);
                shifted.for_each(|(to, from)| *to += from);
            }
        }
        let of_size = &ways[chosen];
        let all: f64 = of_size.iter().sum();
        let sums = of_size.iter().enumerate();
        let odd: f64 = sums
            .filter(|(sum, _)| is_odd(*sum))
            .map(|(_, count)| count)
            .sum();
        odd / all
    }
}

/// The smallest probability that the test can give for two sets of these sizes: that of the one
/// order in which all values of one set lie above all of the other.
pub(super) fn smallest_p(baseline: usize, candidate: usize) -> f64 {
    let (fewer, more) = (baseline.min(candidate), baseline.max(candidate));
    // One over the number of ways to choose `fewer` of all.
    (1..=fewer)
        .map(|step| step as f64 / (more + step) as f64)
        .product()
}

#[cfg(test)]
mod tests;
