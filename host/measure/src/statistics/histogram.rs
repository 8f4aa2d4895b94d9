//! How values lie, for a picture of a few characters.

use serde::{Deserialize, Serialize};

/// As many buckets as a line of text has room for.
const MOST_BUCKETS: usize = 10;

/// How many values lie in each of a few ranges of one width.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    /// Where the first range begins, in the unit of the values.
    pub low: f64,
    /// How wide each is, in the unit of the values. 0 where all values are equal: then there is
    /// one.
    pub width: f64,
    /// How many values lie in each; the last holds the largest value too.
    pub counts: Vec<u32>,
}

impl Histogram {
    /// Of at least one value, smallest first. As many ranges as the square root of their number.
    pub(super) fn of(sorted: &[f64]) -> Self {
        let (low, high) = (sorted[0], sorted[sorted.len() - 1]);
        let wanted = (sorted.len() as f64).sqrt().ceil() as usize;
        let buckets = if low == high {
            1
        } else {
            wanted.clamp(2, MOST_BUCKETS)
        };
        let width = (high - low) / buckets as f64;
        let mut counts = vec![0; buckets];
        for value in sorted {
            // Where all are equal it is 0 / 0, which casts to the bucket 0.
            let bucket = ((value - low) / width) as usize;
            counts[bucket.min(buckets - 1)] += 1;
        }
        Self { low, width, counts }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_lies_in_one_bucket() {
        let histogram = Histogram::of(&[1.0, 1.0, 2.0, 3.0, 5.0]);
        assert_eq!(histogram.low, 1.0);
        assert_eq!(histogram.counts, [3, 1, 1]);
        assert!((histogram.width - 4.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn equal_values_lie_in_one() {
        let histogram = Histogram::of(&[7.0; 9]);
        assert_eq!((histogram.width, histogram.counts), (0.0, vec![9]));
    }
}
