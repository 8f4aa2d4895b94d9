//! What was measured before, as the history has it: the figures that are at hand, and what new
//! ones are held against.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use orch_engine::PlannedBench;
use orch_engine::port::{BenchReport, MeasureJob, Verdict};
use orch_history::{Baseline, Hardware, History, Kept, Kind, Point, Run, Selection};
use orch_model::{Digest, Fault, Hasher, Measurement, Metric, NodeId};

use crate::calibration::{self, Calibration, Medians};
use crate::side::Files;

/// The history of a project. Nothing is opened before somebody asks.
pub struct Past {
    file: PathBuf,
    /// The run that new figures belong to.
    run: Run,
    hardware: Hardware,
    commit_of: Box<CommitOf>,
    open: OnceLock<Mutex<History>>,
}

/// The commit that git knows by a name, such as a tag.
pub type CommitOf = dyn Fn(&str) -> Option<String> + Send + Sync;

/// What stands beside figures in the history, so that they can be shown and measured again.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Beside {
    report: BenchReport,
    files: Files,
    work: Digest,
}

/// Figures of before.
pub(crate) struct Earlier {
    /// For people: of which run, and of which commit.
    pub(crate) name: String,
    pub(crate) metrics: BTreeMap<String, Metric>,
    /// What it was measured with, where that is known.
    pub(crate) files: Option<Files>,
    /// Whether the same was done for its samples: else its figures of then are of other work.
    pub(crate) is_same_work: bool,
}

/// What there is to compare with.
pub(crate) enum Compared {
    With(Earlier),
    /// Only figures of other machines.
    Elsewhere(Vec<String>),
    Nothing,
}

impl Past {
    /// The history in a file, for a run of a commit on this machine.
    pub fn new(
        file: PathBuf,
        commit: Option<String>,
        hardware: Hardware,
        commit_of: Box<CommitOf>,
    ) -> Self {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let run = Run {
            id: format!("{:x}-{:x}", now.as_secs(), std::process::id()),
            time_s: i64::try_from(now.as_secs()).unwrap_or(i64::MAX),
            commit,
        };
        Self {
            file,
            run,
            hardware,
            commit_of,
            open: OnceLock::new(),
        }
    }

    /// This machine.
    pub(crate) fn hardware(&self) -> &Hardware {
        &self.hardware
    }

    /// The newest figures of a node on such hardware, if they were measured under this key,
    /// whatever its gates say of them.
    pub(crate) fn known(
        &self,
        node: &NodeId,
        key: &Digest,
        hardware: &Hardware,
    ) -> Result<Option<BenchReport>, Fault> {
        let Some(history) = History::open_existing(&self.file)? else {
            return Ok(None);
        };
        let selection = Selection {
            node: Some(node.clone()),
            hardware: Some(hardware.fingerprint),
            ..Selection::default()
        };
        let newest = history.newest(&selection)?;
        let same = newest.filter(|kept| kept.measurement.key == *key);
        let report = same
            .and_then(|kept| beside(kept.measurement.verdict.as_deref()))
            .map(|beside| beside.report);
        Ok(report)
    }

    /// How far two runs lie apart on such hardware, where it was measured.
    pub(crate) fn calibration(&self, hardware: &Hardware) -> Result<Option<Calibration>, Fault> {
        self.with(|history| Calibration::find(history, hardware))
    }

    /// Keeps the medians of runs of the same thing on a machine, and says what all of them come to.
    pub fn calibrate(&self, hardware: &Hardware, medians: Medians) -> Result<Calibration, Fault> {
        let measurement = calibration::measurement(hardware.clone(), medians);
        self.with(|history| history.add(&self.run, &measurement))?;
        let found = self.calibration(hardware)?;
        found.ok_or_else(|| Fault::internal("a calibration was kept and is not there"))
    }

    /// How many turns of a loop were timed when such hardware was calibrated, if it was.
    pub fn calibrated_turns(&self, hardware: &Hardware) -> Result<Option<u64>, Fault> {
        self.with(|history| Calibration::turns(history, hardware))
    }

    /// What new figures of a bench are held against. What is counted and not timed is the same on
    /// every machine.
    pub(crate) fn baseline(
        &self,
        job: &MeasureJob<'_>,
        hardware: &Hardware,
    ) -> Result<Compared, Fault> {
        let Some(meant) = self.meant(job)? else {
            return Ok(Compared::Nothing);
        };
        let selection = Selection {
            times_count: Some(!job.bench.function_only),
            ..meant
        };
        if job.reads.is_empty() {
            let found = self.with(|history| history.newest(&selection))?;
            return Ok(match found {
                Some(kept) => Compared::With(earlier(kept, job)),
                None => Compared::Nothing,
            });
        }
        let found = self.with(|history| history.baseline(&selection, &hardware.fingerprint))?;
        Ok(match found {
            Baseline::Found(kept) => Compared::With(earlier(*kept, job)),
            Baseline::OnlyElsewhere(others) => {
                Compared::Elsewhere(others.into_iter().map(|other| other.summary).collect())
            }
            Baseline::Missing => Compared::Nothing,
        })
    }

