//! What the order of values says: medians, and how far values lie from them.

use statrs::statistics::{Data, OrderStatistics};

/// The values, smallest first.
pub(super) fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}

/// The median of at least one value: the mean of the two in the middle of an even number.
pub(super) fn median(values: &[f64]) -> f64 {
    Data::new(values.to_vec()).median()
}

/// The median distance of values from their median.
pub(super) fn median_absolute_deviation(values: &[f64]) -> f64 {
    let centre = median(values);
    let distances: Vec<f64> = values.iter().map(|value| (value - centre).abs()).collect();
    median(&distances)
}

/// The median of values that rise, each of which stands there as often as its weight says.
/// `total` is the sum of all weights and above zero; `passed` that of smaller values which are left
/// out, and less than half of it.
pub(super) fn weighted_median(
    values: impl Iterator<Item = (f64, u64)>,
    mut passed: u64,
    total: u64,
) -> f64 {
    let (lower_middle, upper_middle) = ((total - 1) / 2, total / 2);
    let mut lower = None;
    for (value, weight) in values {
        passed += weight;
        if passed <= lower_middle {
            continue;
        }
        let lower = *lower.get_or_insert(value);
        if passed > upper_middle {
            return lower + (value - lower) / 2.0;
        }
    }
    unreachable!("the weights are less than their sum {total}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weighted(pairs: &[(f64, u64)]) -> f64 {
        weighted_median(
            pairs.iter().copied(),
            0,
            pairs.iter().map(|(_, weight)| weight).sum(),
        )
    }

    #[test]
    fn a_weighted_median_is_that_of_the_repeated_values() {
        assert_eq!(weighted(&[(1.0, 1)]), 1.0);
        assert_eq!(weighted(&[(1.0, 1), (2.0, 1)]), 1.5);
        assert_eq!(weighted(&[(1.0, 1), (2.0, 1), (9.0, 1)]), 2.0);
        assert_eq!(weighted(&[(1.0, 2), (2.0, 0), (9.0, 2)]), 5.0);
        assert_eq!(weighted(&[(1.0, 3), (2.0, 1), (9.0, 1)]), 1.0);
    }

    #[test]
    fn the_deviation_does_not_follow_one_wild_value() {
        assert_eq!(median_absolute_deviation(&[1.0, 2.0, 3.0, 4.0, 1e9]), 1.0);
        assert_eq!(median_absolute_deviation(&[7.0]), 0.0);
    }
}
