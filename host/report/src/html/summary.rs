//! What the gates say, before anything else: how many fail, are open and hold, and which.

use orch_engine::port::{GateReport, MetricReport, Verdict};

use crate::BenchRow;

use super::changes::{allowed, told_change};
use super::markup::Escaped;
use super::verdict::{sign, word};

/// Gates that hold are folded away if there are more.
const HOLDING: usize = 8;

/// A gate and where it is explained.
struct Entry<'a> {
    /// The bench's place on the page.
    id: usize,
    row: &'a BenchRow,
    metric: &'a MetricReport,
    gate: &'a GateReport,
}

/// The section at the top. Benches are found at `#bench-<position>`, the first being 1.
pub(super) fn summary(rows: &[BenchRow]) -> String {
    let entries: Vec<Entry<'_>> = rows.iter().zip(1..).flat_map(entries).collect();
    if entries.is_empty() {
        return "<section class=\"summary\" id=\"summary\">\n\
                <p>No metric is held to a gate.</p>\n</section>\n"
            .to_owned();
    }
    let groups = [
        ("fails", "fail", "fails"),
        ("open", "are open", "is open"),
        (
            "first",
            "have nothing to compare with yet",
            "has nothing to compare with yet",
        ),
        ("holds", "hold", "holds"),
    ];
    let mut tiles = String::new();
    let mut lists = String::new();
    for (verdict, many, one) in groups {
        let meant: Vec<&Entry<'_>> = entries
            .iter()
            .filter(|entry| word(&entry.gate.verdict) == verdict)
            .collect();
        let Some(first) = meant.first() else {
            continue;
        };
        let words = if meant.len() == 1 { one } else { many };
        let noun = if meant.len() == 1 { "gate" } else { "gates" };
        tiles.push_str(&format!(
            "<li class=\"{verdict}\"><b>{} {}</b> {noun} {words}</li>\n",
            sign(&first.gate.verdict),
            meant.len()
        ));
        lists.push_str(&list(&meant, verdict == "holds" && meant.len() > HOLDING));
    }
    format!(
        "<section class=\"summary\" id=\"summary\">\n<ul class=\"tiles\">\n{tiles}</ul>\n{lists}</section>\n"
    )
}

fn entries((row, id): (&BenchRow, usize)) -> Vec<Entry<'_>> {
    let gates = row.report.gates(|_| true);
    gates
        .map(|(metric, gate)| Entry {
            id,
            row,
            metric,
            gate,
        })
        .collect()
}

fn list(entries: &[&Entry<'_>], is_folded: bool) -> String {
    let items: String = entries.iter().map(|entry| entry.item()).collect();
    let list = format!("<ul class=\"gates\">\n{items}</ul>\n");
    match is_folded {
        true => format!(
            "<details><summary>{} gates that hold</summary>\n{list}</details>\n",
            entries.len()
        ),
        false => list,
    }
}

impl Entry<'_> {
    /// `✗ wall of bench.startup@static: +10.2 % (+8.1 % … +12.2 %), 5.0 % allowed`.
    fn item(&self) -> String {
        let verdict = &self.gate.verdict;
        let change = self
            .metric
            .change
            .map(|change| format!("{}, ", told_change(change)));
        let why = match verdict {
            Verdict::Inconclusive(why) => format!("; {why}"),
            _ => String::new(),
        };
        format!(
            "<li class=\"{word}\"><span class=\"sign\" role=\"img\" aria-label=\"{word}\">{}</span> <b>{}</b> of \
             <a href=\"#bench-{}\">{}</a>: {}{} allowed{}</li>\n",
            sign(verdict),
            Escaped(&self.metric.name),
            self.id,
            Escaped(self.row.node.as_str()),
            change.unwrap_or_default(),
            allowed(self.gate),
            Escaped(&why),
            word = word(verdict),
        )
    }
}
