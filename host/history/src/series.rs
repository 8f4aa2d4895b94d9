//! One metric over time.

use orch_model::{Fault, Metric};

use crate::{History, Run, Selection};

/// What a metric was in one measurement.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// The measurement's place in the history.
    pub number: i64,
    /// Of which run.
    pub run: Run,
    /// The metric with its values.
    pub metric: Metric,
    /// Whether a gate failed, on this metric or on another of the measurement.
    pub failed: bool,
    /// What was decided by the measurement, in the words of whoever measured.
    pub verdict: Option<String>,
}

impl History {
    /// The metric of a name in all measurements that are meant, oldest first. Measurements that
    /// have none of this name are left out.
    pub fn series(&self, selection: &Selection, metric: &str) -> Result<Vec<Point>, Fault> {
        let kept = self.measurements(selection)?;
        let points = kept.into_iter().filter_map(|kept| {
            let mut metrics = kept.measurement.metrics.into_iter();
            Some(Point {
                number: kept.number,
                run: kept.run,
                failed: kept.measurement.failed,
                verdict: kept.measurement.verdict,
                metric: metrics.find(|found| found.name == metric)?,
            })
        });
        Ok(points.collect())
    }
}
