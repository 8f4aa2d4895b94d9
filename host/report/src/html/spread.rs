//! How the values of one side lie: their quartiles, and how many there are where.

use super::scale::Scale;

/// Values so many times farther from the middle half than it is long would squeeze all others into
/// a line.
const FAR: f64 = 6.0;

/// Finite values in their order, never none.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Spread {
    sorted: Vec<f64>,
}

impl Spread {
    /// Of those values that are finite; none if none is.
    pub(super) fn of(values: &[f64]) -> Option<Self> {
        let mut sorted: Vec<f64> = values
            .iter()
            .copied()
            .filter(|value| value.is_finite())
            .collect();
        sorted.sort_by(f64::total_cmp);
        (!sorted.is_empty()).then_some(Self { sorted })
    }

    /// The values, the least first.
    pub(super) fn values(&self) -> &[f64] {
        &self.sorted
    }

    /// The value below which this `part` of all lies, from 0 to 1, interpolated between two.
    pub(super) fn quantile(&self, part: f64) -> f64 {
        let position = part * (self.sorted.len() - 1) as f64;
        let (below, above) = (position.floor(), position.ceil());
        let share = position - below;
        self.sorted[below as usize] * (1.0 - share) + self.sorted[above as usize] * share
    }

    /// What a plot has to show, from its least to its greatest value: all but those that are
    /// farther from the middle half than [`FAR`] times its length.
    pub(super) fn main_range(&self) -> (f64, f64) {
        let (lower, upper) = (self.quantile(0.25), self.quantile(0.75));
        let reach = FAR * (upper - lower);
        let is_near = |value: &f64| *value >= lower - reach && *value <= upper + reach;
        let near = self.sorted.iter().copied().filter(is_near);
        match reach > 0.0 && reach.is_finite() {
            true => near.fold((upper, lower), |(least, greatest), value| {
                (least.min(value), greatest.max(value))
            }),
            false => (self.sorted[0], self.sorted[self.sorted.len() - 1]),
        }
    }

    /// How many values are in each of so many equal columns between two places of a scale. What
    /// the scale does not hold is left out.
    pub(super) fn columns(&self, scale: &Scale, between: (f64, f64), columns: usize) -> Vec<usize> {
        let mut counts = vec![0; columns];
        let (start, end) = between;
        for value in self.sorted.iter().filter(|value| scale.holds(**value)) {
            let part = (scale.place(*value) - start) / (end - start);
            let column = (part * columns as f64) as usize;
            counts[column.min(columns - 1)] += 1;
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_and_what_is_worth_showing() {
        let spread = Spread::of(&[4.0, 1.0, f64::NAN, 3.0, 2.0, 5.0, 1000.0]).unwrap();
        assert_eq!(spread.quantile(0.5), 3.5);
        assert_eq!((spread.quantile(0.25), spread.quantile(0.75)), (2.25, 4.75));
        assert_eq!(spread.main_range(), (1.0, 5.0));
        assert_eq!(Spread::of(&[7.0]).unwrap().main_range(), (7.0, 7.0));
        assert_eq!(Spread::of(&[f64::INFINITY]), None);
    }

    #[test]
    fn columns_count_what_is_shown() {
        let spread = Spread::of(&[0.0, 1.0, 1.0, 9.0, 100.0]).unwrap();
        let scale = Scale::over([0.0, 10.0].into_iter(), 0.0, 100.0);
        assert_eq!(spread.columns(&scale, (0.0, 100.0), 2), [3, 1]);
    }
}
