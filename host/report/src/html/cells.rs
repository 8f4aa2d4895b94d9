//! One bench over several targets or toolchains: each a row with its median and interval.

use orch_engine::port::MetricReport;

use crate::BenchRow;
use crate::figure::{human_value, range};

use super::WIDTH;
use super::bench::{MetricKind, grid, plotted};
use super::markup::Escaped;
use super::picture::{Mark, Picture};
use super::scale::Scale;

const LEFT: f64 = 14.0;
const RIGHT: f64 = WIDTH - 14.0;
const ROW: f64 = 40.0;

/// Where something was measured.
struct Cell<'a> {
    /// What stands behind the bench's name: `pi5+go@1.22`.
    name: &'a str,
    row: &'a BenchRow,
}

/// A section that sets the nodes of one bench side by side; nothing where no metric is in two.
pub(super) fn cells(bench: &str, id: usize, rows: &[&BenchRow]) -> String {
    let cells: Vec<Cell<'_>> = rows
        .iter()
        .map(|row| Cell {
            name: cell_name(row),
            row,
        })
        .collect();
    let mut names: Vec<&str> = Vec::new();
    for metric in rows.iter().flat_map(|row| plotted(&row.report)) {
        if MetricKind::of(metric) == MetricKind::Whole && !names.contains(&metric.name.as_str()) {
            names.push(&metric.name);
        }
    }
    let figures: String = names
        .iter()
        .filter_map(|name| figure(name, &cells))
        .collect();
    if figures.is_empty() {
        return figures;
    }
    format!(
        "<section class=\"bench\" id=\"cells-{id}\">\n<h2>{}</h2>\n\
         <p class=\"about\">{} targets and toolchains side by side</p>\n\
         {}</section>\n",
        Escaped(bench),
        cells.len(),
        grid(&figures)
    )
}

/// The name of the bench that a node measures: what is before its target.
pub(super) fn bench_name(row: &BenchRow) -> &str {
    let unit = row.node.unit();
    unit.split_once('@').map_or(unit, |(name, _)| name)
}

fn cell_name(row: &BenchRow) -> &str {
    let unit = row.node.unit();
    unit.split_once('@').map_or(unit, |(_, cell)| cell)
}

/// Whether a metric of this unit tells how fast something is.
fn is_time(unit: &str) -> bool {
    unit == "ns" || unit.starts_with("ns/") || unit.ends_with("/s")
}

/// The metric in all cells in which it can be compared: those that have it, in the first one's unit.
fn comparable<'a>(name: &str, cells: &'a [Cell<'a>]) -> Vec<(&'a Cell<'a>, &'a MetricReport)> {
    let mut found: Vec<(&Cell<'_>, &MetricReport)> = Vec::new();
    for cell in cells {
        let report = &cell.row.report;
        let metrics = report.metrics.iter().filter(|metric| metric.name == name);
        for metric in metrics.take(1) {
            // An emulator's times beside those of machines would be taken for a comparison.
            let is_real = !report.function_only || !is_time(&metric.unit);
            let is_alike = found
                .first()
                .is_none_or(|(_, first)| first.unit == metric.unit);
            if is_real && is_alike && metric.figures.median.is_finite() {
                found.push((cell, metric));
            }
        }
    }
    found
}

/// The metric's plot, unless there is nothing to set beside another.
fn figure(name: &str, cells: &[Cell<'_>]) -> Option<String> {
    let shown = comparable(name, cells);
    let [(_, first), _, ..] = shown.as_slice() else {
        return None;
    };
    let ends = shown.iter().flat_map(|(_, metric)| {
        let figures = &metric.figures;
        let before = metric.baseline.iter().map(|before| before.median);
        [figures.low, figures.median, figures.high]
            .into_iter()
            .chain(before)
    });
    let scale = Scale::over(ends, LEFT, RIGHT);
    let mut picture = Picture::new(WIDTH);
    let bottom = ROW * shown.len() as f64;
    scale.draw(&mut picture, &first.unit, (0.0, bottom), WIDTH);
    for (position, (cell, metric)) in shown.iter().enumerate() {
        draw(&mut picture, &scale, cell, metric, position as f64 * ROW);
    }
    let told = shown.iter().map(|(cell, metric)| told(cell, metric));
    let label = format!("{name} by target. {}", told.collect::<Vec<_>>().join("; "));
    Some(format!(
        "<figure><figcaption><b>{}</b> by target</figcaption>\n{}</figure>\n",
        Escaped(name),
        picture.finish(bottom + 18.0, &label)
    ))
}

fn draw(picture: &mut Picture, scale: &Scale, cell: &Cell<'_>, metric: &MetricReport, top: f64) {
    let figures = &metric.figures;
    let middle = top + 27.0;
    let name = match cell.row.report.function_only {
        true => format!("{} (emulated)", cell.name),
        false => cell.name.to_owned(),
    };
    picture.name("label strong", (0.0, top + 14.0), &name, 250.0);
    let value = human_value(figures.median, &metric.unit);
    picture.text("label end", (WIDTH, top + 14.0), &value);
    let (low, high) = (scale.place(figures.low), scale.place(figures.high));
    picture.line("range", (low, middle), (high, middle));
    for end in [low, high] {
        picture.line("cap", (end, middle - 4.0), (end, middle + 4.0));
    }
    if let Some(before) = &metric.baseline {
        let title = format!("before: {}", human_value(before.median, &metric.unit));
        picture.mark(
            Mark::Ring,
            4.0,
            (scale.place(before.median), middle),
            &title,
        );
    }
    picture.mark(
        Mark::Dot,
        4.0,
        (scale.place(figures.median), middle),
        &told(cell, metric),
    );
}

fn told(cell: &Cell<'_>, metric: &MetricReport) -> String {
    let value = |value| human_value(value, &metric.unit);
    let figures = &metric.figures;
    format!(
        "{} on {}: {} ({})",
        cell.name,
        cell.row.report.machine,
        value(figures.median),
        range(&value(figures.low), &value(figures.high))
    )
}
