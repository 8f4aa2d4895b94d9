//! How large a program is. The host looks into the file; this plugin sums up what it finds.

mod package;

use std::collections::BTreeMap;

use orch_plugin::benchmark_probe::{
    BenchmarkProbe, Measurement, Metric, ProbePlan, Reading, Request, Work,
};
use orch_plugin::{Error, Facts, Offer, Sample};
use serde::Deserialize;

use crate::package::package;

/// The probe.
pub struct Size;

/// What a `[bench.*]` table may set.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    packages: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { packages: 20 }
    }
}

/// A file as the host describes it.
#[derive(Debug, Deserialize)]
struct File {
    name: String,
    bytes: u64,
    sections: Vec<Piece>,
    symbols: Vec<Piece>,
}

/// Something in a file that takes room.
#[derive(Debug, Deserialize)]
struct Piece {
    name: String,
    bytes: u64,
}

impl BenchmarkProbe for Size {
    type Settings = Settings;

    fn offers() -> Vec<Offer> {
        vec![Offer::new(
            "size",
            "how large a program is: file, sections, packages",
        )]
    }

    fn plan(_: &str, _: &Request, _: Settings, _: &dyn Facts) -> Result<ProbePlan, Error> {
        let measurement = Measurement {
            warmups: 0,
            samples: 1,
            ..Measurement::of("size", Work::Inspect)
        };
        Ok(ProbePlan::nothing().measurement(measurement))
    }

    fn read(_: &str, _: &str, settings: Settings, samples: &[Sample]) -> Result<Reading, Error> {
        let Some(sample) = samples.last() else {
            return Ok(Reading::from(Vec::new()));
        };
        let files: Vec<File> = serde_json::from_slice(&sample.stdout)
            .map_err(|error| Error::Failed(format!("the host's description: {error}")))?;
        let is_alone = files.len() == 1;
        let metrics = files.iter().flat_map(|file| {
            let whose = match is_alone {
                true => String::new(),
                false => format!("{} ", file.name),
            };
            of_file(&whose, file, settings.packages)
        });
        Ok(metrics.collect::<Vec<_>>().into())
    }
}

/// The metrics of one file; `whose` stands in front of their names.
fn of_file(whose: &str, file: &File, packages: usize) -> Vec<Metric> {
    let metric = |what: String, bytes: u64| {
        Metric::less_is_better(format!("{whose}{what}"), "B", vec![bytes as f64])
    };
    let mut metrics = vec![metric("file".to_owned(), file.bytes)];
    let sections = sums(&file.sections, |name| name).into_iter();
    metrics.extend(sections.map(|(name, bytes)| metric(format!("section {name}"), bytes)));
    let counted = sums(&file.symbols, package).into_iter().take(packages);
    metrics.extend(counted.map(|(name, bytes)| metric(format!("package {name}"), bytes)));
    metrics
}

/// The room of all pieces that are called alike, the largest first.
fn sums<'a>(pieces: &'a [Piece], called: impl Fn(&'a str) -> &'a str) -> Vec<(&'a str, u64)> {
    let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
    let named = pieces
        .iter()
        .filter(|piece| piece.bytes > 0 && !piece.name.is_empty());
    for piece in named {
        *sums.entry(called(&piece.name)).or_default() += piece.bytes;
    }
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(other.0)));
    sums
}

orch_plugin::export_benchmark_probe!(Size);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_called_alike_is_summed_up() {
        let document = br#"[{"name":"agent","bytes":100,
            "sections":[{"name":".text","bytes":60},{"name":".bss","bytes":0}],
            "symbols":[{"name":"net/http.Get","bytes":5},{"name":"net/http.(*Client).Do","bytes":6},
                {"name":"main.main","bytes":2},{"name":"memcpy","bytes":1}]}]"#;
        let sample = Sample::printing(document);
        let metrics = Size::read("size", "size", Settings { packages: 2 }, &[sample]);
        let metrics = metrics.unwrap().metrics;
        let shown: Vec<_> = metrics
            .iter()
            .map(|metric| format!("{}={}", metric.name, metric.values[0]))
            .collect();
        assert_eq!(
            shown,
            [
                "file=100",
                "section .text=60",
                "package net/http=11",
                "package main=2"
            ]
        );
    }
}
