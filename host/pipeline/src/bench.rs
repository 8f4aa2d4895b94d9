//! `[bench.N]`: what is measured, and what its figures are held to. Which metrics a probe gives
//! is not known here.

use std::ops::RangeInclusive;

use serde_json::{Value as Json, json};
use toml::de::DeValue;

use orch_model::{BenchLimits, BenchTable, Diagnostic, FleetPlace, Gate, Name, Spanned};

use crate::deploy::Around;
use crate::number::Number;
use crate::problems::Problems;
use crate::shape::{At, Complaint, FromText, Reader, Shape, wrong_type};
use crate::syntax::{Node, shorten};
use crate::table::{Inline, Table, table};
use crate::text::{DurationText, OfferText};
use crate::{of, on};

/// How sure a verdict is where the pipeline does not say.
const CONFIDENCE: f64 = 0.99;

/// More than any machine has.
const MOST_CPUS: u64 = 8_192;

/// What a limit of memory may be, in bytes: a sandbox's own processes need some megabytes, and no
/// machine has more.
const LIMITS_OF_MEMORY: RangeInclusive<u64> = (16 << 20)..=(1 << 50);

/// A day: nothing is measured for longer.
const LONGEST_MS: u32 = 24 * 60 * 60 * 1_000;

/// Samples that are worth waiting for.
const MOST_SAMPLES: u64 = 10_000;

table! {
    /// A measurement of what a build makes. Keys that are not listed here are settings of its probe.
    RawBench: open {
        /// What a plugin measures, as `name` or `plugin/name`; `orch plugin list` shows who offers what.
        probe: Spanned<OfferText> = "probe", required "probe = \"startup\"";
        /// The build that is measured, as `build.agent`.
        of: Spanned<String> = "of", required "of = \"build.agent\"";
        /// Names of targets of that build; all of them if it is left out.
        targets: Spanned<Vec<Spanned<String>>> = "targets";
        /// How many samples are taken at first; a gate that they cannot decide takes more.
        samples: Spanned<u64> = "samples";
        /// How often the work is done before it counts.
        warmups: Spanned<u64> = "warmups";
        /// How long one process of a sample may take, or one request of a load, as `"30s"`.
        timeout: Spanned<DurationText> = "timeout";
        /// On how many CPUs of its own the program runs; the scheduler's choice if it is left out.
        cpus: Spanned<u64> = "cpus";
        /// What the program may take of the machine; all of it if it is left out.
        limits: Spanned<Inline<RawLimits>> = "limits";
        /// What a metric is held to, or a list of such tables.
        gate: GateEntries = "gate";
        /// Nodes that must have succeeded before, such as `task.test` or `build.a@pi5`.
        needs: Vec<Spanned<String>> = "needs";
        /// A machine of a fleet to measure on, reached by `ssh`: `fleet.lab` for the first one that is what the target says, `fleet.lab/pi-1` for that one; this machine if it is left out.
        on: Spanned<String> = "on";
        /// What to compare with: a run, a commit or a name that git has for one, another target, or a toolchain with its release; the last good measurement if it is left out.
        baseline: Spanned<String> = "baseline";
    }
}

table! {
    /// What a program may take, with all that it starts.
    RawLimits {
        /// How much memory, as `"256MiB"`.
        memory: Spanned<MemoryText> = "memory";
        /// How many CPUs' time, as `0.5` for half of one.
        cpus: Spanned<Number> = "cpus";
    }
}

/// An amount of memory, in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MemoryText(u64);

impl FromText for MemoryText {
    const WANTED: &'static str = "an amount of memory such as `\"256MiB\"`";
    const WANTED_MANY: &'static str = "amounts of memory";

    fn quoted(written: &str) -> String {
        format!("put it in quotes, with a unit: `\"{written}MiB\"`")
    }

    fn from_text(text: &str) -> Result<Self, Complaint> {
        let units = [("KiB", 10), ("MiB", 20), ("GiB", 30)];
        let bytes = units.iter().find_map(|(unit, shift)| {
            let number = text.strip_suffix(unit)?.trim_end().parse::<u64>().ok()?;
            number.checked_mul(1 << shift)
        });
        match bytes {
            Some(bytes) if LIMITS_OF_MEMORY.contains(&bytes) => Ok(Self(bytes)),
            _ => Err(Complaint::of_key(format!("cannot be `{}`", shorten(text)))
                .hint("write a whole number and a unit, from `16MiB` on: `256MiB`, `2GiB`")),
        }
    }

    fn schema() -> Json {
        json!({ "type": "string", "pattern": "^[0-9]+ ?(KiB|MiB|GiB)$" })
    }
}

