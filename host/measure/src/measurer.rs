//! Measures a bench: both sides of it in turn, until its gates are decided or will not be.

use std::path::PathBuf;
use std::sync::Arc;

use orch_engine::port::{
    BenchReport, Executor, MeasureJob, Measured, Measurer, OutputFile, Plugins, Progress,
};
use orch_engine::{Cancel, PlannedBench};
use orch_history::Hardware;
use orch_model::{Artifact, Digest, Fault};

use crate::loads::Loads;
use crate::machine::{Hosts, Machine, Meter, ThisMachine};
use crate::meanwhile::Meanwhile;
use crate::noise::warnings;
use crate::past::{Compared, Earlier, Past, named};
use crate::pinning::Seats;
use crate::sampling::{Sampling, Unsampled, Used};
use crate::session::Session;
use crate::side::{Files, Side};

/// Looks into artifacts: the document that the contract gives to a probe that inspects.
pub type Inspect = dyn Fn(&[(Artifact, OutputFile)]) -> Result<Vec<u8>, Fault> + Send + Sync;

/// What measuring is told about the machine and the project.
pub struct Measuring {
    /// Reads samples; made when the first are read.
    pub plugins: Box<dyn Fn() -> Result<Arc<dyn Plugins>, Fault> + Send + Sync>,
    /// Looks into artifacts.
    pub inspect: Box<Inspect>,
    /// Whether the store still has a content.
    pub is_stored: Box<dyn Fn(&Digest) -> bool + Send + Sync>,
    /// What was measured before.
    pub past: Past,
    /// Finds the machines of fleets.
    pub hosts: Box<dyn Hosts>,
    /// Where the machine's `proc` and `sys` lie: `/`.
    pub root: PathBuf,
    /// Whether to measure what was measured before too.
    pub anew: bool,
}

/// Measures on this machine, and on machines of fleets.
pub struct BenchMeasurer {
    here: Arc<ThisMachine>,
    pub(crate) measuring: Measuring,
}

impl BenchMeasurer {
    /// A measurer that takes samples on this machine through `executor`.
    pub fn new(executor: Arc<dyn Executor>, measuring: Measuring) -> Self {
        let here = ThisMachine {
            executor,
            root: measuring.root.clone(),
            meter: Meter::default(),
        };
        Self {
            here: Arc::new(here),
            measuring,
        }
    }

    /// The machine of a bench.
    fn machine(
        &self,
        bench: &PlannedBench,
        cancel: &Cancel,
    ) -> Result<(Arc<dyn Machine>, Hardware), Fault> {
        let Some(place) = &bench.on else {
            let hardware = self.measuring.past.hardware().clone();
            return Ok((self.here.clone(), hardware));
        };
        let machine = self.measuring.hosts.reach(bench, place, cancel)?;
        let hardware = machine.meter().hardware(&machine.conditions()?);
        Ok((machine, hardware))
    }

    fn figures(
        &self,
        job: &MeasureJob<'_>,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<BenchReport, Unsampled> {
        let (machine, hardware) = self.machine(job.bench, cancel)?;
        let machine = &*machine;
        machine.hold(job)?;
        let (mut notes, seats) = match job.reads.is_empty() {
            true => Default::default(), // Nothing runs that could be disturbed.
            false => surroundings(machine, job)?,
        };
        notes.extend(machine.meter().note.clone());
        let earlier = self.earlier(job, &hardware, &mut notes)?;
        let mut sides = vec![Side::candidate(job)];
        if let Some(earlier) = &earlier {
            sides.extend(self.again(earlier, job, machine, &seats, &mut notes, cancel)?);
        }
        let earlier = earlier.filter(|earlier| {
            let counts = sides.len() > 1 || earlier.is_same_work;
            if !counts {
                notes.push(format!(
                    "nothing to compare with: for {} something else was done",
                    earlier.name
                ));
            }
            counts
        });
        let missing = named(job.bench).filter(|_| earlier.is_none()).map(|name| {
            format!(
                "there is nothing under `{name}` to compare with: check it out or select it, and \
                 measure it by `orch bench` on a machine like this"
            )
        });
        let session = Session {
            measurer: self,
            machine,
            hardware: &hardware,
            job,
            sides: &sides,
            earlier: earlier.as_ref(),
            missing: missing.as_deref(),
            notes: &notes,
            progress,
            cancel,
            calibration: self.measuring.past.calibration(&hardware)?,
            seats: &seats,
            meanwhile: Meanwhile::begin(machine)?,
            used: Used::default(),
            loads: Loads::default(),
        };
        let taken = session.decide()?;
        let past = &self.measuring.past;
        past.add(job, &taken.report, taken.metrics, &hardware)?;
        Ok(taken.report)
    }

