//! One bench being measured: rounds of samples until its gates are decided, and once more before
//! one fails.

use std::cell::Cell;
use std::collections::BTreeMap;

use fastrand::Rng;

use orch_engine::Cancel;
use orch_engine::port::{BenchReport, MeasureJob, Progress, SampleRequest, Stage, Verdict};
use orch_model::{Fault, FaultKind, Metric, Reading, Sample, Work};

use crate::gates::{BETWEEN_RUNS, Held};
use crate::measurer::LocalMeasurer;
use crate::past::Earlier;
use crate::sampling::{Sampling, Unsampled};
use crate::side::Side;
use crate::statistics::Noise;

/// How many times as many samples as a bench wants may be taken for its gates.
const MOST_ROUNDS: u32 = 4;

pub(crate) struct Session<'a> {
    pub(crate) measurer: &'a LocalMeasurer,
    pub(crate) job: &'a MeasureJob<'a>,
    /// This build, and the baseline where it can be run again.
    pub(crate) sides: &'a [Side],
    pub(crate) earlier: Option<&'a Earlier>,
    /// What could not be controlled.
    pub(crate) notes: &'a [String],
    pub(crate) progress: &'a dyn Progress,
    pub(crate) cancel: &'a Cancel,
}

/// Figures, and what they say.
pub(crate) struct Taken {
    pub(crate) report: BenchReport,
    pub(crate) metrics: Vec<Metric>,
    /// How many samples the gates want that are not decided.
    wanted: Option<u32>,
}

/// The samples of each measurement, and of each side of it.
type Samples = Vec<Vec<Vec<Sample>>>;

impl Session<'_> {
    /// Samples until every gate is decided, or would want too many.
    pub(crate) fn decide(&self) -> Result<Taken, Unsampled> {
        let seed = self.seed();
        let mut random = Rng::with_seed(seed);
        self.warm_up()?;
        let mut samples = self.round(1, &mut random)?;
        let mut taken = self.read(&samples, seed)?;
        let mut rounds = 1;
        while let Some(more) = self.more_rounds(&taken, rounds) {
            let round = self.round(more, &mut random)?;
            join(&mut samples, round);
            rounds += more;
            taken = self.read(&samples, seed)?;
        }
        if fails(&taken) && self.runs() {
            // What fails has to fail twice, the second time by fresh samples.
            let again = self.round(rounds, &mut random)?;
            let fresh = self.read(&again, seed.wrapping_add(1))?;
            return Ok(confirmed(fresh, &taken));
        }
        Ok(taken)
    }

    /// The same figures are resampled in the same way, whenever that is done.
    fn seed(&self) -> u64 {
        let bytes = self.job.key.bytes();
        bytes
            .iter()
            .take(8)
            .fold(0, |seed, byte| seed << 8 | u64::from(*byte))
    }

    /// Whether anything is run, and not only looked into.
    fn runs(&self) -> bool {
        let mut measurements = self.job.bench.measurements.iter();
        measurements.any(|one| one.work != Work::Inspect)
    }

    /// How many rounds more would likely decide, if they may be taken.
    fn more_rounds(&self, taken: &Taken, rounds: u32) -> Option<u32> {
        let wanted = taken.wanted?;
        let first = self
            .job
            .bench
            .measurements
            .iter()
            .map(|one| one.samples)
            .max()?;
        if !self.runs() || rounds >= MOST_ROUNDS {
            return None;
        }
        let needed = wanted.div_ceil(first).clamp(rounds + 1, MOST_ROUNDS);
        Some(needed - rounds)
    }

    fn warm_up(&self) -> Result<(), Unsampled> {
        self.each(|sampling| match sampling.measurement.work {
            Work::Inspect => Ok(()),
            _ => sampling.warm_up(self.sides),
        })
        .map(drop)
    }

    /// As many times the samples that each measurement wants.
    fn round(&self, times: u32, random: &mut Rng) -> Result<Samples, Unsampled> {
        let sides = self.sides.len() as u64;
        let measurements = self.job.bench.measurements.iter();
        let total = measurements
            .map(|one| u64::from(one.samples * times) * sides)
            .sum();
        let done = Cell::new(0);
        let told = || {
            done.set(done.get() + 1);
            self.progress
                .report(Stage::Measure, done.get(), Some(total));
        };
        self.each(|sampling| match sampling.measurement.work {
            Work::Inspect => Ok(vec![vec![self.inspected()?]]),
            _ => {
                let count = sampling.measurement.samples * times;
                sampling.take(self.sides, count, random, &told)
            }
        })
    }

    fn inspected(&self) -> Result<Sample, Fault> {
        let stdout = (self.measurer.measuring.inspect)(self.job.artifacts)?;
        Ok(Sample {
            stdout,
            ..Sample::default()
        })
    }

    /// Each measurement in turn, with the position of its first process.
    fn each<T>(
        &self,
        mut one: impl FnMut(&Sampling<'_>) -> Result<T, Unsampled>,
    ) -> Result<Vec<T>, Unsampled> {
        let mut first = 0;
        let mut all = Vec::new();
        for measurement in &self.job.bench.measurements {
            all.push(one(&Sampling {
                executor: &*self.measurer.executor,
                node: self.job.node,
                measurement,
                first,
                cancel: self.cancel,
            })?);
            first += measurement.actions().count();
        }
        Ok(all)
    }

    /// What the samples say.
    fn read(&self, samples: &Samples, seed: u64) -> Result<Taken, Fault> {
        let Reading {
            metrics: own,
            profiles,
        } = self.read_side(samples, 0)?;
        let bench = self.job.bench;
        let (before, noise) = match (self.sides.len(), self.earlier) {
            (1, Some(earlier)) => (earlier.metrics.clone(), BETWEEN_RUNS),
            (1, None) => (BTreeMap::new(), 0.0),
            _ => {
                let before = self.read_side(samples, 1)?.metrics;
                (
                    before
                        .into_iter()
                        .map(|one| (one.name.clone(), one))
                        .collect(),
                    0.0,
                )
            }
        };
        let mut notes = self.notes.to_vec();
        let gates = match bench.function_only {
            true => {
                notes.push(
                    "an emulator ran the program: its times mean nothing and are held to no gate"
                        .to_owned(),
                );
                &[][..]
            }
            false => &bench.gates,
        };
        check_gates(gates, &own)?;
        let mut wanted = None;
        let metrics = own.iter().map(|metric| {
            let held = Held {
                metric,
                baseline: before.get(&metric.name),
                gates,
                noise: match self.runs() {
                    true => Noise::Between(noise),
                    false => Noise::Absent,
                },
                seed,
            };
            let (report, more) = held.report();
            wanted = wanted.max(more);
            report
        });
        let report = BenchReport {
            metrics: metrics.collect(),
            profiles,
            machine: self.measurer.measuring.past.machine().to_owned(),
            function_only: bench.function_only,
            baseline: self.earlier.map(|earlier| match self.sides.len() {
                1 if self.runs() => format!("{} (as it was then)", earlier.name),
                _ => earlier.name.clone(),
            }),
            notes,
        };
        Ok(Taken {
            report,
            metrics: own,
            wanted,
        })
    }

    /// What the probe reads of one side.
    fn read_side(&self, samples: &Samples, side: usize) -> Result<Reading, Fault> {
        let bench = self.job.bench;
        let plugins = (self.measurer.measuring.plugins)()?;
        let mut reading = Reading::default();
        for (measurement, samples) in bench.measurements.iter().zip(samples) {
            let Some(samples) = samples.get(side) else {
                continue;
            };
            let request = SampleRequest {
                probe: bench.probe.clone(),
                measurement: measurement.name.clone(),
                settings: bench.settings.clone(),
                samples: samples.clone(),
            };
            let called = plugins.read_samples(&bench.by.plugin, &request);
            let read = called.result.map_err(|failure| {
                let why = format!("could not read what `{}` gave: {failure}", self.job.node);
                Fault::new(FaultKind::Plugin, why)
            })?;
            reading.metrics.extend(read.metrics);
            reading.profiles.extend(read.profiles);
        }
        Ok(reading)
    }
}

