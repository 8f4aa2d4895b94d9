//! A bench's own section: where it was measured, its metrics in a table, and their plots.

use orch_engine::port::{BenchReport, MetricReport};

use crate::BenchRow;
use crate::bench::{SHOWN, is_news};
use crate::figure::human_value;

use super::Series;
use super::changes::{changes, told_change};
use super::distribution::distribution;
use super::history::history;
use super::markup::Escaped;
use super::sizes::sizes;
use super::table::table;

/// Metrics whose samples are drawn although nobody holds them to anything and they did not change.
const DRAWN: usize = 6;

/// Rows of the plot of changes, and plots of samples, at most.
const CHANGES: usize = 24;

/// What a metric is about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum MetricKind {
    /// The whole of what was measured.
    Whole,
    /// The size of a section, as the probe `size` names it.
    Section,
    /// The size of a package's code.
    Package,
}

impl MetricKind {
    /// By the metric's name, in front of which a file may stand: `agent section .text`.
    pub(super) fn of(metric: &MetricReport) -> Self {
        let says = |word: &str| {
            let parts = metric.name.split_once(word);
            parts.is_some_and(|(file, _)| file.is_empty() || file.ends_with(' '))
        };
        match metric.unit == "B" {
            true if says("section ") => Self::Section,
            true if says("package ") => Self::Package,
            _ => Self::Whole,
        }
    }
}

/// The section of a bench with the history of its metrics. Its place is `#bench-<id>`.
pub(super) fn bench(row: &BenchRow, id: usize, series: &[&Series]) -> String {
    let report = &row.report;
    let mut figures = change_figure(report);
    for metric in plotted(report) {
        figures.push_str(&samples(metric));
    }
    figures.extend(series.iter().map(|series| history(series)));
    figures.push_str(&sizes(report));
    format!(
        "<section class=\"bench\" id=\"bench-{id}\">\n<h2>{}</h2>\n{}{}{}</section>\n",
        Escaped(row.node.as_str()),
        about(row),
        tables(report),
        grid(&figures)
    )
}

/// Figures side by side as far as there is room; nothing if there are none.
pub(super) fn grid(figures: &str) -> String {
    match figures.is_empty() {
        true => String::new(),
        false => format!("<div class=\"figures\">\n{figures}</div>\n"),
    }
}

fn about(row: &BenchRow) -> String {
    let report = &row.report;
    let mut about = format!("<p class=\"about\">on {}", Escaped(&report.machine));
    match &report.baseline {
        Some(baseline) => about.push_str(&format!(", against {}", Escaped(baseline))),
        None => about.push_str(", with nothing to compare with yet"),
    }
    if row.known {
        about.push_str("; measured before");
    }
    if report.function_only {
        about.push_str("; an emulator ran it, so times say nothing");
    }
    about.push_str("</p>\n");
    if !report.notes.is_empty() {
        let notes = report.notes.iter();
        let notes: String = notes
            .map(|note| format!("<li>{}</li>", Escaped(note)))
            .collect();
        about.push_str(&format!("<ul class=\"notes\">{notes}</ul>\n"));
    }
    about
}

/// The metrics that matter, and all others folded away.
fn tables(report: &BenchReport) -> String {
    let (shown, rest): (Vec<_>, Vec<_>) = report
        .metrics
        .iter()
        .enumerate()
        .partition(|(position, metric)| *position < SHOWN || is_news(metric));
    let metrics = |part: Vec<(usize, &MetricReport)>| {
        let metrics: Vec<&MetricReport> = part.into_iter().map(|(_, metric)| metric).collect();
        table(&metrics)
    };
    let hidden = rest.len();
    let mut text = metrics(shown);
    if hidden > 0 {
        text.push_str(&format!(
            "<details><summary>{hidden} more metrics</summary>\n{}</details>\n",
            metrics(rest)
        ));
    }
    text
}

/// The samples of a metric, under a caption that says what became of it.
fn samples(metric: &MetricReport) -> String {
    let Some(picture) = distribution(metric) else {
        return String::new();
    };
    let value = human_value(metric.figures.median, &metric.unit);
    let change = metric
        .change
        .map(|change| format!(", {}", told_change(change)));
    let change = change.unwrap_or_default();
    format!(
        "<figure><figcaption><b>{}</b> {}{change}</figcaption>\n{picture}</figure>\n",
        Escaped(&metric.name),
        Escaped(&value)
    )
}

/// What is drawn of a report: what a gate holds, then what changed or is among the first few.
pub(super) fn plotted(report: &BenchReport) -> impl Iterator<Item = &MetricReport> {
    let wanted = gated_first(report).filter(|(position, metric)| {
        let is_first = *position < DRAWN && MetricKind::of(metric) == MetricKind::Whole;
        is_first || is_news(metric)
    });
    wanted.map(|(_, metric)| metric).take(CHANGES)
}

/// All metrics with their positions, those that a gate holds before the others.
fn gated_first(report: &BenchReport) -> impl Iterator<Item = (usize, &MetricReport)> {
    let part = |is_gated: bool| {
        let metrics = report.metrics.iter().enumerate();
        metrics.filter(move |(_, metric)| metric.gates.is_empty() != is_gated)
    };
    part(true).chain(part(false))
}

/// The plot of changes; nothing where nothing could be compared.
fn change_figure(report: &BenchReport) -> String {
    let news = gated_first(report)
        .map(|(_, metric)| metric)
        .filter(|metric| is_news(metric));
    let news: Vec<&MetricReport> = news.filter(|metric| metric.change.is_some()).collect();
    let shown = &news[..news.len().min(CHANGES)];
    let Some(picture) = changes(shown) else {
        return String::new();
    };
    let cut = match news.len() > shown.len() {
        true => format!("; {} of {} metrics", shown.len(), news.len()),
        false => String::new(),
    };
    format!(
        "<figure><figcaption><b>change</b> from the baseline, 95 % sure{cut}</figcaption>\n\
         {picture}</figure>\n"
    )
}
