//! The metrics of a bench as numbers.

use orch_engine::port::{GateReport, MetricReport};
use orch_model::Better;

use crate::figure::{grouped, human_change, human_value, range};

use super::changes::allowed;
use super::markup::Escaped;
use super::verdict::{sign, word};

/// A table of these metrics. What none of them has gets no column; there is
/// no table of none.
pub(super) fn table(metrics: &[&MetricReport]) -> String {
    if metrics.is_empty() {
        return String::new();
    }
    let columns = Columns {
        compared: metrics.iter().any(|metric| metric.change.is_some()),
        gated: metrics.iter().any(|metric| !metric.gates.is_empty()),
        sampled: metrics.iter().any(|metric| {
            let mut sides = metric.baseline.iter().chain([&metric.figures]);
            sides.any(|side| side.values.len() > 1)
        }),
    };
    let rows: String = metrics.iter().map(|metric| columns.row(metric)).collect();
    format!(
        "<div class=\"scroll\"><table>\n<thead><tr>{}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n",
        columns.heads()
    )
}

/// Which columns there are beside those that always are.
struct Columns {
    compared: bool,
    gated: bool,
    /// Whether anything was sampled; what is counted has no interval.
    sampled: bool,
}

impl Columns {
    fn heads(&self) -> String {
        let mut heads = String::from("<th>metric</th>");
        if self.gated {
            heads.push_str("<th>gate</th>");
        }
        let numbers: &[&str] = match (self.sampled, self.compared) {
            (true, true) => &[
                "median",
                "95 % sure",
                "samples",
                "before",
                "change",
                "95 % sure",
            ],
            (true, false) => &["median", "95 % sure", "samples"],
            (false, true) => &["value", "before", "change"],
            (false, false) => &["value"],
        };
        for head in numbers {
            heads.push_str(&format!("<th class=\"number\">{head}</th>"));
        }
        heads
    }

    /// What stands below these heads.
    fn numbers(&self, metric: &MetricReport) -> Vec<String> {
        let figures = &metric.figures;
        let value = |value: f64| human_value(value, &metric.unit);
        let mut numbers = vec![value(figures.median)];
        if self.sampled {
            numbers.push(interval(figures.low, figures.high, value));
            numbers.push(grouped(figures.values.len() as f64));
        }
        if self.compared {
            let before = metric.baseline.as_ref().map(|before| value(before.median));
            let change = metric.change.map(|change| human_change(change.estimate));
            numbers.extend([before, change].map(Option::unwrap_or_default));
        }
        if self.compared && self.sampled {
            let change = metric.change;
            let sure = change.map(|change| interval(change.low, change.high, human_change));
            numbers.push(sure.unwrap_or_default());
        }
        numbers
    }

    fn row(&self, metric: &MetricReport) -> String {
        let mut row = format!("<tr><th scope=\"row\">{}", Escaped(&metric.name));
        if metric.better == Better::More {
            row.push_str(" <small>more is better</small>");
        }
        row.push_str("</th>");
        if self.gated {
            let gates: Vec<String> = metric.gates.iter().map(gate).collect();
            row.push_str(&format!("<td>{}</td>", gates.join("<br/>")));
        }
        for number in self.numbers(metric) {
            row.push_str(&format!("<td class=\"number\">{}</td>", Escaped(&number)));
        }
        row.push_str("</tr>\n");
        row
    }
}

/// From one end to the other; nothing where these are one, as of what is counted.
fn interval(low: f64, high: f64, told: impl Fn(f64) -> String) -> String {
    match low == high {
        true => String::new(),
        false => range(&told(low), &told(high)),
    }
}

fn gate(gate: &GateReport) -> String {
    let word = word(&gate.verdict);
    let sign = sign(&gate.verdict);
    format!(
        "<span class=\"{word}\">{sign} {word}</span> <small>{} allowed</small>",
        allowed(gate)
    )
}