    /// What was measured before, where it can be run again; what speaks against that is noted.
    fn again(
        &self,
        earlier: &Earlier,
        job: &MeasureJob<'_>,
        machine: &dyn Machine,
        seats: &Seats,
        notes: &mut Vec<String>,
        cancel: &Cancel,
    ) -> Result<Option<Side>, Unsampled> {
        let files = earlier.files.as_ref();
        let Some(files) = files.filter(|files| self.can_run(files, job)) else {
            return Ok(None);
        };
        let side = Side::baseline(job, files);
        let Some(reason) = refuses(&side, job, machine, seats, cancel)? else {
            return Ok(Some(side));
        };
        notes.push(format!(
            "the program of {} cannot be run as this bench wants it now: it {reason}",
            earlier.name
        ));
        Ok(None)
    }

    /// What the figures are held against; what speaks against that is noted.
    fn earlier(
        &self,
        job: &MeasureJob<'_>,
        hardware: &Hardware,
        notes: &mut Vec<String>,
    ) -> Result<Option<Earlier>, Fault> {
        match self.measuring.past.baseline(job, hardware)? {
            Compared::With(earlier) => Ok(Some(earlier)),
            Compared::Nothing => Ok(None),
            Compared::Elsewhere(machines) => {
                notes.push(format!(
                    "nothing to compare with: it was measured on other machines only ({}), and \
                     times of two machines are never compared",
                    machines.join("; ")
                ));
                Ok(None)
            }
        }
    }

    /// Whether what was measured before can be run again, beside what is measured now.
    fn can_run(&self, files: &Files, job: &MeasureJob<'_>) -> bool {
        let is_stored = &self.measuring.is_stored;
        files.fit(job) && !job.reads.is_empty() && files.digests().all(is_stored)
    }
}

/// What could not be controlled on a machine, and on which CPUs what runs.
fn surroundings(
    machine: &dyn Machine,
    job: &MeasureJob<'_>,
) -> Result<(Vec<String>, Seats), Fault> {
    let conditions = machine.conditions()?;
    let warnings = warnings(&conditions);
    let mut notes: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    let seats = Seats::of(&conditions.topology, job.bench.cpus).unwrap_or_else(|why| {
        notes.push(why);
        Seats::default()
    });
    Ok((notes, seats))
}

/// Why the program that was measured before does not do what is wanted now, if it does not.
fn refuses(
    side: &Side,
    job: &MeasureJob<'_>,
    machine: &dyn Machine,
    seats: &Seats,
    cancel: &Cancel,
) -> Result<Option<String>, Unsampled> {
    let (used, loads) = (Used::default(), Loads::default());
    let samplings = Sampling::each(machine, job, (&used, &loads), seats, cancel);
    for sampling in samplings.filter(Sampling::runs) {
        match sampling.once(side) {
            Ok(_) => {}
            Err(Unsampled::Failed(failure)) => return Ok(Some(failure.reason)),
            Err(other) => return Err(other),
        }
    }
    Ok(None)
}

impl Measurer for BenchMeasurer {
    fn known(
        &self,
        bench: &PlannedBench,
        key: &Digest,
        cancel: &Cancel,
    ) -> Result<Option<BenchReport>, Fault> {
        if self.measuring.anew {
            return Ok(None);
        }
        // Whether it is the same machine as then, only that machine knows.
        let (_, hardware) = self.machine(bench, cancel)?;
        self.measuring.past.known(&bench.node, key, &hardware)
    }

    fn measure(
        &self,
        job: MeasureJob<'_>,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<Measured, Fault> {
        match self.figures(&job, progress, cancel) {
            Ok(report) => Ok(Measured::Figures(Box::new(report))),
            Err(Unsampled::Cancelled) => Ok(Measured::Cancelled),
            Err(Unsampled::Fault(fault)) => Err(fault),
            Err(Unsampled::Failed(failure)) => Ok(Measured::Failed {
                reason: failure.reason,
                hint: failure.hint,
                sample: Some(Box::new(failure.sample)),
            }),
        }
    }
}