table! {
    /// What a metric is held to.
    RawGate {
        /// The metric's name; a run names those that the probe gives.
        metric: Spanned<String> = "metric", required "metric = \"wall\"";
        /// How much worse than the last good measurement it may be, as `"3%"`.
        worse_than: PercentText = "worse-than", required "worse-than = \"3%\"";
        /// How sure the verdict must be, between 0.5 and 1; 0.99 if it is left out.
        confidence: Confidence = "confidence";
    }
}

/// One gate, or several.
#[derive(Debug)]
pub(crate) struct GateEntries(Vec<Spanned<Gate>>);

impl Shape for GateEntries {
    fn wanted() -> String {
        "a table with `metric` and `worse-than`, or a list of such tables".to_owned()
    }

    fn wanted_many() -> String {
        "gates".to_owned()
    }

    fn read(node: &Node<'_>, at: At<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        match node.get_ref() {
            DeValue::Table(_) => Some(Self(gate(node, at, reader).into_iter().collect())),
            DeValue::Array(items) => {
                let at = At { item: true, ..at };
                let gates: Vec<_> = items.iter().map(|item| gate(item, at, reader)).collect();
                gates.into_iter().collect::<Option<_>>().map(Self)
            }
            _ => {
                wrong_type::<Self>(node, at, None, reader);
                None
            }
        }
    }

    fn schema() -> Json {
        let gate = Json::Object(crate::table::schema::<RawGate>());
        json!({ "anyOf": [gate, { "type": "array", "items": gate }] })
    }
}

fn gate(node: &Node<'_>, at: At<'_>, reader: &mut Reader<'_>) -> Option<Spanned<Gate>> {
    let DeValue::Table(table) = node.get_ref() else {
        wrong_type::<GateEntries>(node, at, None, reader);
        return None;
    };
    let path = format!("{}.{}", at.table, at.key);
    let raw = RawGate::read_table(table, &path, node.span(), reader);
    let metric = raw.metric?;
    let gate = Gate {
        metric: metric.value,
        worse_than: raw.worse_than?.0,
        confidence: raw.confidence.map_or(CONFIDENCE, |confidence| confidence.0),
    };
    Some(Spanned::new(gate, metric.span))
}

/// A share in percent, kept as a fraction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PercentText(f64);

impl FromText for PercentText {
    const WANTED: &'static str = "a percentage such as `\"3%\"`";
    const WANTED_MANY: &'static str = "percentages";

    fn quoted(written: &str) -> String {
        format!("put it in quotes, with a percent sign: `\"{written}%\"`")
    }

    fn from_text(text: &str) -> Result<Self, Complaint> {
        let number = text.strip_suffix('%').map(str::trim_end);
        let number = number.and_then(|number| number.parse::<f64>().ok());
        match number {
            Some(percent) if percent > 0.0 && percent <= 1_000.0 => Ok(Self(percent / 100.0)),
            _ => Err(Complaint::of_key(format!("cannot be `{}`", shorten(text)))
                .hint("write a number above 0 and a percent sign, as in `\"3%\"`")),
        }
    }

    fn schema() -> Json {
        json!({ "type": "string", "pattern": "^[0-9]+(\\.[0-9]+)? ?%$" })
    }
}

/// How sure a verdict must be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Confidence(f64);

impl Shape for Confidence {
    fn wanted() -> String {
        "a number between 0.5 and 1".to_owned()
    }

    fn wanted_many() -> String {
        "numbers between 0.5 and 1".to_owned()
    }

    fn read(node: &Node<'_>, at: At<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let DeValue::Float(float) = node.get_ref() else {
            wrong_type::<Self>(node, at, None, reader);
            return None;
        };
        match float.as_str().parse::<f64>() {
            Ok(value) if (0.5..1.0).contains(&value) => Some(Self(value)),
            _ => {
                reader.problems.add(
                    Diagnostic::error(format!("{at} must be {}", Self::wanted()), node.span())
                        .hint("nothing that is measured is certain; 0.99 is wrong once in a hundred times"),
                );
                None
            }
        }
    }

    fn schema() -> Json {
        json!({ "type": "number", "minimum": 0.5, "exclusiveMaximum": 1 })
    }
}

