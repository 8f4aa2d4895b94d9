//! What was measured: a table of figures for each bench, with its distributions in small.

use std::collections::BTreeSet;

use orch_engine::port::{BenchReport, GateReport, MetricReport, Verdict};
use orch_model::NodeId;

use crate::fault::render_warning;
use crate::figure::{human_change, human_value, range};
use crate::profiles::profiles;
use crate::style::Style;
use crate::table::Table;

/// How many columns a distribution takes.
const BUCKETS: usize = 12;

/// Metrics of a bench that are shown although nobody holds them to anything and nothing to compare
/// with is there.
pub(crate) const SHOWN: usize = 20;

/// A bench and its figures.
#[derive(Clone, Debug, PartialEq)]
pub struct BenchRow {
    /// Its node.
    pub node: NodeId,
    /// What was found.
    pub report: BenchReport,
    /// Whether it was measured before and not in this run.
    pub known: bool,
}

impl BenchRow {
    /// As programs read it; the guide to the events describes it.
    pub fn to_json(&self) -> serde_json::Value {
        let mut json = serde_json::to_value(&self.report).expect("it has a JSON form");
        json["node"] = self.node.as_str().into();
        json["known"] = self.known.into();
        json
    }
}

/// The figures of every bench, one table behind another.
pub fn render_benches(rows: &[BenchRow], style: Style) -> String {
    let tables: Vec<_> = rows.iter().map(|row| bench(row, style)).collect();
    let mut text = tables.join("\n");
    // Several benches are disturbed by the same things; those of before are no news.
    let mut said = BTreeSet::new();
    let new = rows.iter().filter(|row| !row.known);
    for note in new.flat_map(|row| &row.report.notes) {
        if said.insert(note) {
            text.push_str(&render_warning(note, None, style));
        }
    }
    text
}

fn bench(row: &BenchRow, style: Style) -> String {
    let report = &row.report;
    let mut title = format!("{} on {}", row.node, report.machine);
    if let Some(baseline) = &report.baseline {
        title.push_str(&format!(", against {baseline}"));
    }
    if report.function_only {
        title.push_str(", by an emulator: times mean nothing");
    }
    if row.known {
        title.push_str("; measured before");
    }
    let mut text = format!("{title}\n");
    if !report.metrics.is_empty() {
        text.push_str(&table(report).render(style));
    }
    if !report.profiles.is_empty() {
        text.push_str(&profiles(&report.profiles).render(style));
    }
    text
}

fn table(report: &BenchReport) -> Table {
    let compared = report
        .metrics
        .iter()
        .any(|metric| metric.baseline.is_some());
    let gated = report.metrics.iter().any(|metric| !metric.gates.is_empty());
    let mut headers = vec!["metric", "median", "95 % sure", "samples"];
    if compared {
        headers.extend(["before", "change", "95 % sure"]);
    }
    if gated {
        headers.push("gate");
    }
    headers.push("distribution");
    let mut table = Table::new(headers).right(1);
    for metric in shown(report) {
        let figures = &metric.figures;
        let value = |value: f64| human_value(value, &metric.unit);
        let mut cells = vec![
            metric.name.clone(),
            value(figures.median),
            range(&value(figures.low), &value(figures.high)),
            figures.values.len().to_string(),
        ];
        if compared {
            let before = metric.baseline.as_ref().map(|before| value(before.median));
            let change = metric.change.map(|change| human_change(change.estimate));
            let sure = metric
                .change
                .map(|change| range(&human_change(change.low), &human_change(change.high)));
            cells.extend([before, change, sure].map(Option::unwrap_or_default));
        }
        if gated {
            let gates = metric.gates.iter().map(gate);
            cells.push(gates.collect::<Vec<_>>().join(", "));
        }
        cells.push(distribution(metric));
        table.row(cells);
    }
    table
}

/// What is held to a gate, has changed, or else is among the first.
fn shown(report: &BenchReport) -> impl Iterator<Item = &MetricReport> {
    let metrics = report.metrics.iter().enumerate();
    metrics
        .filter(move |(position, metric)| *position < SHOWN || is_news(metric))
        .map(|(_, metric)| metric)
}

/// Whether a gate holds it, or it proved to have changed.
pub(crate) fn is_news(metric: &MetricReport) -> bool {
    let change = metric.change;
    let has_changed = change.is_some_and(|change| change.low > 0.0 || change.high < 0.0);
    has_changed || !metric.gates.is_empty()
}

