//! Takes the samples of one measurement: warm-ups first, then one side after the other in an
//! order that chance decides, so that whatever drifts on the machine meets all sides alike.

use std::cell::Cell;
use std::net::SocketAddr;
use std::time::Duration;

use fastrand::Rng;

use orch_engine::Cancel;
use orch_engine::port::{Failure, MeasureJob, Trial, TrialSetting};
use orch_model::{Action, BenchLimits, Fault, Load, Measurement, NodeId, Sample, Work};

use crate::loads::{LoadSeen, Loads, round_trip};
use crate::machine::Machine;
use crate::pinning::Seats;
use crate::placeholder;
use crate::requests::requests;
use crate::service::{SERVICE_SYSTEM, SERVICE_USER, Served};
use crate::side::Side;

/// How much all samples of one measurement and side may print together, in bytes. They are kept
/// until the probe has read them.
const PRINTED_BYTES: usize = 64 << 20;

/// How much is kept of each end of what a process prints that is run only once, in bytes: that may be
/// a whole profile as text.
const ONLY_SAMPLE_BYTES: usize = 4 << 20;

/// Why there is no sample.
pub(crate) enum Unsampled {
    /// The process failed.
    Failed(Box<Failure>),
    Cancelled,
    Fault(Fault),
}

impl From<Fault> for Unsampled {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// How much CPU time samples took, warm-ups among them.
#[derive(Debug, Default)]
pub(crate) struct Used(Cell<Duration>);

impl Used {
    pub(crate) fn get(&self) -> Duration {
        self.0.get()
    }

    /// Of the process, and of its service.
    fn add(&self, sample: &Sample) {
        let of_service = sample
            .counters
            .iter()
            .filter(|counter| matches!(&*counter.name, SERVICE_USER | SERVICE_SYSTEM));
        let of_service: u64 = of_service.map(|counter| counter.value).sum();
        let ns = sample.user_ns + sample.system_ns + of_service;
        self.0.set(self.0.get() + Duration::from_nanos(ns));
    }
}

/// One measurement with what it runs on.
pub(crate) struct Sampling<'a> {
    pub(crate) machine: &'a dyn Machine,
    pub(crate) node: &'a NodeId,
    pub(crate) measurement: &'a Measurement,
    /// What is measured may take no more.
    pub(crate) limits: Option<BenchLimits>,
    /// The position of its first process among those of the bench.
    pub(crate) first: usize,
    pub(crate) used: &'a Used,
    pub(crate) loads: &'a Loads,
    pub(crate) seats: &'a Seats,
    pub(crate) cancel: &'a Cancel,
}

impl<'a> Sampling<'a> {
    /// Each measurement of a bench, with the position of its first process.
    pub(crate) fn each(
        machine: &'a dyn Machine,
        job: &MeasureJob<'a>,
        (used, loads): (&'a Used, &'a Loads),
        seats: &'a Seats,
        cancel: &'a Cancel,
    ) -> impl Iterator<Item = Self> {
        let (node, limits) = (job.node, job.bench.limits);
        let measurements = job.bench.measurements.iter();
        measurements.scan(0, move |next, measurement| {
            let first = *next;
            *next += measurement.actions().count();
            Some(Self {
                machine,
                node,
                measurement,
                limits,
                first,
                used,
                loads,
                seats,
                cancel,
            })
        })
    }

    /// Whether it runs something, and does not only look into files.
    pub(crate) fn runs(&self) -> bool {
        self.measurement.work != Work::Inspect
    }

    /// As many samples of each side, in the order of the sides. `told` hears of each.
    pub(crate) fn take(
        &self,
        sides: &[Side],
        count: u32,
        random: &mut Rng,
        told: &dyn Fn(),
    ) -> Result<Vec<Vec<Sample>>, Unsampled> {
        let mut samples = vec![Vec::with_capacity(count as usize); sides.len()];
        let mut printed = vec![0; sides.len()];
        let mut order: Vec<usize> = (0..sides.len()).collect();
        for _ in 0..count {
            random.shuffle(&mut order);
            for &side in &order {
                let sample = self.once(&sides[side])?;
                printed[side] += sample.stdout.len() + sample.stderr.len();
                if printed[side] > PRINTED_BYTES {
                    return Err(Unsampled::Failed(Box::new(too_much(count))));
                }
                samples[side].push(sample);
                told();
            }
        }
        Ok(samples)
    }

