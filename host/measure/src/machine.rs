//! The machine that samples are taken on, as measuring sees it: what it is, what happens on it, and
//! one run of a process. How another one is reached is not known here.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use orch_engine::port::{Executor, Job, MeasureJob, Trial, TrialSetting};
use orch_engine::{Cancel, PlannedBench, PlannedPlace};
use orch_history::Hardware;
use orch_model::{Fault, Hasher, Sample};

use crate::conditions::{Conditions, Counters, Fingerprint};
use crate::noise::Clocks;
use crate::service_host::ServiceHost;

/// A machine as it is at one moment.
#[derive(Clone, Debug, Default)]
pub struct Moment {
    /// What it counts.
    pub counters: Counters,
    /// Its clocks.
    pub clocks: Clocks,
    /// The CPU time of whoever takes the samples.
    pub own: Duration,
    /// Whether `own` holds that of the samples too.
    pub own_has_samples: bool,
}

/// By what the figures of a process are taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meter {
    /// Its name, where it is not the sandbox of this program: figures of two are not compared.
    pub name: Option<String>,
    /// The steps in which it tells how long something took, in nanoseconds.
    pub wall_step_ns: u64,
    /// The steps in which it tells CPU times, in nanoseconds.
    pub cpu_step_ns: u64,
    /// Whether it tells how much memory a process took at most.
    pub lacks_memory: bool,
    /// What a reader of its figures must know.
    pub note: Option<String>,
}

/// A machine. All of it is about that machine alone: no time of a network is in any figure but those
/// of a load, which comes from here.
pub trait Machine: ServiceHost {
    /// What it is and what is set on it.
    fn conditions(&self) -> Result<Conditions, Fault>;

    /// Now.
    fn moment(&self) -> Result<Moment, Fault>;

    /// By what figures are taken there.
    fn meter(&self) -> &Meter;

    /// Nobody else measures on it from now on, as long as this lives. Refuses what would not run
    /// there.
    fn hold(&self, job: &MeasureJob<'_>) -> Result<(), Fault>;

    /// Runs a process once.
    fn try_once(
        &self,
        job: Job<'_>,
        setting: &TrialSetting,
        cancel: &Cancel,
    ) -> Result<Trial, Fault>;
}

/// Finds the machines of fleets.
pub trait Hosts: Send + Sync {
    /// Reaches the machine of a bench.
    fn reach(
        &self,
        bench: &PlannedBench,
        place: &PlannedPlace,
        cancel: &Cancel,
    ) -> Result<Arc<dyn Machine>, Fault>;
}

/// The machine that this runs on. Whoever measures on it sees to it that nothing else of the run is
/// busy.
pub(crate) struct ThisMachine {
    pub(crate) executor: Arc<dyn Executor>,
    /// Where `proc` and `sys` lie.
    pub(crate) root: PathBuf,
    pub(crate) meter: Meter,
}

impl Machine for ThisMachine {
    fn conditions(&self) -> Result<Conditions, Fault> {
        Ok(Conditions::read(&self.root))
    }

    fn moment(&self) -> Result<Moment, Fault> {
        let own = clock_gettime(ClockId::ProcessCPUTime);
        Ok(Moment {
            counters: Counters::read(&self.root),
            clocks: Clocks::now(),
            own: Duration::try_from(own).unwrap_or_default(),
            own_has_samples: false,
        })
    }

    fn meter(&self) -> &Meter {
        &self.meter
    }

    fn hold(&self, _: &MeasureJob<'_>) -> Result<(), Fault> {
        Ok(())
    }

    fn try_once(
        &self,
        job: Job<'_>,
        setting: &TrialSetting,
        cancel: &Cancel,
    ) -> Result<Trial, Fault> {
        self.executor.try_once(job, setting, cancel)
    }
}

impl Meter {
    /// A machine in these conditions, as figures of this meter are comparable on it.
    pub fn hardware(&self, conditions: &Conditions) -> Hardware {
        let fingerprint = Fingerprint::of(conditions);
        let Some(name) = &self.name else {
            return Hardware {
                fingerprint: fingerprint.digest,
                summary: fingerprint.summary,
            };
        };
        let mut hasher = Hasher::new();
        hasher.field(fingerprint.digest.to_string());
        hasher.field(name);
        Hardware {
            fingerprint: hasher.finish(),
            summary: format!("{}, by {name}", fingerprint.summary),
        }
    }

    /// How far two values of a metric may lie apart only because of the meter's steps, as a fraction
    /// of their median. Values are a meter's where they are those of the samples, one for each.
    pub(crate) fn coarseness(&self, values: &[f64], median: f64, samples: &[Sample]) -> f64 {
        let are = |of: fn(&Sample) -> u64| {
            let of_samples = samples.iter().map(|sample| of(sample) as f64);
            values.len() == samples.len() && of_samples.eq(values.iter().copied())
        };
        let step = if are(|one| one.wall_ns) {
            self.wall_step_ns
        } else if are(|one| one.user_ns)
            || are(|one| one.system_ns)
            || are(|one| one.user_ns.saturating_add(one.system_ns))
        {
            self.cpu_step_ns
        } else {
            return 0.0;
        };
        match step {
            0 => 0.0,
            step => step as f64 / median.max(step as f64),
        }
    }

    /// Whether values are of memory that the meter does not tell.
    pub(crate) fn does_not_tell(&self, values: &[f64], unit: &str) -> bool {
        self.lacks_memory && unit == "B" && values.iter().all(|value| *value == 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(user_ns: [u64; 3]) -> Vec<Sample> {
        let sample = |user_ns| Sample {
            user_ns,
            wall_ns: 1_000_000_000,
            ..Sample::default()
        };
        user_ns.map(sample).to_vec()
    }

    #[test]
    fn steps_count_for_the_meters_own_figures() {
        let meter = Meter {
            cpu_step_ns: 10_000_000,
            ..Meter::default()
        };
        let taken = samples([100_000_000, 100_000_000, 110_000_000]);
        let values: Vec<f64> = taken.iter().map(|one| one.user_ns as f64).collect();
        assert_eq!(meter.coarseness(&values, 1e8, &taken), 0.1);
        assert_eq!(meter.coarseness(&[1e9; 3], 1e9, &taken), 0.0, "wall");
        assert_eq!(meter.coarseness(&[7.0; 3], 7.0, &taken), 0.0, "printed");
        let nothing = samples([0, 0, 0]);
        assert_eq!(meter.coarseness(&[0.0; 3], 0.0, &nothing), 1.0);
    }

    #[test]
    fn figures_of_two_meters_are_of_different_hardware() {
        let conditions = Conditions::read(std::path::Path::new("/"));
        let sandbox = Meter::default().hardware(&conditions);
        let shell = Meter {
            name: Some("a shell".to_owned()),
            ..Meter::default()
        };
        let shell = shell.hardware(&conditions);
        assert_ne!(sandbox.fingerprint, shell.fingerprint);
        assert_eq!(shell.summary, format!("{}, by a shell", sandbox.summary));
    }
}