fn gate(gate: &GateReport) -> String {
    let allowed = human_change(gate.worse_than);
    let allowed = allowed.trim_start_matches('+');
    match &gate.verdict {
        Verdict::Holds => format!("holds ({allowed})"),
        Verdict::First => format!("first ({allowed})"),
        Verdict::Fails => format!("FAILS ({allowed})"),
        Verdict::Inconclusive(_) => format!("open ({allowed})"),
    }
}

/// The values over the range of both sides, this build's: each column is as high as many values
/// fell there, the highest being full. Of one value there is none.
fn distribution(metric: &MetricReport) -> String {
    let own = &metric.figures.values;
    let before = metric.baseline.iter().flat_map(|before| &before.values);
    let all = own.iter().chain(before).copied();
    let (low, high) = all.fold((f64::MAX, f64::MIN), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    if own.len() < 2 || low >= high {
        return String::new();
    }
    let picture = |values: &[f64]| {
        let mut counts = [0_usize; BUCKETS];
        for value in values {
            let position = (value - low) / (high - low) * BUCKETS as f64;
            counts[(position as usize).min(BUCKETS - 1)] += 1;
        }
        let most = counts.iter().copied().max().unwrap_or(1).max(1);
        let column = |count: &usize| match (count * 8).div_ceil(most) {
            0 => ' ',
            height => ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'][height - 1],
        };
        counts.iter().map(column).collect::<String>()
    };
    match &metric.baseline {
        Some(before) if before.values.len() > 1 => {
            format!("{} before {}", picture(own), picture(&before.values))
        }
        _ => picture(own).trim_end().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use orch_engine::port::{Change, Figures};
    use orch_model::Better;

    use super::*;

    fn figures(values: &[f64]) -> Figures {
        Figures {
            median: values[values.len() / 2],
            low: values[1],
            high: values[values.len() - 2],
            values: values.to_vec(),
        }
    }

    fn row(verdict: Verdict) -> BenchRow {
        let metric = |name: &str, gates| MetricReport {
            name: name.into(),
            unit: "ns".into(),
            better: Better::Less,
            figures: figures(&[2.2e6, 2.3e6, 2.31e6, 2.4e6, 2.9e6]),
            baseline: Some(figures(&[2.0e6, 2.1e6, 2.1e6, 2.1e6, 2.2e6])),
            change: Some(Change {
                estimate: 0.102,
                low: 0.081,
                high: 0.122,
            }),
            gates,
        };
        BenchRow {
            node: NodeId::bench("startup", "static", None),
            report: BenchReport {
                machine: "Neoverse-N1, 4 cores".into(),
                function_only: false,
                baseline: Some("run 3".into()),
                notes: vec!["4 cores change their frequency".into()],
                profiles: Vec::new(),
                metrics: vec![
                    metric(
                        "wall",
                        vec![GateReport {
                            worse_than: 0.05,
                            confidence: 0.99,
                            change: None,
                            verdict,
                        }],
                    ),
                    metric("user", Vec::new()),
                ],
            },
            known: false,
        }
    }

    #[test]
    fn figures_with_a_baseline_and_a_gate() {
        expect![[r#"
            bench.startup@static on Neoverse-N1, 4 cores, against run 3
            METRIC   MEDIAN  95 % SURE       SAMPLES  BEFORE   CHANGE   95 % SURE       GATE           DISTRIBUTION
            wall    2.31 ms  2.30 … 2.40 ms  5        2.10 ms  +10.2 %  +8.1 … +12.2 %  FAILS (5.0 %)    ▄ █▄     ▄ before ▃█▃
            user    2.31 ms  2.30 … 2.40 ms  5        2.10 ms  +10.2 %  +8.1 … +12.2 %                   ▄ █▄     ▄ before ▃█▃
            warning: 4 cores change their frequency
        "#]].assert_eq(&render_benches(&[row(Verdict::Fails)], Style::PLAIN));
    }

    #[test]
    fn the_first_figures() {
        let mut row = row(Verdict::First);
        row.report.baseline = None;
        row.report.notes.clear();
        for metric in &mut row.report.metrics {
            metric.baseline = None;
            metric.change = None;
        }
        expect![[r#"
            bench.startup@static on Neoverse-N1, 4 cores
            METRIC   MEDIAN  95 % SURE       SAMPLES  GATE           DISTRIBUTION
            wall    2.31 ms  2.30 … 2.40 ms  5        first (5.0 %)  ▄█ ▄       ▄
            user    2.31 ms  2.30 … 2.40 ms  5                       ▄█ ▄       ▄
        "#]]
        .assert_eq(&render_benches(&[row], Style::PLAIN));
    }
}
