//! What a measurement gave, and what a pipeline demands of it.

use serde::{Deserialize, Serialize};

/// Which way a figure is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Better {
    /// Times, sizes.
    Less,
    /// Throughputs.
    More,
}

/// One figure of a measurement, with the value of each sample.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// As a gate names it, e.g. `wall` or `p95`.
    pub name: String,
    /// What the values count: `ns`, `B`, `requests/s`; empty for a plain number.
    pub unit: String,
    /// Which way it is better.
    pub better: Better,
    /// One for each sample, in the order in which they were taken; all finite.
    pub values: Vec<f64>,
}

/// Where a program spent what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// What was profiled, for people.
    pub name: String,
    /// What the numbers count: `ns`, `B`.
    pub unit: String,
    /// Folded stacks: `main;parse;read 12` on each line.
    pub stacks: String,
}

/// What a probe reads of the samples of a measurement.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// Figures.
    pub metrics: Vec<Metric>,
    /// What is drawn.
    pub profiles: Vec<Profile>,
}

/// What a pipeline demands of a metric: no change for the worse by more than this.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Gate {
    /// The metric's name.
    pub metric: String,
    /// How much worse it may be, as a fraction of the baseline: 0.03 for `"3%"`.
    pub worse_than: f64,
    /// How sure the verdict must be, between 0.5 and 1.
    pub confidence: f64,
}