    /// The measurements of which the newest is the baseline: those of the same node whose gates
    /// held, or what the pipeline names, whatever gates said of it. None where nothing was measured
    /// under that name.
    fn meant(&self, job: &MeasureJob<'_>) -> Result<Option<Selection>, Fault> {
        let own = Selection {
            node: Some(job.node.clone()),
            failed: Some(false),
            ..Selection::default()
        };
        let Some(name) = named(job.bench) else {
            return Ok(Some(own));
        };
        let found = self.with(|history| history.meaning(name, &self.commit_of))?;
        Ok(found.map(|meaning| match meaning.kind {
            Kind::Run | Kind::Commit => Selection {
                node: Some(job.node.clone()),
                ..meaning.selection
            },
            Kind::Target => {
                let cell = job.node.as_str().split_once('+');
                let cell = cell.map(|(_, cell)| cell);
                Selection {
                    node: Some(NodeId::bench(job.bench.name(), name, cell)),
                    ..Selection::default()
                }
            }
            Kind::Toolchain => Selection {
                bench: Some(job.bench.name().to_owned()),
                target: Some(job.bench.target.clone()),
                ..meaning.selection
            },
        }))
    }

    /// Keeps new figures.
    pub(crate) fn add(
        &self,
        job: &MeasureJob<'_>,
        report: &BenchReport,
        metrics: Vec<Metric>,
        hardware: &Hardware,
    ) -> Result<(), Fault> {
        let bench: &PlannedBench = job.bench;
        let beside = Beside {
            report: report.clone(),
            files: Files::of(job),
            work: work(bench),
        };
        let decided = |verdict: &Verdict| matches!(verdict, Verdict::Holds | Verdict::First);
        let measurement = orch_history::Measurement {
            node: job.node.clone(),
            bench: bench.name().to_owned(),
            target: Some(bench.target.clone()),
            artifact: match job.artifacts {
                [(_, file)] => Some(file.digest),
                _ => None,
            },
            hardware: hardware.clone(),
            toolchains: bench.toolchain.clone(),
            tuning: bench.tuning,
            key: *job.key,
            verdict: Some(serde_json::to_string(&beside).expect("it has a JSON form")),
            failed: report.gates(|verdict| !decided(verdict)).next().is_some(),
            times_count: !report.function_only,
            metrics,
        };
        self.with(|history| history.add(&self.run, &measurement).map(drop))
    }

    fn with<T>(&self, ask: impl FnOnce(&mut History) -> Result<T, Fault>) -> Result<T, Fault> {
        if self.open.get().is_none() {
            let _ = self.open.set(Mutex::new(History::open(&self.file)?));
        }
        let history = self.open.get().expect("it was opened just now");
        ask(&mut history.lock().expect("nobody panics with it"))
    }
}

/// What the pipeline names to compare with. The target or toolchain that others are compared with is
/// itself compared with what it was before.
pub(crate) fn named(bench: &PlannedBench) -> Option<&str> {
    let name = bench.baseline.as_deref()?;
    (name != bench.target && name != bench.toolchain).then_some(name)
}

fn earlier(kept: Kept, job: &MeasureJob<'_>) -> Earlier {
    let beside = beside(kept.measurement.verdict.as_deref());
    let commit = kept.run.short_commit();
    let commit = commit.map(|commit| format!(" of commit {commit}"));
    Earlier {
        name: format!("measurement {}{}", kept.number, commit.unwrap_or_default()),
        is_same_work: beside
            .as_ref()
            .is_some_and(|beside| beside.work == work(job.bench)),
        files: beside.map(|beside| beside.files),
        metrics: kept
            .measurement
            .metrics
            .into_iter()
            .map(|metric| (metric.name.clone(), metric))
            .collect(),
    }
}

/// What is done for a sample, by whom; not how often.
fn work(bench: &PlannedBench) -> Digest {
    let mut hasher = Hasher::new();
    hasher.field(&bench.probe);
    hasher.field(&bench.settings);
    if let Some(cpus) = bench.cpus {
        hasher.field(cpus.to_string());
    }
    if let Some(limits) = &bench.limits {
        hasher.field(serde_json::to_string(limits).expect("it has a JSON form"));
    }
    for measurement in &bench.measurements {
        let mut once = Measurement {
            samples: 1,
            warmups: 0,
            ..measurement.clone()
        };
        once.actions_mut()
            .for_each(|action| action.timeout_ms = None);
        hasher.field(serde_json::to_string(&once).expect("it has a JSON form"));
    }
    hasher.finish()
}

/// Whether nothing was run for it: files were looked into, which say the same each time and
/// everywhere.
pub(crate) fn is_counted(kept: &Kept) -> bool {
    beside(kept.measurement.verdict.as_deref()).is_some_and(|beside| beside.files.is_of_nothing())
}

/// Whether a gate on the point's metric failed when it was measured. Where that is not known,
/// whether any gate of its bench did.
pub fn gate_failed(point: &Point) -> bool {
    let Some(beside) = beside(point.verdict.as_deref()) else {
        return point.failed;
    };
    let mut fails = beside.report.gates(|verdict| *verdict == Verdict::Fails);
    fails.any(|(report, _)| report.name == point.metric.name)
}

/// None where another program has written the row.
fn beside(verdict: Option<&str>) -> Option<Beside> {
    serde_json::from_str(verdict?).ok()
}
