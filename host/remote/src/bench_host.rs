//! A machine of a fleet as measuring sees it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use orch_engine::port::{Failure, Job, MeasureJob, OutputFile, Trial, TrialSetting};
use orch_engine::{Cancel, Subscription};
use orch_measure::{Conditions, Machine, Meter, Moment};
use orch_model::{Artifact, Fault, FleetHost, Sample};
use orch_transport::{Address, Command, Connection, LocalFiles, Loss, Lost, Transport};

use crate::hold::Hold;
use crate::hosts::Reaching;
use crate::kernel_files::KernelFiles;
use crate::meter::{self, HostMeter, Metered};
use crate::workplace::Workplace;

/// Prepares a folder of a machine and becomes what is measured.
pub(crate) const PREPARE: &str = include_str!("sample.sh");

/// What preparing and fetching may take beside the process itself.
const MARGIN: Duration = Duration::from_secs(60);

/// A process that nobody limits.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// A machine that was reached. What is there of ours goes when this is dropped.
pub(crate) struct BenchHost {
    pub host: FleetHost,
    pub address: Address,
    pub reaching: Arc<Reaching>,
    // In this order: what runs there ends before it is given back.
    pub connection: Connection,
    pub transport: Transport,
    /// As it was when it was reached.
    pub files: KernelFiles,
    pub meter: HostMeter,
    pub held: OnceLock<Hold>,
    /// Folders that have all that they need.
    pub filled: Mutex<BTreeSet<String>>,
    pub _interrupt: Subscription,
}

impl Machine for BenchHost {
    fn conditions(&self) -> Result<Conditions, Fault> {
        Ok(self.files.conditions())
    }

    fn moment(&self) -> Result<Moment, Fault> {
        Ok(KernelFiles::of(&self.connection, self.transport.folder())?.moment())
    }

    fn meter(&self) -> &Meter {
        &self.meter.meter
    }

    fn hold(&self, job: &MeasureJob<'_>) -> Result<(), Fault> {
        self.must_run(job.artifacts)?;
        let held = Hold::take(
            &self.transport,
            &self.address,
            &self.host.name,
            &self.reaching.owner,
            job.node.as_str(),
        )?;
        let _ = self.held.set(held);
        Ok(())
    }

    fn try_once(
        &self,
        job: Job<'_>,
        setting: &TrialSetting,
        cancel: &Cancel,
    ) -> Result<Trial, Fault> {
        self.sample(job, setting, cancel, &[])
    }
}

impl BenchHost {
    /// Runs a process once, by the words `before`.
    pub(crate) fn sample(
        &self,
        job: Job<'_>,
        setting: &TrialSetting,
        cancel: &Cancel,
        before: &[&str],
    ) -> Result<Trial, Fault> {
        let place = Workplace::below(&self.held()?.folder, job);
        if let Err(fault) = self.fill(&place) {
            return match cancel.is_cancelled() {
                true => Ok(Trial::Cancelled(Sample::default())),
                false => Err(fault),
            };
        }
        let words = match self.words(&place, setting, before)? {
            Ok(words) => words,
            Err(failure) => return Ok(Trial::Failed(failure)),
        };
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let limit = job.action.timeout_ms.map(Duration::from_millis);
        let command = Command::script(PREPARE, &words);
        let command = command.timeout(limit.map_or(LONGEST, |limit| limit + MARGIN));
        let ran = match self.connection.run(command) {
            Ok(ran) => ran,
            Err(lost) => return lost_trial(lost, limit),
        };
        if ran.stderr.contains("orch-no-nocache") {
            return Ok(Trial::Failed(failed(
                format!(
                    "could not be started cold: `{}` has no `dd` of GNU, which takes files out \
                     of the kernel's cache",
                    self.host.name
                ),
                Some("take `cold` out, or install `coreutils` there"),
            )));
        }
        match meter::read(&ran.stdout) {
            Some(Metered::Sample(sample)) if cancel.is_cancelled() => Ok(Trial::Cancelled(sample)),
            Some(Metered::Sample(sample)) => Ok(judged(sample, limit)),
            Some(Metered::NotStarted(why)) => Ok(Trial::Failed(failed(
                format!("could not be started on `{}`: {why}", self.host.name),
                None,
            ))),
            Some(Metered::ClockWasSet) => Ok(Trial::Failed(failed(
                format!(
                    "was measured while the clock of `{}` was set",
                    self.host.name
                ),
                Some("measure again when its time is right (`timedatectl`)"),
            ))),
            None => Err(Fault::usage(format!(
                "`{}` did not tell what a process took: {}",
                self.host.name,
                ran.last_words()
            ))
            .hint("its disk may be full: `df -h /var/tmp` there")),
        }
    }