/// Every gate must be on a metric that there is.
fn check_gates(gates: &[orch_model::Gate], metrics: &[Metric]) -> Result<(), Fault> {
    let names = || metrics.iter().map(|metric| metric.name.as_str());
    let unknown = gates
        .iter()
        .find(|gate| names().all(|name| name != gate.metric));
    let Some(gate) = unknown else { return Ok(()) };
    let listed: Vec<_> = names().map(|name| format!("`{name}`")).collect();
    let hint = match orch_model::nearest(&gate.metric, names()) {
        _ if listed.is_empty() => "the probe gives no metric: take the gate away".to_owned(),
        Some(meant) => format!(
            "did you mean `{meant}`? The probe gives {}",
            listed.join(", ")
        ),
        None => format!("the probe gives {}", listed.join(", ")),
    };
    Err(Fault::usage(format!(
        "a gate is on the metric `{}`, which the probe does not give",
        gate.metric
    ))
    .hint(hint))
}

fn fails(taken: &Taken) -> bool {
    taken
        .report
        .gates(|verdict| *verdict == Verdict::Fails)
        .next()
        .is_some()
}

/// The verdicts by fresh samples. What fails by these alone is left open.
fn confirmed(mut fresh: Taken, first: &Taken) -> Taken {
    for (metric, before) in fresh.report.metrics.iter_mut().zip(&first.report.metrics) {
        for (gate, before) in metric.gates.iter_mut().zip(&before.gates) {
            if gate.verdict == Verdict::Fails && before.verdict != Verdict::Fails {
                let why = "one set of samples says that it fails, and another did not";
                gate.verdict = Verdict::Inconclusive(why.to_owned());
            }
        }
    }
    fresh
}

fn join(samples: &mut Samples, more: Samples) {
    for (sides, more) in samples.iter_mut().zip(more) {
        for (samples, more) in sides.iter_mut().zip(more) {
            samples.extend(more);
        }
    }
}
