//! What takes the room of an artifact: its sections and packages as bars, the largest first.

use orch_engine::port::{BenchReport, MetricReport};

use crate::figure::{human_change, human_value};

use super::WIDTH;
use super::bench::MetricKind;
use super::markup::Escaped;
use super::picture::{Area, Picture};

/// Bars of one figure; what is smaller is summed up in a last one.
const BARS: usize = 16;

const ROW: f64 = 26.0;

/// A bar that was longer or shorter by less than this looks as it did.
const VISIBLE: f64 = 1.0;

/// A bar and what it stands for.
struct Bar {
    name: String,
    value: f64,
    before: Option<f64>,
    change: Option<f64>,
}

/// Figures of a report's sections and packages.
pub(super) fn sizes(report: &BenchReport) -> String {
    let figures = [
        ("sections", MetricKind::Section),
        ("packages", MetricKind::Package),
    ];
    let figures = figures.into_iter().map(|(title, kind)| {
        let metrics = report
            .metrics
            .iter()
            .filter(|metric| MetricKind::of(metric) == kind);
        figure(title, metrics.map(Bar::of).collect())
    });
    figures.collect()
}

impl Bar {
    fn of(metric: &MetricReport) -> Self {
        let finite = |value: f64| {
            if value.is_finite() {
                value.max(0.0)
            } else {
                0.0
            }
        };
        Self {
            name: metric
                .name
                .replacen("section ", "", 1)
                .replacen("package ", "", 1),
            value: finite(metric.figures.median),
            before: metric.baseline.as_ref().map(|before| finite(before.median)),
            change: metric.change.map(|change| change.estimate),
        }
    }
}

fn figure(title: &str, mut bars: Vec<Bar>) -> String {
    if bars.is_empty() {
        return String::new();
    }
    bars.sort_by(|one, other| other.value.total_cmp(&one.value));
    let whole: f64 = bars.iter().map(|bar| bar.value).sum();
    let others = bars.split_off(bars.len().min(BARS));
    if !others.is_empty() {
        bars.push(Bar {
            name: format!("{} others", others.len()),
            value: others.iter().map(|bar| bar.value).sum(),
            before: None,
            change: None,
        });
    }
    let told: Vec<String> = bars
        .iter()
        .map(|bar| format!("{} {}", bar.name, bar.told()))
        .collect();
    let mut picture = Picture::new(WIDTH);
    let sides = bars
        .iter()
        .flat_map(|bar| [Some(bar.value), bar.before])
        .flatten();
    let longest = sides.fold(1.0, f64::max);
    for (position, bar) in bars.iter().enumerate() {
        bar.draw(&mut picture, longest, position as f64 * ROW);
    }
    let label = format!("Room by {title}. {}", told.join("; "));
    format!(
        "<figure><figcaption><b>{}</b> {} in all</figcaption>\n{}</figure>\n",
        Escaped(title),
        human_value(whole, "B"),
        picture.finish(bars.len() as f64 * ROW + 4.0, &label)
    )
}

impl Bar {
    fn told(&self) -> String {
        let value = human_value(self.value, "B");
        match self.change {
            Some(change) if change != 0.0 => format!("{value}  {}", human_change(change)),
            _ => value,
        }
    }

    /// The bar below its name, and where it ended before.
    fn draw(&self, picture: &mut Picture, longest: f64, top: f64) {
        picture.name("label", (0.0, top + 12.0), &self.name, 220.0);
        picture.text("label end", (WIDTH, top + 12.0), &self.told());
        let bar = |value: f64| Area {
            x: 0.0,
            y: top + 16.0,
            width: WIDTH * (value / longest),
            height: 6.0,
        };
        picture.area("bar", bar(self.value), "");
        let moved = |before: &f64| (bar(*before).width - bar(self.value).width).abs() >= VISIBLE;
        if let Some(before) = self.before.filter(moved) {
            let title = format!("before: {}", human_value(before, "B"));
            picture.area("outline", bar(before), &title);
        }
    }
}
