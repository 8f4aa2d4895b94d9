//! How far two runs of one program lie apart on a machine, found by measuring the same thing
//! again and again (A/A). It decides how much figures of another time must differ to mean anything.
//!
//! Each run is a median of samples, taken one after the other. A history keeps the medians; runs of
//! several days tell more than those of one minute, so all that is kept lately is looked at together.

use std::collections::BTreeMap;

use orch_history::{Hardware, History, Kept, Measurement, Selection};
use orch_model::{Better, Digest, Fault, Metric, NodeId};

use crate::gates::median_with_interval;

/// Runs of one calibration, and samples of each.
const RUNS: usize = 10;
const SAMPLES: usize = 20;

/// So many calibrations are looked at, the newest: a machine changes in the course of years.
const CALIBRATIONS: usize = 5;

/// The share of all pairs of runs that lie no further apart than what is called the noise.
const SHARE: f64 = 0.95;

/// Raised whenever what a sample does changes: on this machine, and on one of a fleet.
const WORK: &str = "orch calibration 2";
const WORK_THERE: &str = "orch calibration of a loop 1";

/// The metrics of a calibration: medians, and how long the loop is.
const WALL: &str = "wall";
const TURNS: &str = "turns";

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

/// The medians of runs of the same thing, in nanoseconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Medians {
    /// One for each run.
    pub values: Vec<f64>,
    /// On a machine of a fleet, how many turns of a loop each sample was.
    pub turns: Option<u64>,
}

impl Calibration {
    /// What the calibrations on such hardware say together; none where there is none.
    pub fn find(history: &History, hardware: &Hardware) -> Result<Option<Self>, Fault> {
        let kept = kept(history, Some(hardware.fingerprint))?;
        Ok(Self::of(&kept.iter().collect::<Vec<_>>()))
    }

    /// The same of every machine of a fleet that was calibrated, by what it is.
    pub fn of_fleets(history: &History) -> Result<Vec<(String, Self)>, Fault> {
        let mut kept = kept(history, None)?;
        kept.retain(|kept| kept.measurement.key == key(WORK_THERE));
        let mut machines: BTreeMap<&Digest, Vec<&Kept>> = BTreeMap::new();
        for one in &kept {
            let fingerprint = &one.measurement.hardware.fingerprint;
            machines.entry(fingerprint).or_default().push(one);
        }
        let found = machines.values().filter_map(|kept| {
            let summary = &kept.last()?.measurement.hardware.summary;
            Some((summary.clone(), Self::of(kept)?))
        });
        let mut found: Vec<_> = found.collect();
        found.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(found)
    }

    /// How many turns of the loop were timed on such hardware: others would take another time.
    pub(crate) fn turns(history: &History, hardware: &Hardware) -> Result<Option<u64>, Fault> {
        let kept = kept(history, Some(hardware.fingerprint))?;
        let newest = kept.last();
        Ok(newest.and_then(|kept| Some(*values(kept, TURNS).first()? as u64)))
    }

    /// Of the calibrations of one machine, oldest first.
    fn of(kept: &[&Kept]) -> Option<Self> {
        let newest = &kept[kept.len().saturating_sub(CALIBRATIONS)..];
        let medians = newest.iter().flat_map(|kept| values(kept, WALL));
        let medians: Vec<f64> = medians.copied().collect();
        Some(Self {
            noise: noise(&medians)?,
            runs: medians.len(),
            time_s: newest.last()?.run.time_s,
        })
    }
}

/// Calibrations in a history, oldest first. What is timed on a machine is told by who times it, which
/// is a part of the fingerprint.
fn kept(history: &History, hardware: Option<Digest>) -> Result<Vec<Kept>, Fault> {
    let selection = Selection {
        node: Some(NodeId::calibration()),
        hardware,
        ..Selection::default()
    };
    let mut kept = history.measurements(&selection)?;
    let keys = [key(WORK), key(WORK_THERE)];
    kept.retain(|kept| keys.contains(&kept.measurement.key));
    Ok(kept)
}

/// The values of one metric of a calibration.
fn values<'a>(kept: &'a Kept, name: &str) -> &'a [f64] {
    let mut metrics = kept.measurement.metrics.iter();
    let found = metrics.find(|metric| metric.name == name);
    found.map_or(&[], |metric| &metric.values)
}

/// The medians of all runs, in nanoseconds. `sample` times the same work each time, as
/// [`calibration_work`], in a process of its own; the first of each run does not count. `told` hears of each run.
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
pub(crate) fn measurement(hardware: Hardware, medians: Medians) -> Measurement {
    let work = match medians.turns {
        None => WORK,
        Some(_) => WORK_THERE,
    };
    let metric = |name: &str, unit: &str, values| Metric {
        name: name.to_owned(),
        unit: unit.to_owned(),
        better: Better::Less,
        values,
    };
    let mut metrics = vec![metric(WALL, "ns", medians.values)];
    metrics.extend(
        medians
            .turns
            .map(|turns| metric(TURNS, "", vec![turns as f64])),
    );
    Measurement {
        node: NodeId::calibration(),
        bench: "calibration".to_owned(),
        target: None,
        artifact: None,
        hardware,
        toolchains: String::new(),
        tuning: None,
        key: key(work),
        verdict: None,
        failed: false,
        times_count: true,
        metrics,
    }
}

/// Another version of this program may do the same in another time.
fn key(work: &str) -> Digest {
    Digest::of(format!("{work} of {}", env!("CARGO_PKG_VERSION")))
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
            let medians = Medians {
                values: medians.to_vec(),
                turns: None,
            };
            let measurement = measurement(hardware(on), medians);
            history.add(&run, &measurement).unwrap();
        };
        add(1, "here", &[100.0, 100.0]);
        add(2, "here", &[110.0, 110.0]);
        add(3, "elsewhere", &[100.0, 200.0]);
        let found = Calibration::find(&history, &here).unwrap().unwrap();
        assert_eq!((found.runs, found.time_s), (4, 2));
        assert!((found.noise - 0.1).abs() < 1e-9, "{found:?}");
        assert_eq!(Calibration::turns(&history, &here), Ok(None));
        assert_eq!(Calibration::of_fleets(&history), Ok(Vec::new()));
    }

    #[test]
    fn a_machine_of_a_fleet_keeps_its_loop_and_does_not_count_it() {
        let folder = tempfile::tempdir().unwrap();
        let mut history = History::open(&folder.path().join("h.sqlite")).unwrap();
        let there = hardware("there");
        for (time_s, median) in [(1, 100.0), (2, 104.0)] {
            let run = Run {
                id: time_s.to_string(),
                time_s,
                commit: None,
            };
            let medians = Medians {
                values: vec![median],
                turns: Some(4096),
            };
            history
                .add(&run, &measurement(there.clone(), medians))
                .unwrap();
        }
        assert_eq!(Calibration::turns(&history, &there), Ok(Some(4096)));
        let found = Calibration::find(&history, &there).unwrap().unwrap();
        assert_eq!((found.runs, found.time_s), (2, 2));
        assert!((found.noise - 0.04).abs() < 1e-9, "{found:?}");
        assert_eq!(
            Calibration::of_fleets(&history),
            Ok(vec![("there".to_owned(), found)])
        );
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
