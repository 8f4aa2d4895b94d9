//! Go's benchmark format, which `benchstat` reads: <https://go.dev/design/14313-benchmark-format>
//! and <https://pkg.go.dev/golang.org/x/perf/benchfmt>.

use std::fmt::Write;

use orch_model::{Better, Metric};

use crate::{Kept, Measurement};

/// The measurements as `benchstat` reads them: a line for each sample, with all metrics. The
/// target is part of the benchmark's name (`/target=static`), so that `-col /target` sets targets
/// side by side; of runs in one file, `-col run -ignore commit` does; of two files,
/// `-ignore run,commit`.
pub fn benchstat(kept: &[Kept]) -> String {
    let mut text = units(kept);
    for kept in kept {
        text.push('\n');
        for (name, value) in configuration(kept) {
            // Without a value it takes back the one before.
            let line = format!("{name}: {}", in_a_line(value));
            text.push_str(line.trim_end());
            text.push('\n');
        }
        samples(&mut text, &kept.measurement);
    }
    text
}

/// Which way each unit is better. `benchstat` refuses to hear two things of one unit.
fn units(kept: &[Kept]) -> String {
    let mut lines = Vec::new();
    let mut known = Vec::new();
    for metric in kept.iter().flat_map(|kept| &kept.measurement.metrics) {
        let unit = unit(metric);
        let better = match metric.better {
            Better::Less => "lower",
            Better::More => "higher",
        };
        if !known.contains(&unit) {
            lines.push(format!("Unit {unit} better={better}\n"));
            known.push(unit);
        }
    }
    lines.concat()
}

/// What holds for the lines that follow, until it is said anew.
fn configuration(kept: &Kept) -> [(&'static str, &str); 4] {
    [
        ("run", &kept.run.id),
        ("commit", kept.run.commit.as_deref().unwrap_or_default()),
        ("hardware", &kept.measurement.hardware.summary),
        ("toolchains", &kept.measurement.toolchains),
    ]
}

/// A line for each sample; metrics of which there are fewer are left out of the later ones.
fn samples(text: &mut String, measurement: &Measurement) {
    let metrics = &measurement.metrics;
    let most = metrics.iter().map(|metric| metric.values.len()).max();
    for sample in 0..most.unwrap_or_default() {
        text.push_str(&name(measurement));
        text.push_str(" 1");
        for metric in metrics {
            if let Some(value) = metric.values.get(sample) {
                let _ = write!(text, " {value} {}", unit(metric));
            }
        }
        text.push('\n');
    }
}

/// The benchmark's name as one of Go's, `BenchmarkColdStart/target=pi_5`. It has no hyphen, since a
/// number behind one would be read as that of processors.
fn name(measurement: &Measurement) -> String {
    let mut name = String::from("Benchmark");
    for word in measurement
        .bench
        .split(|letter: char| !letter.is_alphanumeric())
    {
        let mut letters = word.chars();
        name.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        name.push_str(letters.as_str());
    }
    if let Some(target) = &measurement.target {
        let _ = write!(name, "/target={}", without_spaces(target).replace('-', "_"));
    }
    name
}

/// What is measured and in which unit: `wall-ns`. `benchstat` takes the last word for the unit
/// and shows `ns` as seconds.
fn unit(metric: &Metric) -> String {
    let name = without_spaces(&metric.name);
    if metric.unit.is_empty() {
        name
    } else {
        format!("{name}-{}", without_spaces(&metric.unit))
    }
}

fn without_spaces(text: &str) -> String {
    text.replace(char::is_whitespace, "_")
}

fn in_a_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}
