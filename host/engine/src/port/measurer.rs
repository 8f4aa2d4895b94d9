//! Measures what a build made, and holds the figures to their gates.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use orch_model::{Artifact, Better, Digest, Fault, NodeId, Profile};

use crate::Cancel;
use crate::plan::PlannedBench;

use super::{InstalledTree, OutputFile, Progress, SourceFile};

/// What one process of a measurement reads, as in [`super::Job`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProcessReads {
    /// Its input files.
    pub inputs: Vec<SourceFile>,
    /// Outputs of earlier steps, by the step's name.
    pub artifacts: BTreeMap<String, Vec<OutputFile>>,
    /// Installed toolchains by name.
    pub tools: BTreeMap<String, InstalledTree>,
}

/// A bench with all that it reads.
#[derive(Clone, Copy, Debug)]
pub struct MeasureJob<'a> {
    /// Whose it is.
    pub node: &'a NodeId,
    /// What is measured.
    pub bench: &'a PlannedBench,
    /// Names all that the figures depend on but the machine.
    pub key: &'a Digest,
    /// What the build ships.
    pub artifacts: &'a [(Artifact, OutputFile)],
    /// One for each process, in the order of the measurements.
    pub reads: &'a [ProcessReads],
}

/// What came of a bench.
#[derive(Clone, Debug, PartialEq)]
pub enum Measured {
    /// It was measured, whatever its gates say.
    Figures(Box<BenchReport>),
    /// It could not be measured.
    Failed {
        /// What happened, as a sentence without its subject.
        reason: String,
        /// What to do.
        hint: Option<String>,
        /// What the process printed that failed.
        sample: Option<Box<orch_model::Sample>>,
    },
    /// The user interrupted.
    Cancelled,
}

/// The figures of a bench.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BenchReport {
    /// The machine that it was measured on, for people.
    pub machine: String,
    /// Whether times mean nothing, since an emulator ran the program.
    pub function_only: bool,
    /// What was compared with, for people; none where nothing could be.
    pub baseline: Option<String>,
    /// What could not be controlled, and what to do about it.
    pub notes: Vec<String>,
    /// In the order in which the probe gave them.
    pub metrics: Vec<MetricReport>,
    /// This build's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub profiles: Vec<Profile>,
}

/// One metric.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetricReport {
    /// Its name.
    pub name: String,
    /// What it counts.
    pub unit: String,
    /// Which way it is better.
    pub better: Better,
    /// This build's.
    pub figures: Figures,
    /// The baseline's.
    pub baseline: Option<Figures>,
    /// The change from the baseline, as a fraction of it, with an interval of 95 %.
    pub change: Option<Change>,
    /// What it is held to.
    pub gates: Vec<GateReport>,
}

/// The values of a metric, with their median and its confidence interval of 95 %.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// The median.
    pub median: f64,
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// One for each sample.
    pub values: Vec<f64>,
}

/// A relative change with a confidence interval: 0.03 is 3 % more.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The best estimate.
    pub estimate: f64,
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// A gate and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GateReport {
    /// How much worse the metric may be, as a fraction.
    pub worse_than: f64,
    /// How sure the verdict had to be.
    pub confidence: f64,
    /// The change from the baseline, as surely as that; none where there is nothing to compare with.
    #[serde(default)] // Histories of before have none.
    pub change: Option<Change>,
    /// The verdict.
    pub verdict: Verdict,
}

/// What a gate says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It holds.
    Holds,
    /// There is nothing to compare with yet.
    First,
    /// The metric is worse than it may be.
    Fails,
    /// The samples do not tell, for this reason.
    Inconclusive(String),
}

impl GateReport {
    /// What speaks against a metric, as a sentence: `wall is 10.2 % worse …`.
    pub fn refusal(&self, metric: &MetricReport) -> String {
        let percent = |fraction: f64| format!("{:.1} %", 100.0 * fraction);
        let allowed = percent(self.worse_than);
        let sure = percent(self.confidence);
        let change = self.change.map(|change| {
            let (low, high) = match metric.better {
                Better::Less => (change.low, change.high),
                Better::More => (-change.high, -change.low),
            };
            format!("{} to {} worse", percent(low), percent(high))
        });
        let change = change.unwrap_or_else(|| "not comparable".to_owned());
        match &self.verdict {
            Verdict::Inconclusive(why) => format!(
                "whether `{}` is more than {allowed} worse could not be decided: {why}",
                metric.name
            ),
            _ => format!(
                "`{}` is {change} ({sure} sure), and {allowed} are allowed",
                metric.name
            ),
        }
    }
}

impl BenchReport {
    /// The gates that say this, with their metrics.
    pub fn gates(
        &self,
        wanted: impl Fn(&Verdict) -> bool,
    ) -> impl Iterator<Item = (&MetricReport, &GateReport)> {
        self.metrics.iter().flat_map(move |metric| {
            let gates = metric.gates.iter().filter(|gate| wanted(&gate.verdict));
            gates.map(move |gate| (metric, gate)).collect::<Vec<_>>()
        })
    }
}

/// Measures. Called while nothing else of the run is busy.
pub trait Measurer: Send + Sync {
    /// The figures of a bench that were taken before, by the same key on a machine like the one
    /// that it is measured on, unless they are wanted anew.
    fn known(
        &self,
        bench: &PlannedBench,
        key: &Digest,
        cancel: &Cancel,
    ) -> Result<Option<BenchReport>, Fault>;

    /// Takes samples until every gate is decided or will not be.
    fn measure(
        &self,
        job: MeasureJob<'_>,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<Measured, Fault>;
}
