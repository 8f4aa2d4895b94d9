//! CSV: one row for each value.

use std::fmt::Write;

use orch_model::Metric;

use crate::Kept;
use crate::measurement::word;

const HEADER: &str = "number,run,time_s,commit,node,bench,target,hardware,toolchains,failed,\
    times_count,metric,unit,better,sample,value";

/// The measurements as RFC 4180 has it, with a header: one row for each value of each metric.
/// `sample` counts from 1; `time_s` is in seconds since 1970-01-01, UTC; what is not known is empty.
pub fn csv(kept: &[Kept]) -> String {
    let mut text = format!("{HEADER}\r\n");
    for kept in kept {
        let common = of_measurement(kept);
        for metric in &kept.measurement.metrics {
            let common = format!("{common},{}", of_metric(metric));
            for (sample, value) in (1..).zip(&metric.values) {
                let _ = write!(text, "{common},{sample},{value}\r\n");
            }
        }
    }
    text
}

/// What all rows of a measurement begin with.
fn of_measurement(kept: &Kept) -> String {
    let measurement = &kept.measurement;
    joined(&[
        &kept.number.to_string(),
        &kept.run.id,
        &kept.run.time_s.to_string(),
        kept.run.commit.as_deref().unwrap_or_default(),
        measurement.node.as_str(),
        &measurement.bench,
        measurement.target.as_deref().unwrap_or_default(),
        &measurement.hardware.summary,
        &measurement.toolchains,
        &measurement.failed.to_string(),
        &measurement.times_count.to_string(),
    ])
}

/// What all rows of a metric go on with.
fn of_metric(metric: &Metric) -> String {
    joined(&[&metric.name, &metric.unit, word(metric.better)])
}

fn joined(fields: &[&str]) -> String {
    let fields: Vec<String> = fields.iter().map(|field| quoted(field)).collect();
    fields.join(",")
}

/// A field, in quotes if anything in it would end it.
fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}
