//! What happened on the machine while samples were taken, and what that means for gates.

use std::path::PathBuf;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::conditions::{Counters, Interval};
use crate::noise::{Clocks, Noise, Warning, jumps, warnings_during};

/// So long must have passed before shares of it are looked at: the kernel counts in hundredths of a
/// second.
const SHORTEST: Duration = Duration::from_secs(1);

/// Since samples began to be taken.
pub(crate) struct Meanwhile {
    root: PathBuf,
    counters: Counters,
    clocks: Clocks,
    /// What this process had used of the CPUs.
    own: Duration,
}

/// What disturbed samples.
#[derive(Debug, Default)]
pub(crate) struct Disturbed {
    pub(crate) warnings: Vec<Warning>,
    /// By how much of themselves times may be longer because of that, whatever is compared.
    pub(crate) wider: f64,
}

impl Meanwhile {
    /// From now on, on the machine whose `proc` and `sys` lie in `root`.
    pub(crate) fn begin(root: PathBuf) -> Self {
        Self {
            counters: Counters::read(&root),
            clocks: Clocks::now(),
            own: own_time(),
            root,
        }
    }

    /// What happened until now, while the processes that were measured used so much of the CPUs.
    pub(crate) fn look(&self, used: Duration) -> Disturbed {
        let now = Clocks::now();
        let passed = now.awake_since(&self.clocks);
        let interval = if passed < SHORTEST {
            Interval::default()
        } else {
            let own = own_time().saturating_sub(self.own) + used;
            let interval = Counters::read(&self.root).since(&self.counters);
            interval.without(own, passed)
        };
        Disturbed::by(&interval, jumps(&self.clocks, &now))
    }
}

impl Disturbed {
    fn by(interval: &Interval, jumps: Vec<Warning>) -> Self {
        let mut warnings = warnings_during(interval);
        let is_stolen = warnings.iter().any(|one| one.noise == Noise::Steal);
        warnings.extend(jumps);
        warnings.sort_by_key(|warning| warning.noise);
        Self {
            warnings,
            wider: interval.stolen_share.filter(|_| is_stolen).unwrap_or(0.0),
        }
    }

    /// Why figures cannot be held against those of another time. Samples that are taken in turns
    /// are all disturbed alike.
    pub(crate) fn forbids(&self) -> Option<String> {
        let shifts = |warning: &&Warning| {
            matches!(
                warning.noise,
                Noise::Quota | Noise::Heat | Noise::Load | Noise::Swap
            )
        };
        let why = self.warnings.iter().find(shifts)?;
        Some(format!(
            "the baseline could not be run beside it, and meanwhile {}",
            why.found
        ))
    }
}

/// The CPU time of all threads of this process, clock_gettime(2).
fn own_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(change: fn(&mut Interval)) -> Disturbed {
        let mut interval = Interval::default();
        change(&mut interval);
        Disturbed::by(&interval, Vec::new())
    }

    #[test]
    fn what_shifts_times_forbids_to_compare_with_another_time() {
        assert_eq!(
            by(|interval| interval.others_share = Some(0.5))
                .forbids()
                .unwrap(),
            "the baseline could not be run beside it, and meanwhile other programs took 50.0% of \
             all CPU time"
        );
        for change in [
            (|interval| interval.throttled_periods = Some(1)) as fn(&mut Interval),
            |interval| interval.thermal_throttles = Some(1),
            |interval| interval.swapped_pages = Some(1),
        ] {
            assert!(by(change).forbids().is_some());
        }
        assert_eq!(by(|_| {}).forbids(), None);
    }

    #[test]
    fn stolen_time_widens_what_a_gate_needs() {
        let stolen = by(|interval| interval.stolen_share = Some(0.04));
        assert_eq!((stolen.wider, stolen.forbids()), (0.04, None));
        assert_eq!(
            by(|interval| interval.stolen_share = Some(0.001)).wider,
            0.0
        );
    }
}
