//! What comes of a gate.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Whether a candidate is as good as a gate demands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "outcome")]
pub enum Verdict {
    /// It surely is.
    Holds,
    /// It surely is not.
    Fails,
    /// These samples do not tell.
    #[serde(rename_all = "kebab-case")]
    Inconclusive {
        /// Why not.
        why: Undecided,
        /// How many samples of each would likely tell; none where no number of them would, or
        /// more than two thousand.
        samples_needed: Option<u32>,
    },
}

/// Why samples do not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Undecided {
    /// One of the two has no value.
    NoSamples,
    /// A value is not finite, or of a size that nothing measured has.
    NoFigures,
    /// The baseline is zero or below, of which nothing is a fraction.
    NoRelativeChange,
    /// With so few samples even values that lie wholly apart may be chance.
    TooFewSamples,
    /// The change lies as near to the threshold as two runs of the same thing lie apart on this
    /// machine.
    WithinNoise,
    /// The change may lie on either side of the threshold.
    TooUncertain,
}

impl fmt::Display for Undecided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoSamples => "there is nothing to compare",
            Self::NoFigures => "a value is not a finite number that was measured",
            Self::NoRelativeChange => {
                "the baseline is zero or below, so a change has no fraction of it"
            }
            Self::TooFewSamples => "with so few samples any difference may be chance",
            Self::WithinNoise => {
                "the change is as near to the threshold as two runs of the same thing lie apart \
                 on this machine"
            }
            Self::TooUncertain => "the change may lie on either side of the threshold",
        })
    }
}