/// The table with every name resolved.
pub(crate) fn bench(
    name: Name,
    raw: RawBench,
    around: &Around<'_>,
    problems: &mut Problems,
) -> BenchTable {
    let wanting = format!("bench `{}`", shorten(&name));
    let missing = || Spanned::new(String::new(), name.span.clone());
    let of = raw.of.unwrap_or_else(missing);
    let build = match of.is_empty() {
        true => None,
        false => of::build(&wanting, &of, around.builds, problems),
    };
    let targets = raw.targets.map(|targets| targets.value).unwrap_or_default();
    if let Some(build) = build {
        of::targets(&wanting, &targets, build, problems);
    }
    let measured = match (build, targets.is_empty()) {
        (Some(build), true) => build.targets.as_slice(),
        _ => targets.as_slice(),
    };
    let on = raw
        .on
        .and_then(|place| on::on(&wanting, place, measured, around, problems));
    BenchTable {
        probe: raw
            .probe
            .map(|probe| probe.map(|text| text.0))
            .unwrap_or_else(missing),
        of: build.map_or(of.clone(), |build| {
            Spanned::new(build.name.value.clone(), of.span)
        }),
        targets,
        samples: raw
            .samples
            .and_then(|count| number(&wanting, "samples", 1..=MOST_SAMPLES, count, problems)),
        warmups: raw
            .warmups
            .and_then(|count| number(&wanting, "warmups", 0..=MOST_SAMPLES, count, problems)),
        timeout_ms: raw
            .timeout
            .and_then(|timeout| within_a_day(&wanting, timeout, problems)),
        cpus: raw
            .cpus
            .and_then(|count| number(&wanting, "cpus", 1..=MOST_CPUS, count, problems)),
        limits: raw
            .limits
            .and_then(|limits| self::limits(&wanting, limits, on.as_ref(), problems)),
        on,
        baseline: raw
            .baseline
            .and_then(|name| self::baseline(&wanting, name, problems)),
        gates: raw.gate.map(|gates| gates.0).unwrap_or_default(),
        needs: raw.needs.unwrap_or_default(),
        settings: raw.settings,
        name,
    }
}

fn number(
    wanting: &str,
    key: &str,
    possible: RangeInclusive<u64>,
    count: Spanned<u64>,
    problems: &mut Problems,
) -> Option<u32> {
    if possible.contains(&count.value) {
        return u32::try_from(count.value).ok();
    }
    let message = format!("{wanting} wants {} {key}", count.value);
    let hint = format!("{} to {} are possible", possible.start(), possible.end());
    problems.add(Diagnostic::error(message, count.span).hint(hint));
    None
}

fn limits(
    wanting: &str,
    raw: Spanned<Inline<RawLimits>>,
    on: Option<&Spanned<FleetPlace>>,
    problems: &mut Problems,
) -> Option<Spanned<BenchLimits>> {
    let (span, raw) = (raw.span, raw.value.0);
    if on.is_some() {
        let message = format!("{wanting} has `limits`, which a machine of a fleet does not know");
        let hint = "take `limits` or `on` out: a service's own limits there are those of its unit";
        problems.add(Diagnostic::error(message, span).hint(hint));
        return None;
    }
    if raw.memory.is_none() && raw.cpus.is_none() && raw.unreadable.is_empty() {
        let message = format!("the `limits` of {wanting} limit nothing");
        let hint = "write `memory = \"256MiB\"` or `cpus = 0.5`, or leave them out";
        problems.add(Diagnostic::error(message, span).hint(hint));
        return None;
    }
    let cpus = raw.cpus.and_then(|cpus| {
        // The kernel counts in hundredths of a CPU.
        let possible = 0.01..=MOST_CPUS as f64;
        if possible.contains(&cpus.value.0) {
            return Some((cpus.value.0 * 1_000.0).round() as u32);
        }
        let message = format!("{wanting} is limited to the time of {} CPUs", cpus.value.0);
        let hint = format!("0.01 to {MOST_CPUS} are possible");
        problems.add(Diagnostic::error(message, cpus.span).hint(hint));
        None
    });
    let limits = BenchLimits {
        memory_bytes: raw.memory.map(|memory| memory.value.0),
        milli_cpus: cpus,
    };
    Some(Spanned::new(limits, span))
}

fn within_a_day(
    wanting: &str,
    timeout: Spanned<DurationText>,
    problems: &mut Problems,
) -> Option<u32> {
    match u32::try_from(timeout.value.0) {
        Ok(milliseconds) if milliseconds <= LONGEST_MS => Some(milliseconds),
        _ => {
            let message = format!("{wanting} allows a sample more than a day");
            problems.add(Diagnostic::error(message, timeout.span).hint("`24h` is the longest"));
            None
        }
    }
}

/// What is compared with, by a name that is looked for in the history.
fn baseline(wanting: &str, name: Spanned<String>, problems: &mut Problems) -> Option<String> {
    let is_odd = name.is_empty() || name.starts_with('-') || name.contains(char::is_control);
    if is_odd {
        let message = format!(
            "{wanting} has the baseline `{}`, which names nothing",
            shorten(&name)
        );
        let hint = "name a run, a commit such as `v1.2`, a target, or a toolchain with its \
                    release, as `orch history` shows them";
        problems.add(Diagnostic::error(message, name.span).hint(hint));
        return None;
    }
    Some(name.value)
}
