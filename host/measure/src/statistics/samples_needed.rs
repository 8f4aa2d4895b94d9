//! How many samples would likely decide what those at hand do not.

use statrs::distribution::{ContinuousCDF, Normal};

use super::RelativeChange;
use super::demand::Terms;
use super::ranks::smallest_p;
use super::ratios::MOST_VALUES;
use super::resample::tail;

/// In how many of all cases so many samples decide.
const LIKELY: f64 = 0.8;

/// How many values each set must have at least before any of them can decide, with this
/// confidence: 4 for 0.95.
pub(super) fn fewest_samples(confidence: f64) -> u32 {
    (1..)
        .find(|count| smallest_p(*count as usize, *count as usize) <= tail(confidence))
        .expect("the more samples, the smaller the probability")
}

/// How many values each set should have, where two of these sizes left it open. `None` where it
/// would take more than are looked at, or where no number would do, since the change lies within
/// the machine's noise of the threshold.
///
/// The interval shrinks with the square root of the number. It must come to lie on one side of
/// the threshold even if the next estimate is less lucky than this one.
pub(super) fn samples_needed(
    terms: &Terms<'_>,
    change: &RelativeChange,
    (baseline, candidate): (usize, usize),
) -> Option<u32> {
    let [_, worsening, _] = terms.worsening(change);
    let beyond = worsening - terms.fails_beyond();
    let within = terms.holds_up_to() - worsening;
    let distance = beyond.max(within);
    if distance <= 0.0 {
        return None;
    }
    let fewest = f64::from(fewest_samples(terms.gate.confidence));
    // Sets of two sizes are worth as much as two of their harmonic mean.
    let at_hand = 2.0 / (1.0 / baseline as f64 + 1.0 / candidate as f64);
    let normal = Normal::standard();
    let reach = normal.inverse_cdf(1.0 - tail(terms.gate.confidence)) + normal.inverse_cdf(LIKELY);
    let times = (reach * change.standard_error / distance).powi(2);
    let needed = (at_hand * times).max(at_hand + 1.0).max(fewest).ceil();
    (needed <= MOST_VALUES as f64).then_some(needed as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_surer_the_more_samples() {
        let fewest: Vec<u32> = [0.5, 0.8, 0.95, 0.99, 1.0].map(fewest_samples).to_vec();
        assert_eq!(fewest, [2, 3, 4, 5, 7]);
    }
}
