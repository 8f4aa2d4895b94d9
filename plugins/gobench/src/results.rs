//! What benchmarks print, in Go's format: <https://go.dev/design/14313-benchmark-format>.
//!
//! A line is a name, how often it ran, and values with their units behind them. `-8` behind a name
//! is the number of processors that Go was told to use, left out where that is 1. `benchstat` keeps
//! it, since it compares files of any two machines. Here figures are only compared on one kind of
//! machine, and a gate should name a benchmark alike on all: so what every line has is taken away,
//! unless the user chose the numbers with `cpu`.

use std::collections::BTreeMap;

use orch_plugin::benchmark_probe::Metric;
use orch_plugin::{Error, Sample, log};

use crate::ONLY;
use crate::packages::Pattern;
use crate::settings::Settings;

/// The longest name of a metric that the host takes, in bytes.
const NAME_BYTES: usize = 128;

/// How much of a line is shown, in characters.
const SHOWN: usize = 200;

/// One line: a benchmark and its values with their units.
#[derive(Debug, PartialEq)]
struct Line<'a> {
    name: &'a str,
    values: Vec<(f64, &'a str)>,
}

/// Everything that the samples of one package say, a value for each time that it was printed.
pub(crate) fn metrics(
    measurement: &str,
    settings: &Settings,
    samples: &[Sample],
) -> Result<Vec<Metric>, Error> {
    let texts: Vec<_> = samples
        .iter()
        .map(|sample| String::from_utf8_lossy(&sample.stdout))
        .collect();
    let mut lines = Vec::new();
    for text in &texts {
        lines.extend(self::lines(text)?);
    }
    if lines.is_empty() {
        return nothing(measurement, settings);
    }
    let package = texts.iter().find_map(|text| package(text));
    let package = package.unwrap_or(measurement);
    if settings.cpu.is_empty() {
        take_away_processors(&mut lines);
    }
    let prefix = match measurement {
        ONLY => String::new(),
        _ => format!("{package} "),
    };
    collect(&prefix, &lines)
}

/// The path of the package whose benchmarks were run, as its tests say it before the first of them.
fn package(text: &str) -> Option<&str> {
    text.lines().find_map(|line| line.strip_prefix("pkg: "))
}

/// The lines of benchmarks. Others are the program's own, or tell of the machine.
fn lines(text: &str) -> Result<Vec<Line<'_>>, Error> {
    if !text.lines().any(|line| line == "PASS") {
        let last = text.lines().last().unwrap_or_default();
        return Err(Error::Failed(format!(
            "what the benchmarks printed has no `PASS` at its end; its last line is `{}`",
            shown(last)
        )));
    }
    let named = text.lines().filter(|line| is_of_benchmark(line));
    named.map(line).collect()
}

/// Whether a line begins with the name of a benchmark: `Benchmark`, and no small letter next.
fn is_of_benchmark(line: &str) -> bool {
    let rest = line.strip_prefix("Benchmark");
    rest.is_some_and(|rest| !rest.starts_with(char::is_lowercase))
}

fn line(text: &str) -> Result<Line<'_>, Error> {
    read(text).ok_or_else(|| {
        Error::Failed(format!(
            "`{}` is no result of a benchmark: what a benchmark prints to its standard output gets \
             between its name and its values; print to `os.Stderr` or with `b.Log`",
            shown(text)
        ))
    })
}

fn read(text: &str) -> Option<Line<'_>> {
    let mut fields = text.split_whitespace();
    let name = fields.next()?;
    let _runs: u64 = fields.next()?.parse().ok()?;
    let mut values = Vec::new();
    while let Some(value) = fields.next() {
        let value: f64 = value.parse().ok()?;
        let unit = fields.next()?;
        if !value.is_finite() {
            return None;
        }
        values.push((value, unit));
    }
    let is_plain = !text.chars().any(|c| c.is_control() && c != '\t');
    (!values.is_empty() && is_plain).then_some(Line { name, values })
}

/// Takes the number of processors away that every line has behind its name.
fn take_away_processors(lines: &mut [Line<'_>]) {
    let first = lines.first().and_then(|line| processors(line.name));
    let is_of_all = |lines: &[Line<'_>]| lines.iter().all(|line| processors(line.name) == first);
    let Some(suffix) = first.filter(|_| is_of_all(lines)) else {
        return;
    };
    for line in lines {
        line.name = line.name.strip_suffix(suffix).unwrap_or(line.name);
    }
}

/// `-8` behind a name.
fn processors(name: &str) -> Option<&str> {
    let at = name.rfind('-')?;
    let digits = &name[at + 1..];
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some(&name[at..])
}

/// A metric for each benchmark and unit, in the order of the lines.
fn collect(prefix: &str, lines: &[Line<'_>]) -> Result<Vec<Metric>, Error> {
    let mut metrics: Vec<Metric> = Vec::new();
    let mut places = BTreeMap::new();
    for line in lines {
        for &(value, unit) in &line.values {
            let place = *places.entry((line.name, unit)).or_insert(metrics.len());
            match metrics.get_mut(place) {
                Some(metric) => metric.values.push(value),
                None => metrics.push(metric(prefix, line.name, unit, value)?),
            }
        }
    }
    Ok(metrics)
}

fn metric(prefix: &str, benchmark: &str, unit: &str, value: f64) -> Result<Metric, Error> {
    let name = format!("{prefix}{benchmark} {unit}");
    if name.len() > NAME_BYTES {
        return Err(Error::Failed(format!(
            "the metric `{name}` has a name of {} bytes, and {NAME_BYTES} are allowed: leave the \
             benchmark out with `bench`, or name it shorter",
            name.len()
        )));
    }
    Ok(match unit.ends_with("/s") {
        true => Metric::more_is_better(name, unit, vec![value]),
        false => Metric::less_is_better(name, unit, vec![value]),
    })
}

/// That a package has no benchmark that was asked for: an error, unless it was found by a pattern
/// among others, as with `go test ./...`.
fn nothing(measurement: &str, settings: &Settings) -> Result<Vec<Metric>, Error> {
    let whose = match measurement {
        ONLY => String::new(),
        package => format!(" of `{package}`"),
    };
    let why = format!("no benchmark{whose} matches `{}`", settings.bench);
    let written = settings.packages();
    let mut patterns = written.iter().map(|(_, text)| Pattern::parse(text));
    if patterns.any(|pattern| matches!(pattern, Ok(Pattern::Below(_)))) {
        log::warning(&why);
        return Ok(Vec::new());
    }
    Err(Error::Failed(format!(
        "{why}: set `bench` to a part of a benchmark's name, or `packages` to where it is"
    )))
}

fn shown(line: &str) -> String {
    line.chars()
        .take(SHOWN)
        .flat_map(char::escape_debug)
        .collect()
}

#[cfg(test)]
mod tests;
