//! The rule by which a candidate is held against a baseline.
//!
//! A verdict is never a guess. `Fails` needs three things, and `Holds` the same three on the other
//! side:
//!
//! 1. the whole interval of the change lies beyond the threshold;
//! 2. so it does after the machine's own noise is taken off;
//! 3. the Mann-Whitney test finds the candidate's values beyond the baseline's after these are
//!    made worse by as much as the threshold allows. It is exact where samples are few, where an
//!    interval from resamples is not.
//!
//! Each of the two verdicts is wrong at most as often as half of what the gate's confidence leaves
//! open: in 2.5% of all cases for 0.95. Everything else is inconclusive.

use fastrand::Rng;
use orch_model::Better;
use serde::{Deserialize, Serialize};

use super::demand::{Noise, Terms};
use super::figure::{are_figures, only_value};
use super::ranks::{Ranks, smallest_p};
use super::resample::{tail, usable_confidence};
use super::samples_needed::{fewest_samples, samples_needed};
use super::{RelativeChange, Undecided, Verdict};

/// A candidate beside a baseline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// By how much the figure changed; none where that has no meaning.
    pub change: Option<RelativeChange>,
    /// How likely values would differ as much as these do, or more, if nothing had changed: the
    /// two-sided Mann-Whitney test. None where nothing can be compared.
    pub p: Option<f64>,
    /// Cliff's delta: how much more often the candidate's value is the larger one of a pair than
    /// the smaller, from -1 to 1. None where nothing can be compared.
    pub effect: Option<f64>,
    /// Between 0.5 and 0.999: that of the gate, brought into this range.
    pub confidence: f64,
    /// What comes of the gate.
    pub verdict: Verdict,
}

impl Comparison {
    /// Compares. The order of values does not matter, nor their unit if both have the same.
    pub fn of(baseline: &[f64], candidate: &[f64], terms: &Terms<'_>) -> Self {
        let undecidable = |why| Self {
            change: None,
            p: None,
            effect: None,
            confidence: usable_confidence(terms.gate.confidence),
            verdict: inconclusive(why, None),
        };
        if baseline.is_empty() || candidate.is_empty() {
            return undecidable(Undecided::NoSamples);
        }
        if !are_figures(baseline) || !are_figures(candidate) {
            return undecidable(Undecided::NoFigures);
        }
        let ranks = Ranks::of(baseline, candidate);
        let (change, verdict) = judge(baseline, candidate, terms);
        Self {
            change,
            p: Some(ranks.p()),
            effect: Some(ranks.delta()),
            confidence: usable_confidence(terms.gate.confidence),
            verdict,
        }
    }
}

/// The change between sets of figures, and what comes of it.
fn judge(
    baseline: &[f64],
    candidate: &[f64],
    terms: &Terms<'_>,
) -> (Option<RelativeChange>, Verdict) {
    let counts = (baseline.len(), candidate.len());
    let constant = only_value(baseline).zip(only_value(candidate));
    if baseline.iter().any(|value| *value <= 0.0) {
        let is_unchanged = constant.is_some_and(|(before, now)| before == now);
        let verdict = if is_unchanged && terms.gate.worse_than >= 0.0 {
            unchanged(counts, terms)
        } else {
            inconclusive(Undecided::NoRelativeChange, None)
        };
        return (None, verdict);
    }
    let (change, proven) = if let (Some((before, now)), Noise::Absent) = (constant, terms.noise) {
        let change = RelativeChange::exact(before, now);
        (change, side_of(&change, terms))
    } else {
        let random = &mut Rng::with_seed(terms.seed);
        let change = RelativeChange::between(baseline, candidate, terms.gate.confidence, random);
        let agreed = side_of(&change, terms)
            .filter(|verdict| ranks_agree(verdict, baseline, candidate, terms));
        (change, agreed)
    };
    let verdict = proven.unwrap_or_else(|| undecided(&change, counts, terms));
    (Some(change), verdict)
}

/// What comes of values that are all the same, before and now, and no base for a fraction.
fn unchanged((baseline, candidate): (usize, usize), terms: &Terms<'_>) -> Verdict {
    let confidence = terms.gate.confidence;
    if terms.noise == Noise::Absent || smallest_p(baseline, candidate) <= tail(confidence) {
        Verdict::Holds
    } else {
        inconclusive(Undecided::TooFewSamples, Some(fewest_samples(confidence)))
    }
}

/// On which side of the threshold the whole interval lies, noise taken off; `None` where it lies
/// on both.
fn side_of(change: &RelativeChange, terms: &Terms<'_>) -> Option<Verdict> {
    let [least, _, most] = terms.worsening(change);
    if least > terms.fails_beyond() {
        Some(Verdict::Fails)
    } else if most <= terms.holds_up_to() {
        Some(Verdict::Holds)
    } else {
        None
    }
}

/// Whether the Mann-Whitney test comes to the same verdict.
fn ranks_agree(verdict: &Verdict, baseline: &[f64], candidate: &[f64], terms: &Terms<'_>) -> bool {
    let by = match verdict {
        Verdict::Fails => terms.fails_beyond(),
        _ => terms.holds_up_to(),
    };
    // Values that do not differ at all lie apart as far as any can.
    let p = if only_value(baseline).is_some() && only_value(candidate).is_some() {
        smallest_p(baseline.len(), candidate.len())
    } else {
        let ranks = Ranks::of(&terms.worsened(baseline, by), candidate);
        let worse_is_above = terms.better == Better::Less;
        if (*verdict == Verdict::Fails) == worse_is_above {
            ranks.p_above()
        } else {
            ranks.p_below()
        }
    };
    p <= tail(terms.gate.confidence)
}

fn undecided(change: &RelativeChange, counts: (usize, usize), terms: &Terms<'_>) -> Verdict {
    let [_, worsening, _] = terms.worsening(change);
    let needed = samples_needed(terms, change, counts);
    if worsening > terms.holds_up_to() && worsening <= terms.fails_beyond() {
        inconclusive(Undecided::WithinNoise, None)
    } else if smallest_p(counts.0, counts.1) > tail(terms.gate.confidence) {
        let fewest = fewest_samples(terms.gate.confidence);
        inconclusive(Undecided::TooFewSamples, Some(needed.unwrap_or(fewest)))
    } else {
        inconclusive(Undecided::TooUncertain, needed)
    }
}

fn inconclusive(why: Undecided, samples_needed: Option<u32>) -> Verdict {
    Verdict::Inconclusive {
        why,
        samples_needed,
    }
}

#[cfg(test)]
mod tests;
