//! What happened on the machine while samples were taken, and what that means for gates.

use std::time::Duration;

use orch_model::Fault;

use crate::conditions::Interval;
use crate::machine::{Machine, Moment};
use crate::noise::{Noise, Warning, jumps, warnings_during};

/// So long must have passed before shares of it are looked at: the kernel counts in hundredths of a
/// second.
const SHORTEST: Duration = Duration::from_secs(1);

/// Since samples began to be taken.
pub(crate) struct Meanwhile<'a> {
    machine: &'a dyn Machine,
    began: Moment,
}

/// What disturbed samples.
#[derive(Debug, Default)]
pub(crate) struct Disturbed {
    pub(crate) warnings: Vec<Warning>,
    /// By how much of themselves times may be longer because of that, whatever is compared.
    pub(crate) wider: f64,
}

impl<'a> Meanwhile<'a> {
    /// From now on.
    pub(crate) fn begin(machine: &'a dyn Machine) -> Result<Self, Fault> {
        Ok(Self {
            machine,
            began: machine.moment()?,
        })
    }

    /// What happened until now, while the processes that were measured used so much of the CPUs.
    pub(crate) fn look(&self, used: Duration) -> Result<Disturbed, Fault> {
        let now = self.machine.moment()?;
        let passed = now.clocks.awake_since(&self.began.clocks);
        let interval = if passed < SHORTEST {
            Interval::default()
        } else {
            let own = now.own.saturating_sub(self.began.own);
            let own = match now.own_has_samples {
                true => own,
                false => own + used,
            };
            let interval = now.counters.since(&self.began.counters);
            interval.without(own, passed)
        };
        let jumps = jumps(&self.began.clocks, &now.clocks);
        Ok(Disturbed::by(&interval, jumps))
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
