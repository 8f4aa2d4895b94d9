//! What was measured before, as the history has it: the figures that are at hand, and what new
//! ones are held against.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use orch_engine::PlannedBench;
use orch_engine::port::{BenchReport, MeasureJob, Verdict};
use orch_history::{Baseline, Hardware, History, Kept, Run, Selection};
use orch_model::{Digest, Fault, Hasher, Measurement, Metric, NodeId};

use crate::side::Files;

/// The history of a project. Nothing is opened before somebody asks.
pub struct Past {
    file: PathBuf,
    /// The run that new figures belong to.
    run: Run,
    hardware: Hardware,
    open: OnceLock<Mutex<History>>,
}

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
    pub fn new(file: PathBuf, commit: Option<String>, hardware: Hardware) -> Self {
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
            open: OnceLock::new(),
        }
    }

    /// The machine's name for people.
    pub(crate) fn machine(&self) -> &str {
        &self.hardware.summary
    }

    /// The newest figures of a node on this machine, if they were measured under this key,
    /// whatever its gates say of them.
    pub(crate) fn known(&self, node: &NodeId, key: &Digest) -> Result<Option<BenchReport>, Fault> {
        let Some(history) = History::open_existing(&self.file)? else {
            return Ok(None);
        };
        let selection = Selection {
            node: Some(node.clone()),
            hardware: Some(self.hardware.fingerprint),
            ..Selection::default()
        };
        let newest = history.newest(&selection)?;
        let same = newest.filter(|kept| kept.measurement.key == *key);
        let report = same
            .and_then(|kept| beside(&kept))
            .map(|beside| beside.report);
        Ok(report)
    }

    /// What new figures of a bench are held against. What is counted and not timed is the same on
    /// every machine.
    pub(crate) fn baseline(&self, job: &MeasureJob<'_>) -> Result<Compared, Fault> {
        let selection = Selection {
            node: Some(job.node.clone()),
            times_count: Some(!job.bench.function_only),
            ..Selection::default()
        };
        if job.reads.is_empty() {
            let anywhere = Selection {
                failed: Some(false),
                ..selection
            };
            let found = self.with(|history| history.newest(&anywhere))?;
            return Ok(match found {
                Some(kept) => Compared::With(earlier(kept, job)),
                None => Compared::Nothing,
            });
        }
        let found =
            self.with(|history| history.baseline(&selection, &self.hardware.fingerprint))?;
        Ok(match found {
            Baseline::Found(kept) => Compared::With(earlier(*kept, job)),
            Baseline::OnlyElsewhere(others) => {
                Compared::Elsewhere(others.into_iter().map(|other| other.summary).collect())
            }
            Baseline::Missing => Compared::Nothing,
        })
    }

    /// Keeps new figures.
    pub(crate) fn add(
        &self,
        job: &MeasureJob<'_>,
        report: &BenchReport,
        metrics: Vec<Metric>,
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
            hardware: self.hardware.clone(),
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

fn earlier(kept: Kept, job: &MeasureJob<'_>) -> Earlier {
    let beside = beside(&kept);
    let commit = kept.run.commit.as_deref().map(|commit| {
        let (name, edited) = match commit.strip_suffix("-dirty") {
            Some(name) => (name, " and edits"),
            None => (commit, ""),
        };
        format!(" of commit {}{edited}", name.get(..12).unwrap_or(name))
    });
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
    for measurement in &bench.measurements {
        let once = Measurement {
            samples: 1,
            warmups: 0,
            ..measurement.clone()
        };
        hasher.field(serde_json::to_string(&once).expect("it has a JSON form"));
    }
    hasher.finish()
}

/// Whether a gate on a metric failed when it was measured. Where that is not known, whether any
/// gate of its bench did.
pub fn gate_failed(kept: &Kept, metric: &str) -> bool {
    let Some(beside) = beside(kept) else {
        return kept.measurement.failed;
    };
    let mut fails = beside.report.gates(|verdict| *verdict == Verdict::Fails);
    fails.any(|(report, _)| report.name == metric)
}

/// None where another program has written the row.
fn beside(kept: &Kept) -> Option<Beside> {
    serde_json::from_str(kept.measurement.verdict.as_deref()?).ok()
}