    /// Lets every side do its work before it counts.
    pub(crate) fn warm_up(&self, sides: &[Side]) -> Result<(), Unsampled> {
        for _ in 0..self.measurement.warmups {
            for side in sides {
                self.once(side)?;
            }
        }
        Ok(())
    }

    /// One sample.
    pub(crate) fn once(&self, side: &Side) -> Result<Sample, Unsampled> {
        let sample = self.sample(side)?;
        self.used.add(&sample);
        Ok(sample)
    }

    fn sample(&self, side: &Side) -> Result<Sample, Unsampled> {
        let work = &self.measurement.work;
        let served = self.measurement.service.as_ref().map(|service| Served {
            machine: self.machine,
            service,
            setting: self.setting_of_measured(),
            is_asked_from_here: matches!(work, Work::Load(_)),
            cancel: self.cancel,
        });
        match (work, served) {
            (Work::Run(action), None) => {
                self.run(side, self.first, action, &self.setting_of_measured())
            }
            (Work::Run(action), Some(served)) => served.during(side, self.first, self.node, |at| {
                let mut action = action.clone();
                placeholder::fill_action(&mut action, at.port());
                self.run(side, self.first + 1, &action, &self.setting_of_others())
            }),
            (Work::Load(load), Some(served)) => served.during(side, self.first, self.node, |at| {
                let load = placeholder::fill_load(load, at.port());
                self.load(&load, at)
            }),
            (Work::Inspect, _) | (Work::Load(_), None) => {
                Err(Fault::internal("what runs no process was sampled").into())
            }
        }
    }

    /// Puts load on a service. Where that is on another machine, the CPUs here are free for it.
    fn load(&self, load: &Load, at: SocketAddr) -> Result<Sample, Unsampled> {
        let is_here = at.ip().is_loopback();
        let cpus = match is_here {
            true => self.seats.others.as_slice(),
            false => &[],
        };
        let trip = match is_here {
            true => None,
            false => round_trip(at, self.cancel),
        };
        let loaded = requests(load, at, cpus, self.cancel)?;
        self.loads.add(LoadSeen {
            round_trip: trip,
            p50: loaded.p50,
            bottleneck: loaded.bottleneck,
        });
        Ok(loaded.sample)
    }

    fn setting_of_measured(&self) -> TrialSetting {
        TrialSetting {
            cold: self.measurement.cold,
            cpus: self.seats.measured.clone(),
            first: self.measurement.service.is_none(),
            limits: self.limits,
            output_bytes: (self.measurement.samples == 1).then_some(ONLY_SAMPLE_BYTES),
        }
    }

    /// Of what asks a service.
    fn setting_of_others(&self) -> TrialSetting {
        TrialSetting {
            cold: self.measurement.cold,
            cpus: self.seats.others.clone(),
            ..TrialSetting::default()
        }
    }

    fn run(
        &self,
        side: &Side,
        position: usize,
        action: &Action,
        setting: &TrialSetting,
    ) -> Result<Sample, Unsampled> {
        let job = side.job(position, self.node, action);
        match self.machine.try_once(job, setting, self.cancel)? {
            Trial::Sample(sample) => Ok(sample),
            Trial::Failed(failure) => Err(Unsampled::Failed(Box::new(failure))),
            Trial::Cancelled(_) => Err(Unsampled::Cancelled),
        }
    }
}

fn too_much(count: u32) -> Failure {
    Failure {
        reason: format!(
            "printed more than {} MiB in {count} samples, which is more than is kept of them",
            PRINTED_BYTES >> 20
        ),
        hint: Some("let it print less, or take fewer `samples`".to_owned()),
        // What it printed would be told.
        sample: Sample::default(),
    }
}
