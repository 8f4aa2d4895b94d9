//! One bench being measured: rounds of samples until its gates are decided, and once more before
//! one fails.

use std::cell::Cell;
use std::collections::BTreeMap;

use fastrand::Rng;

use orch_engine::Cancel;
use orch_engine::port::{BenchReport, MeasureJob, Progress, SampleRequest, Stage, Verdict};
use orch_history::Hardware;
use orch_model::{Fault, FaultKind, Gate, Metric, Reading, Sample};

use crate::calibration::Calibration;
use crate::gates::{BETWEEN_RUNS, Held, median_with_interval};
use crate::loads::Loads;
use crate::machine::Machine;
use crate::meanwhile::{Disturbed, Meanwhile};
use crate::measurer::BenchMeasurer;
use crate::names::{check_gates, check_names};
use crate::past::Earlier;
use crate::pinning::Seats;
use crate::sampling::{Sampling, Unsampled, Used};
use crate::side::Side;
use crate::statistics::Noise;

/// How many times as many samples as a bench wants may be taken for its gates.
const MOST_ROUNDS: u32 = 4;

pub(crate) struct Session<'a> {
    pub(crate) measurer: &'a BenchMeasurer,
    /// Where samples are taken.
    pub(crate) machine: &'a dyn Machine,
    pub(crate) hardware: &'a Hardware,
    pub(crate) job: &'a MeasureJob<'a>,
    /// This build, and the baseline where it can be run again.
    pub(crate) sides: &'a [Side],
    pub(crate) earlier: Option<&'a Earlier>,
    /// Why there is nothing to compare with although the pipeline names it.
    pub(crate) missing: Option<&'a str>,
    /// What could not be controlled.
    pub(crate) notes: &'a [String],
    pub(crate) progress: &'a dyn Progress,
    pub(crate) cancel: &'a Cancel,
    /// How far two runs lie apart on this machine, where that was measured.
    pub(crate) calibration: Option<Calibration>,
    /// On which CPUs what runs.
    pub(crate) seats: &'a Seats,
    /// What the machine does since this began.
    pub(crate) meanwhile: Meanwhile<'a>,
    /// The CPU time of all that was measured.
    pub(crate) used: Used,
    /// What lies between here and its services.
    pub(crate) loads: Loads,
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
        let mut samples = self.first_round(&mut random)?;
        let mut taken = self.read(&samples, seed)?;
        let mut rounds = 1;
        while let Some(more) = self.more_rounds(&taken, rounds) {
            let round = self.round(&mut random, |wanted| wanted * more)?;
            join(&mut samples, round);
            rounds += more;
            taken = self.read(&samples, seed)?;
        }
        if fails(&taken) && self.runs() {
            // What fails has to fail twice, the second time by fresh samples.
            let again = self.round(&mut random, |wanted| wanted * rounds)?;
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
        let mut samplings = self.samplings();
        samplings.any(|sampling| sampling.runs())
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
        self.each(|sampling| match sampling.runs() {
            true => sampling.warm_up(self.sides),
            false => Ok(()),
        })
        .map(drop)
    }

    /// The samples that each measurement wants, its first one by itself: a gate on what it does not
    /// give is told before all others are taken.
    fn first_round(&self, random: &mut Rng) -> Result<Samples, Unsampled> {
        let mut samples = self.round(random, |_| 1)?;
        check_gates(self.gates(), &self.read_side(&samples, 0)?.metrics)?;
        let others = self.round(random, |wanted| wanted - 1)?;
        join(&mut samples, others);
        Ok(samples)
    }

    /// Samples of each measurement: as many as `count` makes of the number that it wants.
    fn round(&self, random: &mut Rng, count: impl Fn(u32) -> u32) -> Result<Samples, Unsampled> {
        let sides = self.sides.len() as u64;
        let measurements = self.job.bench.measurements.iter();
        let total = measurements
            .map(|one| u64::from(count(one.samples)) * sides)
            .sum();
        let done = Cell::new(0);
        let told = || {
            done.set(done.get() + 1);
            self.progress
                .report(Stage::Measure, done.get(), Some(total));
        };
        self.each(|sampling| {
            let count = count(sampling.measurement.samples);
            match sampling.runs() {
                true => sampling.take(self.sides, count, random, &told),
                // What is looked into says the same each time.
                false if count > 0 => Ok(vec![vec![self.inspected()?]]),
                false => Ok(vec![Vec::new()]),
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

    fn samplings(&self) -> impl Iterator<Item = Sampling<'_>> {
        let seen = (&self.used, &self.loads);
        Sampling::each(self.machine, self.job, seen, self.seats, self.cancel)
    }

    /// Each measurement in turn.
    fn each<T>(
        &self,
        one: impl FnMut(Sampling<'_>) -> Result<T, Unsampled>,
    ) -> Result<Vec<T>, Unsampled> {
        self.samplings().map(one).collect()
    }

    /// How far two runs of the same thing lie apart, as a fraction.
    fn between_runs(&self) -> f64 {
        self.calibration
            .map_or(BETWEEN_RUNS, |calibration| calibration.noise)
    }

    /// What the figures are held to.
    fn gates(&self) -> &[Gate] {
        match self.job.bench.function_only {
            true => &[],
            false => &self.job.bench.gates,
        }
    }

    /// What the samples say.
    fn read(&self, samples: &Samples, seed: u64) -> Result<Taken, Fault> {
        let Reading {
            metrics: own,
            profiles,
        } = self.read_side(samples, 0)?;
        let bench = self.job.bench;
        let disturbed = match self.runs() {
            true => self.meanwhile.look(self.used.get())?,
            false => Disturbed::default(),
        };
        let is_of_then = self.sides.len() == 1 && self.earlier.is_some();
        let forbidden = disturbed.forbids().filter(|_| is_of_then && self.runs());
        let open = self.missing.or(forbidden.as_deref());
        let (before, noise) = match (self.sides.len(), self.earlier) {
            (1, Some(earlier)) => (earlier.metrics.clone(), self.between_runs()),
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
        notes.extend(self.loads.notes());
        notes.extend(disturbed.warnings.iter().map(ToString::to_string));
        if bench.function_only {
            let why = "an emulator ran the program: its times mean nothing and are held to no gate";
            notes.push(why.to_owned());
        }
        let mut wanted = None;
        let metrics = own.iter().map(|metric| {
            let held = Held {
                metric,
                baseline: before.get(&metric.name),
                gates: self.gates(),
                open,
                noise: match self.runs() {
                    true => {
                        Noise::Between(noise + disturbed.wider + self.coarseness(metric, samples))
                    }
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
            machine: self.hardware.summary.clone(),
            function_only: bench.function_only,
            baseline: self.earlier.map(|earlier| match self.sides.len() {
                1 if self.runs() => format!(
                    "{} (as it was then; two runs lie {:.1} % apart, {})",
                    earlier.name,
                    100.0 * self.between_runs(),
                    match self.calibration {
                        Some(_) => "as calibrated",
                        None => "as assumed without `orch bench calibrate`",
                    }
                ),
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

    /// How far values lie apart only because of the steps in which they are told.
    fn coarseness(&self, metric: &Metric, samples: &Samples) -> f64 {
        let (_, median, _) = median_with_interval(&metric.values);
        let sides = samples.iter().filter_map(|sides| sides.first());
        let meter = self.machine.meter();
        let steps = sides.map(|samples| meter.coarseness(&metric.values, median, samples));
        steps.fold(0.0, f64::max)
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
                if self.cancel.is_cancelled() {
                    return Fault::interrupted();
                }
                let why = format!("could not read what `{}` gave: {failure}", self.job.node);
                Fault::new(FaultKind::Plugin, why).hint(
                    "`orch plugin inspect` says what the probe measures and by which settings; \
                     where these are as it wants them, its author has to mend it",
                )
            })?;
            reading.metrics.extend(self.told(read.metrics)?);
            reading.profiles.extend(read.profiles);
        }
        check_names(bench, &reading.metrics)?;
        Ok(reading)
    }
}

impl Session<'_> {
    /// Without what the machine does not tell; a gate on that is refused.
    fn told(&self, metrics: Vec<Metric>) -> Result<Vec<Metric>, Fault> {
        let meter = self.machine.meter();
        let is_missing = |metric: &Metric| meter.does_not_tell(&metric.values, &metric.unit);
        let (missing, told): (Vec<_>, Vec<_>) = metrics.into_iter().partition(is_missing);
        let names = |gate: &&Gate| missing.iter().any(|metric| metric.name == gate.metric);
        let Some(gate) = self.gates().iter().find(names) else {
            return Ok(told);
        };
        let machine = &self.hardware.summary;
        let why = format!(
            "a gate is on the metric `{}`, which `{machine}` does not tell",
            gate.metric
        );
        let hint = meter.note.clone().unwrap_or_default();
        Err(Fault::usage(why).hint(hint))
    }
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
