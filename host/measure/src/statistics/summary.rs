//! One set of values in a few figures.

use fastrand::Rng;
use serde::{Deserialize, Serialize};
use statrs::statistics::{Data, OrderStatistics};

use super::figure::are_figures;
use super::order::{median, median_absolute_deviation, sorted};
use super::resample::Resampled;
use super::{Histogram, Interval};

/// What to know of the values of one metric. All but `count` in their unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// How many there are; never 0.
    pub count: usize,
    /// The smallest.
    pub min: f64,
    /// A quarter lies below. Both quartiles are median-unbiased estimates, whatever the
    /// distribution is (the eighth definition of Hyndman and Fan, 1996).
    pub lower_quartile: f64,
    /// Half lies below.
    pub median: f64,
    /// A quarter lies above.
    pub upper_quartile: f64,
    /// The largest.
    pub max: f64,
    /// The sum by the number.
    pub mean: f64,
    /// The median distance from the median.
    pub median_absolute_deviation: f64,
    /// Where the true median lies, with the confidence that was asked for.
    pub median_interval: Interval,
    /// How they lie.
    pub histogram: Histogram,
}

impl Summary {
    /// The summary of at least one value, all of which are figures; else `None`. `confidence`, of
    /// the median's interval, is brought into 0.5 to 0.999. The same values and seed give the same
    /// summary, in whichever order the values are.
    pub fn of(values: &[f64], confidence: f64, seed: u64) -> Option<Self> {
        if values.is_empty() || !are_figures(values) {
            return None;
        }
        let sorted = sorted(values);
        let mut order = Data::new(sorted.clone());
        let medians = Resampled::medians(&sorted, confidence, &mut Rng::with_seed(seed));
        Some(Self {
            count: sorted.len(),
            min: sorted[0],
            lower_quartile: order.lower_quartile(),
            median: median(&sorted),
            upper_quartile: order.upper_quartile(),
            max: sorted[sorted.len() - 1],
            mean: sorted.iter().sum::<f64>() / sorted.len() as f64,
            median_absolute_deviation: median_absolute_deviation(&sorted),
            median_interval: medians.interval(confidence, sorted.len()),
            histogram: Histogram::of(&sorted),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_summary_as_a_whole() {
        let summary = Summary::of(&[4.0, 1.0, 3.0, 2.0, 100.0], 0.95, 1).unwrap();
        expect_test::expect![[r#"
            Summary {
                count: 5,
                min: 1.0,
                lower_quartile: 1.6666666666666665,
                median: 3.0,
                upper_quartile: 35.99999999999997,
                max: 100.0,
                mean: 22.0,
                median_absolute_deviation: 1.0,
                median_interval: Interval {
                    low: 1.0,
                    high: 100.0,
                },
                histogram: Histogram {
                    low: 1.0,
                    width: 33.0,
                    counts: [
                        4,
                        0,
                        1,
                    ],
                },
            }
        "#]]
        .assert_debug_eq(&summary);
    }

    #[test]
    fn what_cannot_be_summed_up_has_no_summary() {
        assert_eq!(Summary::of(&[], 0.95, 1), None);
        assert_eq!(Summary::of(&[1.0, f64::NAN], 0.95, 1), None);
    }

    #[test]
    fn one_value_is_all_of_its_figures() {
        let summary = Summary::of(&[-3.0], 0.95, 1).unwrap();
        let figures = [
            summary.min,
            summary.lower_quartile,
            summary.median,
            summary.upper_quartile,
            summary.max,
            summary.mean,
            summary.median_interval.low,
            summary.median_interval.high,
        ];
        assert_eq!(figures, [-3.0; 8]);
        assert_eq!(summary.median_absolute_deviation, 0.0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn figures_stand_in_order(
            mut values in prop::collection::vec(-1e9..1e9_f64, 1..30),
            confidence in 0.0..1.1_f64,
        ) {
            let summary = Summary::of(&values, confidence, 7).unwrap();
            let order = [
                summary.min,
                summary.lower_quartile,
                summary.median,
                summary.upper_quartile,
                summary.max,
            ];
            prop_assert!(order.is_sorted(), "{order:?}");
            let interval = summary.median_interval;
            prop_assert!(summary.min <= interval.low && interval.low <= interval.high);
            prop_assert!(interval.high <= summary.max);
            prop_assert_eq!(summary.histogram.counts.iter().sum::<u32>(), values.len() as u32);
            values.reverse();
            prop_assert_eq!(Summary::of(&values, confidence, 7).unwrap(), summary);
        }
    }
}
