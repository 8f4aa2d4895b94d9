//! How far two runs of one program lie apart on this machine, found by measuring the same thing
//! again and again (A/A). It decides how much figures of another time must differ to mean anything.
//!
//! Each run is a median of samples, taken one after the other. A history keeps the medians; runs of
//! several days tell more than those of one minute, so all that is kept lately is looked at together.

use orch_history::{Hardware, History, Measurement, Selection};
use orch_model::{Better, Digest, Fault, Metric, NodeId};

use crate::gates::median_with_interval;

/// Runs of one calibration, and samples of each.
const RUNS: usize = 10;
const SAMPLES: usize = 20;

/// So many calibrations are looked at, the newest: a machine changes in the course of years.
const CALIBRATIONS: usize = 5;

/// The share of all pairs of runs that lie no further apart than what is called the noise.
const SHARE: f64 = 0.95;

/// Raised whenever what a sample does changes.
const WORK: &str = "orch calibration 1";

/// So much is hashed for a sample, in bytes: tens of milliseconds of one CPU and of its memory.
const WORK_BYTES: usize = 24 << 20;

/// The noise of a machine, as it was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calibration {
    /// How far two runs lie apart at most, in 95 % of all pairs: 0.02 for 2 %.
    pub noise: f64,
    /// Of how many runs that is known.
    pub runs: usize,
    /// When the last of them was: seconds since 1970-01-01, UTC.
    pub time_s: i64,
}

impl Calibration {
    /// What the calibrations on such hardware say together; none where there is none.
    pub fn find(history: &History, hardware: &Hardware) -> Result<Option<Self>, Fault> {
        let selection = Selection {
            node: Some(NodeId::calibration()),
            hardware: Some(hardware.fingerprint),
            ..Selection::default()
        };
        let mut kept = history.measurements(&selection)?;
        kept.retain(|kept| kept.measurement.key == key());
        let newest = &kept[kept.len().saturating_sub(CALIBRATIONS)..];
        let metrics = newest.iter().flat_map(|kept| &kept.measurement.metrics);
        let medians: Vec<f64> = metrics.flat_map(|metric| &metric.values).copied().collect();
        Ok(newest.last().and_then(|last| {
            Some(Self {
                noise: noise(&medians)?,
                runs: medians.len(),
                time_s: last.run.time_s,
            })
        }))
    }
}

/// The medians of all runs, in nanoseconds. `sample` times [`calibration_work`] in a process of its
/// own; the first of each run does not count. `told` hears of each run.
pub fn calibrate(
    mut sample: impl FnMut() -> Result<f64, Fault>,
    mut told: impl FnMut(usize, usize),
) -> Result<Vec<f64>, Fault> {
    let mut medians = Vec::new();
    for run in 1..=RUNS {
        told(run, RUNS);
        sample()?;
        let samples: Vec<f64> = (0..SAMPLES).map(|_| sample()).collect::<Result<_, _>>()?;
        medians.push(median_with_interval(&samples).1);
    }
    Ok(medians)
}

/// What a process does that is timed to calibrate: it computes and reads memory, and asks the system
/// for nothing.
pub fn calibration_work() -> Digest {
    Digest::of(vec![0x5a; WORK_BYTES])
}

/// A calibration as a history keeps it.
pub(crate) fn measurement(hardware: Hardware, medians: Vec<f64>) -> Measurement {
    Measurement {
        node: NodeId::calibration(),
        bench: "calibration".to_owned(),
        target: None,
        artifact: None,
        hardware,
        toolchains: String::new(),
        tuning: None,
        key: key(),
        verdict: None,
        failed: false,
        times_count: true,
        metrics: vec![Metric {
            name: "wall".to_owned(),
            unit: "ns".to_owned(),
            better: Better::Less,
            values: medians,
        }],
    }
}

/// Another version of this program may do the same in another time.
fn key() -> Digest {
    Digest::of(format!("{WORK} of {}", env!("CARGO_PKG_VERSION")))
}

/// How far two of several medians lie apart, in [`SHARE`] of all pairs, as a fraction of the smaller.
/// None of fewer than two.
pub fn noise(medians: &[f64]) -> Option<f64> {
    let pairs = medians.iter().enumerate().flat_map(|(index, one)| {
        let others = medians[index + 1..].iter();
        others.map(move |other| one.max(*other) / one.min(*other) - 1.0)
    });
    let mut distances: Vec<f64> = pairs.filter(|distance| distance.is_finite()).collect();
    distances.sort_unstable_by(f64::total_cmp);
    let last = (SHARE * distances.len() as f64).ceil() as usize;
    distances.get(last.checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use orch_history::Run;

    fn hardware(name: &str) -> Hardware {
        Hardware {
            fingerprint: Digest::of(name),
            summary: name.to_owned(),
        }
    }

    #[test]
    fn the_noise_is_how_far_most_pairs_lie_apart() {
        assert_eq!(noise(&[]), None);
        assert_eq!(noise(&[5.0]), None);
        assert_eq!(noise(&[100.0, 100.0]), Some(0.0));
        assert_eq!(noise(&[103.0, 100.0]), Some(103.0 / 100.0 - 1.0));
        // One run of fifty that met something is not what two runs differ by.
        let mut many = vec![100.0; 49];
        many.push(150.0);
        assert_eq!(noise(&many), Some(0.0));
    }

    #[test]
    fn calibrations_of_this_hardware_count_together() {
        let folder = tempfile::tempdir().unwrap();
        let mut history = History::open(&folder.path().join("h.sqlite")).unwrap();
        let here = hardware("here");
        assert_eq!(Calibration::find(&history, &here), Ok(None));
        let mut add = |time_s: i64, on: &str, medians: &[f64]| {
            let run = Run {
                id: time_s.to_string(),
                time_s,
                commit: None,
            };
            let measurement = measurement(hardware(on), medians.to_vec());
            history.add(&run, &measurement).unwrap();
        };
        add(1, "here", &[100.0, 100.0]);
        add(2, "here", &[110.0, 110.0]);
        add(3, "elsewhere", &[100.0, 200.0]);
        let found = Calibration::find(&history, &here).unwrap().unwrap();
        assert_eq!((found.runs, found.time_s), (4, 2));
        assert!((found.noise - 0.1).abs() < 1e-9, "{found:?}");
    }

    #[test]
    fn each_run_is_the_median_of_its_samples_after_one_that_does_not_count() {
        let mut taken = 0;
        let sample = || {
            taken += 1;
            Ok(if taken % (SAMPLES + 1) == 1 { 1e9 } else { 7.0 })
        };
        let mut told = 0;
        let medians = calibrate(sample, |_, _| told += 1).unwrap();
        assert_eq!(medians, [7.0; RUNS]);
        assert_eq!((told, taken), (RUNS, RUNS * (SAMPLES + 1)));
    }

    #[test]
    fn the_work_is_the_same_each_time() {
        assert_eq!(calibration_work(), calibration_work());
    }
}
