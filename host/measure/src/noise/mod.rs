//! How quiet a machine is: what on it makes times spread or shift, what that means for a
//! measurement, and what to do about it.
//!
//! Reads nothing itself and changes nothing. It warns only of what is there: what is not known
//! ([`Conditions::unknown`](crate::Conditions::unknown)) is no reason to warn.

mod clock;
mod during;
mod standing;

use std::fmt;

pub use clock::{Clocks, jumps};
pub use during::warnings_during;
pub use standing::warnings;

/// What disturbs a measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Noise {
    /// A hypervisor gives time to others.
    Steal,
    /// A quota of a control group stops programs.
    Quota,
    /// Processors are slowed down because they are hot, or are about to be.
    Heat,
    /// The board gets too little voltage.
    Power,
    /// Something else runs.
    Load,
    /// Frequencies follow the load.
    Governor,
    /// Frequencies follow heat and the number of busy cores.
    Turbo,
    /// Two CPUs share a core.
    Smt,
    /// A clock jumped.
    Clock,
    /// Memory is on disk.
    Swap,
    /// What else runs on the machine under this one cannot be seen.
    Hypervisor,
}

impl Noise {
    /// As reports and documents name it: `governor`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Steal => "steal",
            Self::Quota => "quota",
            Self::Heat => "heat",
            Self::Power => "power",
            Self::Load => "load",
            Self::Governor => "governor",
            Self::Turbo => "turbo",
            Self::Smt => "smt",
            Self::Clock => "clock",
            Self::Swap => "swap",
            Self::Hypervisor => "hypervisor",
        }
    }
}

/// Something that disturbs measurements on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Of which kind it is.
    pub noise: Noise,
    /// What was found, with its figures: `the governor is powersave on CPU 0-3`.
    pub found: String,
    /// What that does to a measurement.
    pub meaning: &'static str,
    /// What to do about it: a command, or a sentence.
    pub remedy: String,
}

impl fmt::Display for Warning {
    /// `the governor is powersave on CPU 0-3: times …; sudo cpupower …`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.found, self.meaning, self.remedy)
    }
}

/// `3.4%` of 0.034.
fn percent(share: f64) -> String {
    format!("{:.1}%", share * 100.0)
}

/// `once`, `12 times`.
fn times(count: u64) -> String {
    match count {
        1 => "once".to_owned(),
        count => format!("{count} times"),
    }
}

#[cfg(test)]
mod tests;
