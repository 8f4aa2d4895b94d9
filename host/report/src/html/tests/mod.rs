//! Pages and pieces of them: compared whole where they are small, read back where they are large.

mod pieces;
mod whole;

use orch_engine::port::{BenchReport, Change, Figures, GateReport, MetricReport, Verdict};
use orch_model::{Better, NodeId};

use crate::BenchRow;

use super::{Point, Series};

/// The median of these values, with an interval from the second to the last but one.
fn figures(values: &[f64]) -> Figures {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len() - 1;
    Figures {
        median: sorted[last / 2],
        low: sorted[last.min(1)],
        high: sorted[last.saturating_sub(1)],
        values: values.to_vec(),
    }
}

/// A metric in nanoseconds that is 10 % worse than before.
fn metric(name: &str, values: &[f64]) -> MetricReport {
    let before: Vec<f64> = values.iter().map(|value| value / 1.1).collect();
    MetricReport {
        name: name.into(),
        unit: "ns".into(),
        better: Better::Less,
        figures: figures(values),
        baseline: Some(figures(&before)),
        change: Some(Change {
            estimate: 0.1,
            low: 0.08,
            high: 0.12,
        }),
        gates: Vec::new(),
    }
}

fn gated(mut metric: MetricReport, verdict: Verdict) -> MetricReport {
    metric.gates.push(GateReport {
        worse_than: 0.05,
        confidence: 0.95,
        change: metric.change,
        verdict,
    });
    metric
}

fn row(bench: &str, target: &str, metrics: Vec<MetricReport>) -> BenchRow {
    BenchRow {
        node: NodeId::bench(bench, target, None),
        report: BenchReport {
            machine: "Neoverse-N1, 4 cores".into(),
            baseline: Some("run 3".into()),
            metrics,
            ..BenchReport::default()
        },
        known: false,
    }
}

/// A series of these medians with an interval of 1 either way, of which the last run failed.
fn series(node: &str, medians: &[f64]) -> Series {
    let points = medians.iter().enumerate().map(|(position, median)| Point {
        run: format!("r{position}"),
        commit: Some(format!("{position:040x}")),
        time_s: 1_795_292_580 + 86_400 * position as i64,
        median: *median,
        low: median - 1.0,
        high: median + 1.0,
        failed: position + 1 == medians.len(),
    });
    Series {
        node: node.into(),
        metric: "wall".into(),
        unit: "ns".into(),
        better: Better::Less,
        points: points.collect(),
    }
}
