//! A project's measurements as one page of HTML, to be read, sent and printed.
//!
//! The page refers to nothing outside of itself and runs no script; its pictures are inline SVG.
//! Nothing is told by colour alone. It deliberately knows no file and no history: which series are
//! worth showing, and what time it is, the caller says.

mod bench;
mod cells;
mod changes;
mod date;
mod distribution;
mod flame;
mod history;
mod markup;
mod picture;
mod scale;
mod sizes;
mod spread;
mod stacks;
mod summary;
mod table;
#[cfg(test)]
mod tests;
mod verdict;

use orch_model::Better;

pub use date::human_minute;

use crate::BenchRow;

use bench::{bench, grid};
use cells::{bench_name, cells};
use flame::flame;
use history::history;
use markup::Escaped;
use summary::summary;

/// How wide a picture is, in its own units, which are pixels at its usual size.
const WIDTH: f64 = 360.0;

const STYLE: &str = include_str!("page.css");

const READING: &str = "A filled mark is this build, a hollow one the baseline. A box holds the middle \
half of the samples, the dark bar in it is where the median lies, 95 % sure. A heavy bar is what a gate \
allows. A cross failed.";

/// All that a page tells.
#[derive(Clone, Copy, Debug)]
pub struct HtmlPage<'a> {
    /// The project's name.
    pub project: &'a str,
    /// When the page was made, for people; [`human_minute`] writes it.
    pub made: &'a str,
    /// The benches of this run, in the order of the page.
    pub benches: &'a [BenchRow],
    /// Metrics over runs, each with its bench if that is on the page, else behind all benches.
    pub history: &'a [Series],
    /// Profiles, behind everything else.
    pub flames: &'a [FlameGraph<'a>],
}

/// One metric of one bench over runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// The bench's node, such as `bench.startup@static`.
    pub node: String,
    /// The metric's name.
    pub metric: String,
    /// What it counts: `ns`, `B`, `requests/s`; empty for a plain number.
    pub unit: String,
    /// Which way it is better.
    pub better: Better,
    /// The oldest first.
    pub points: Vec<Point>,
}

/// A metric in one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// The run's name.
    pub run: String,
    /// The commit of the sources, if they have one.
    pub commit: Option<String>,
    /// When the run began: seconds since 1970-01-01, UTC.
    pub time_s: i64,
    /// In the series' unit; not finite if the run has no value.
    pub median: f64,
    /// The lower end of the median's interval of 95 %.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// Whether a gate failed on it.
    pub failed: bool,
}

/// A profile.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FlameGraph<'a> {
    /// What was profiled.
    pub title: &'a str,
    /// What the numbers count: `ns`, `B`; empty for samples.
    pub unit: &'a str,
    /// Folded stacks: `main;parse;read 12` on each line.
    pub folded: &'a str,
}

/// The page, from `<!DOCTYPE html>` on.
pub fn render_html(page: &HtmlPage<'_>) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
         <meta name=\"color-scheme\" content=\"light dark\"/>\n\
         <title>{project}: measurements</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <header>\n<h1>{project}</h1>\n<p class=\"about\">measured {made}</p>\n</header>\n<main>\n\
         {summary}{contents}{benches}{history}{flames}</main>\n\
         <footer>\n<p>{READING}</p>\n</footer>\n</body>\n</html>\n",
        project = Escaped(page.project),
        made = Escaped(page.made),
        summary = summary(page.benches),
        contents = contents(page.benches),
        benches = benches(page),
        history = other_history(page),
        flames = flames(page.flames),
    )
}

/// Links to all benches, where there are several.
fn contents(rows: &[BenchRow]) -> String {
    if rows.len() < 2 {
        return String::new();
    }
    let links = rows.iter().zip(1..).map(|(row, id)| {
        format!(
            "<a href=\"#bench-{id}\">{}</a>\n",
            Escaped(row.node.as_str())
        )
    });
    format!(
        "<nav aria-label=\"benches\">\n{}</nav>\n",
        links.collect::<String>()
    )
}

/// All benches. Before the first of several that differ only in target or toolchain stands what
/// sets these side by side.
fn benches(page: &HtmlPage<'_>) -> String {
    let mut text = String::new();
    let mut seen: Vec<&str> = Vec::new();
    for (row, id) in page.benches.iter().zip(1..) {
        let name = bench_name(row);
        if !seen.contains(&name) {
            seen.push(name);
            let alike = page
                .benches
                .iter()
                .filter(|other| bench_name(other) == name);
            text.push_str(&cells(name, seen.len(), &alike.collect::<Vec<_>>()));
        }
        let own = page
            .history
            .iter()
            .filter(|series| series.node == row.node.as_str());
        text.push_str(&bench(row, id, &own.collect::<Vec<_>>()));
    }
    text
}

/// The history of what is on no other place of the page.
fn other_history(page: &HtmlPage<'_>) -> String {
    let is_shown = |series: &Series| {
        page.benches
            .iter()
            .any(|row| row.node.as_str() == series.node)
    };
    let mut nodes: Vec<&str> = Vec::new();
    for series in page.history.iter().filter(|series| !is_shown(series)) {
        if !nodes.contains(&series.node.as_str()) {
            nodes.push(&series.node);
        }
    }
    let sections = nodes.iter().map(|node| {
        let series = page.history.iter().filter(|series| series.node == *node);
        format!(
            "<section class=\"bench\">\n<h2>{}</h2>\n<p class=\"about\">not part of this run</p>\n{}\
             </section>\n",
            Escaped(node),
            grid(&series.map(history).collect::<String>())
        )
    });
    sections.collect()
}

fn flames(graphs: &[FlameGraph<'_>]) -> String {
    if graphs.is_empty() {
        return String::new();
    }
    format!(
        "<section class=\"bench\" id=\"profiles\">\n<h2>Profiles</h2>\n{}</section>\n",
        graphs.iter().map(flame).collect::<String>()
    )
}
