//! CSV: one row for each value.

use crate::Kept;
use crate::measurement::word;

const HEADER: [&str; 16] = [
    "number",
    "run",
    "time_s",
    "commit",
    "node",
    "bench",
    "target",
    "hardware",
    "toolchains",
    "failed",
    "times_count",
    "metric",
    "unit",
    "better",
    "sample",
    "value",
];

/// The measurements as RFC 4180 has it, with a header: one row for each value of each metric.
/// `sample` counts from 1; `time_s` is in seconds since 1970-01-01, UTC; what is not known is empty.
pub fn csv(kept: &[Kept]) -> String {
    let mut text = record(&HEADER.map(str::to_owned));
    for kept in kept {
        for metric in &kept.measurement.metrics {
            for (sample, value) in (1..).zip(&metric.values) {
                let mut fields = common_fields(kept);
                fields.extend([
                    metric.name.clone(),
                    metric.unit.clone(),
                    word(metric.better).to_owned(),
                    u64::to_string(&sample),
                    value.to_string(),
                ]);
                text.push_str(&record(&fields));
            }
        }
    }
    text
}

/// What all rows of a measurement begin with.
fn common_fields(kept: &Kept) -> Vec<String> {
    let measurement = &kept.measurement;
    vec![
        kept.number.to_string(),
        kept.run.id.clone(),
        kept.run.time_s.to_string(),
        kept.run.commit.clone().unwrap_or_default(),
        measurement.node.to_string(),
        measurement.bench.clone(),
        measurement.target.clone().unwrap_or_default(),
        measurement.hardware.summary.clone(),
        measurement.toolchains.clone(),
        measurement.failed.to_string(),
        measurement.times_count.to_string(),
    ]
}

/// A record with its line end, which RFC 4180 wants to be CRLF.
fn record(fields: &[String]) -> String {
    let fields: Vec<String> = fields.iter().map(|field| quoted(field)).collect();
    format!("{}\r\n", fields.join(","))
}

/// A field, in quotes if anything in it would end it.
fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}
