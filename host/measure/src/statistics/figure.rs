//! Which values can be computed with.

/// The largest and, inverted, the smallest size of a value. A year has 3e16 ns; what lies beyond
/// 1e100 was not measured. Within it no ratio, sum or square of two values overflows.
const LARGEST: f64 = 1e100;

/// Whether all values are finite, and of a size that a measurement can give.
pub(super) fn are_figures(values: &[f64]) -> bool {
    let is_figure = |value: &f64| {
        let size = value.abs();
        size == 0.0 || (1.0 / LARGEST..=LARGEST).contains(&size)
    };
    values.iter().all(is_figure)
}

/// The one value that all are, if they are.
pub(super) fn only_value(values: &[f64]) -> Option<f64> {
    let (first, rest) = values.split_first()?;
    rest.iter().all(|value| value == first).then_some(*first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_measurement_gives_is_no_figure() {
        assert!(are_figures(&[0.0, -3.5, 1e100, 1e-100]));
        for odd in [f64::NAN, f64::INFINITY, 1e101, 1e-101, f64::MIN_POSITIVE] {
            assert!(!are_figures(&[1.0, odd]), "{odd}");
        }
    }

    #[test]
    fn values_that_are_all_one_are_that_one() {
        assert_eq!(only_value(&[2.0, 2.0]), Some(2.0));
        assert_eq!(only_value(&[0.0, -0.0]), Some(0.0));
        assert_eq!(only_value(&[2.0, 2.1]), None);
        assert_eq!(only_value(&[]), None);
    }
}
