//! What changed against what a gate allows: a forest plot, worse always to the right.

use orch_engine::port::{Change, GateReport, MetricReport};
use orch_model::Better;

use crate::figure::{human_change, range};

use super::WIDTH;
use super::picture::{Area, Mark, Picture};
use super::scale::Scale;
use super::verdict::{is_failing, sign, word};

const LEFT: f64 = 10.0;
const RIGHT: f64 = WIDTH - 10.0;
const HEAD: f64 = 18.0;
const ROW: f64 = 42.0;

/// Changes farther than this from nothing, as fractions, end in an arrow: one metric that is ten
/// times as slow would hide all others.
const FARTHEST: f64 = 1.0;

/// The picture of all metrics that could be compared; none without any.
pub(super) fn changes(metrics: &[&MetricReport]) -> Option<String> {
    let rows: Vec<(&MetricReport, Change)> = metrics
        .iter()
        .filter_map(|metric| Some((*metric, worsening(metric)?)))
        .collect();
    if rows.is_empty() {
        return None;
    }
    let ends = rows.iter().flat_map(|(metric, change)| {
        let gates = metric.gates.iter().map(|gate| gate.worse_than);
        gates.chain([change.low, change.high, change.estimate])
    });
    let ends = ends.filter(|end| end.is_finite()).chain([0.0]);
    let percents = ends.map(|end| 100.0 * end.clamp(-FARTHEST, FARTHEST));
    let scale = Scale::over(
        percents.flat_map(|percent| [percent, -percent / 4.0]),
        LEFT,
        RIGHT,
    );
    let bottom = HEAD + ROW * rows.len() as f64;
    let mut picture = Picture::new(WIDTH);
    scale.draw(&mut picture, "%", (HEAD, bottom), WIDTH);
    heads(&mut picture, &scale, bottom);
    for (position, (metric, change)) in rows.iter().enumerate() {
        row(
            &mut picture,
            &scale,
            metric,
            *change,
            HEAD + position as f64 * ROW,
        );
    }
    let told: Vec<String> = rows.iter().map(|(metric, _)| told(metric)).collect();
    let label = format!("Changes from the baseline. {}", told.join("; "));
    Some(picture.finish(bottom + 18.0, &label))
}

/// How much worse a metric became, as a fraction, whichever way it is better.
fn worsening(metric: &MetricReport) -> Option<Change> {
    let change = metric.change?;
    Some(match metric.better {
        Better::Less => change,
        Better::More => Change {
            estimate: -change.estimate,
            low: -change.high,
            high: -change.low,
        },
    })
}

fn heads(picture: &mut Picture, scale: &Scale, bottom: f64) {
    let zero = scale.place(0.0);
    picture.line("zero", (zero, HEAD), (zero, bottom));
    picture.text("note end", (zero - 5.0, 11.0), "◂ better");
    picture.text("note", (zero + 5.0, 11.0), "worse ▸");
}

/// One metric: its name and change in words, and below these the interval.
fn row(picture: &mut Picture, scale: &Scale, metric: &MetricReport, change: Change, top: f64) {
    let middle = top + 28.0;
    for gate in &metric.gates {
        threshold(picture, scale, gate, top);
    }
    picture.name("label strong", (0.0, top + 14.0), &metric.name, 170.0);
    picture.text("label end", (WIDTH, top + 14.0), &words(metric));
    let place = |fraction: f64| scale.place(100.0 * fraction);
    let (low, high) = (place(change.low), place(change.high));
    picture.line("range", (low, middle), (high, middle));
    for (end, fraction, arrow) in [(low, change.low, "◂"), (high, change.high, "▸")] {
        match fraction.abs() > FARTHEST {
            true => picture.text("label middle", (end, middle + 4.0), arrow),
            false => picture.line("cap", (end, middle - 4.0), (end, middle + 4.0)),
        }
    }
    let failing = metric.gates.iter().any(|gate| is_failing(&gate.verdict));
    let mark = if failing { Mark::Cross } else { Mark::Dot };
    picture.mark(mark, 4.0, (place(change.estimate), middle), &told(metric));
}

/// The line that an interval must not lie behind, and a shade over what is not allowed.
fn threshold(picture: &mut Picture, scale: &Scale, gate: &GateReport, top: f64) {
    let x = scale.place(100.0 * gate.worse_than);
    let title = format!("allowed: {}", allowed(gate));
    let shade = Area {
        x,
        y: top + 18.0,
        width: RIGHT - x,
        height: 20.0,
    };
    picture.area("shade", shade, &title);
    picture.line("gate", (x, top + 17.0), (x, top + 39.0));
}

/// What a gate allows: `5.0 %`.
pub(super) fn allowed(gate: &GateReport) -> String {
    human_change(gate.worse_than)
        .trim_start_matches(['+', '±'])
        .to_owned()
}

/// `+10.2 % ✗ fails (5.0 %)`.
fn words(metric: &MetricReport) -> String {
    let change = metric.change.map(|change| human_change(change.estimate));
    let mut words = change.unwrap_or_default();
    for gate in &metric.gates {
        let verdict = &gate.verdict;
        words.push_str(&format!(
            " {} {} ({})",
            sign(verdict),
            word(verdict),
            allowed(gate)
        ));
    }
    words
}

fn told(metric: &MetricReport) -> String {
    let change = metric.change.map(told_change);
    format!("{} {}", metric.name, change.unwrap_or_default())
}

/// A change with its interval, of which there is none for what is counted: `+10.2 % (+9.5 …
/// +10.9 %)`.
pub(super) fn told_change(change: Change) -> String {
    let estimate = human_change(change.estimate);
    match change.low == change.high {
        true => estimate,
        false => {
            let sure = range(&human_change(change.low), &human_change(change.high));
            format!("{estimate} ({sure})")
        }
    }
}