    /// The machine's folder for us, and that nobody else measures there.
    pub(crate) fn held(&self) -> Result<&Hold, Fault> {
        self.held
            .get()
            .ok_or_else(|| Fault::internal("a machine was measured on that nobody held"))
    }

    /// Refuses what would certainly not run there.
    fn must_run(&self, artifacts: &[(Artifact, OutputFile)]) -> Result<(), Fault> {
        let machine = self.connection.probe().map_err(|lost| lost.fault)?;
        for (artifact, file) in artifacts.iter().filter(|(one, _)| one.executable) {
            let obstacles = (self.reaching.obstacles)(file, &machine)?;
            if !obstacles.is_empty() {
                let why = format!(
                    "`{}` cannot run on `{}`: {}",
                    artifact.name,
                    self.host.name,
                    obstacles.join("; ")
                );
                return Err(Fault::usage(why)
                    .hint("give the machine the target that it is; `orch target probe` tells"));
            }
        }
        Ok(())
    }

    /// Brings what a process reads, once.
    pub(crate) fn fill(&self, place: &Workplace<'_>) -> Result<(), Fault> {
        let mut filled = self.filled.lock().unwrap_or_else(PoisonError::into_inner);
        if filled.contains(&place.folder) {
            return Ok(());
        }
        let local = LocalFiles::below(self.transport.folder(), &*self.reaching.content)?;
        place.fill(&self.connection, &local, &self.reaching.folder)?;
        filled.insert(place.folder.clone());
        Ok(())
    }

    /// All that runs there for one sample, or why there can be none.
    fn words(
        &self,
        place: &Workplace<'_>,
        setting: &TrialSetting,
        before: &[&str],
    ) -> Result<Result<Vec<String>, Failure>, Fault> {
        let folders = place.folders()?;
        let outputs = ["out", "err"].map(|name| format!("{}/.{name}", place.folder));
        let temperature = match setting.cold {
            true => "cold",
            false => "warm",
        };
        let mut words = vec![place.folder.clone(), temperature.to_owned()];
        words.push(folders.len().to_string());
        words.extend(folders);
        if !setting.cpus.is_empty() {
            let Some(taskset) = self.files.program("taskset") else {
                return Ok(Err(failed(
                    format!("`{}` has no `taskset`, which `cpus` needs", self.host.name),
                    Some("install `util-linux` there, or take `cpus` out of the bench"),
                )));
            };
            let cpus: Vec<_> = setting.cpus.iter().map(u32::to_string).collect();
            words.extend([taskset.to_owned(), "-c".to_owned(), cpus.join(",")]);
        }
        words.extend(["env".to_owned(), "-i".to_owned()]);
        words.extend(place.environment()?);
        let metered = self.meter.words(&outputs[0], &outputs[1]);
        words.extend(metered.iter().chain(before).map(|word| (*word).to_owned()));
        words.extend(place.words()?);
        Ok(Ok(words))
    }
}

fn judged(sample: Sample, limit: Option<Duration>) -> Trial {
    let wall = Duration::from_nanos(sample.wall_ns);
    if let Some(limit) = limit.filter(|limit| wall > *limit) {
        return Trial::Failed(Failure {
            sample,
            ..too_long(limit)
        });
    }
    let reason = match sample.exit_code {
        0 => return Trial::Sample(sample),
        code if code < 0 => format!("was ended by signal {}", -code),
        code => format!("exited with code {code}"),
    };
    Trial::Failed(Failure {
        sample,
        ..failed(reason, None)
    })
}

fn lost_trial(lost: Lost, limit: Option<Duration>) -> Result<Trial, Fault> {
    match (lost.loss, limit) {
        (Loss::Stopped, _) => Ok(Trial::Cancelled(Sample::default())),
        (Loss::TimedOut, Some(limit)) => Ok(Trial::Failed(too_long(limit))),
        _ => Err(lost.fault),
    }
}

fn too_long(limit: Duration) -> Failure {
    failed(
        format!("ran longer than {limit:?}"),
        Some("set `timeout` to a longer time"),
    )
}

fn failed(reason: String, hint: Option<&str>) -> Failure {
    Failure {
        reason,
        hint: hint.map(str::to_owned),
        sample: Sample::default(),
    }
}
