//! What must be true of every page, whatever it is made from.

use std::collections::BTreeSet;

use orch_engine::port::Verdict;
use roxmltree::{Document, ParsingOptions};

use super::{gated, metric, row, series};
use crate::BenchRow;
use crate::html::{FlameGraph, HtmlPage, Series, render_html};

/// Renders a page and reads it back: it is well-formed, refers to nothing outside, names no place
/// twice, links to places that are there, and its coordinates are numbers.
fn check(benches: &[BenchRow], history: &[Series], flames: &[FlameGraph<'_>]) -> String {
    let text = render_html(&HtmlPage {
        project: "agent",
        made: "today",
        benches,
        history,
        flames,
    });
    let options = ParsingOptions {
        allow_dtd: true,
        ..ParsingOptions::default()
    };
    let page = Document::parse_with_options(&text, options).expect("the page is well-formed");
    for outside in [
        "http:",
        "https:",
        "src=",
        "url(",
        "@import",
        "<script",
        "javascript:",
    ] {
        assert!(!text.contains(outside), "{outside}");
    }
    let nodes = || page.descendants().filter(|node| node.is_element());
    let mut ids = BTreeSet::new();
    for id in nodes().filter_map(|node| node.attribute("id")) {
        assert!(ids.insert(id), "{id} is there twice");
    }
    for link in nodes().filter_map(|node| node.attribute("href")) {
        assert!(
            ids.contains(link.trim_start_matches('#')),
            "{link} leads nowhere"
        );
    }
    for node in nodes() {
        for attribute in node.attributes() {
            numbers(attribute.name(), attribute.value());
        }
    }
    text
}

/// Fails if an attribute that holds coordinates holds anything but finite numbers.
fn numbers(name: &str, value: &str) {
    let geometry = [
        "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "d", "width", "height", "viewBox",
    ];
    if !geometry.contains(&name) {
        return;
    }
    let parts = value.split(|c: char| c == ' ' || "MLmlh".contains(c));
    for part in parts.filter(|part| !part.is_empty()) {
        let number: f64 = part.parse().unwrap_or(f64::NAN);
        assert!(number.is_finite() && number.abs() < 1e5, "{name}={value}");
    }
}

#[test]
fn nothing_at_all() {
    let text = check(&[], &[], &[]);
    assert!(text.contains("No metric is held to a gate."));
}

#[test]
fn everything_at_once() {
    let wall = gated(metric("wall", &[2e6, 2.1e6, 2.2e6]), Verdict::Fails);
    let mut size = metric("section .text", &[5e6]);
    size.unit = "B".into();
    let rows = [
        row("startup", "static", vec![wall.clone(), size]),
        row("startup", "pi5", vec![wall]),
    ];
    let history = [
        series("bench.startup@pi5", &[1.0, 2.0]),
        series("bench.gone@pi5", &[1.0]),
    ];
    let flames = [FlameGraph {
        title: "agent",
        unit: "",
        folded: "main;read 1\n",
    }];
    let text = check(&rows, &history, &flames);
    for part in [
        "by target",
        "over 2 runs",
        "not part of this run",
        "sections",
        "Profiles",
    ] {
        assert!(text.contains(part), "{part}");
    }
}

#[test]
fn names_from_outside_do_not_break_out() {
    let hostile = "</title></svg></style><script>alert(1)</script>\" onload=\"x' \u{1b}[2J\u{0}]]>";
    let mut metric = metric("", &[1.0, 2.0, 3.0]);
    metric.name = hostile.into();
    metric.unit = hostile.into();
    let metric = gated(metric, Verdict::Inconclusive(hostile.into()));
    let mut hostile_row = row(hostile, hostile, vec![metric.clone(), metric]);
    hostile_row.report.machine = hostile.into();
    hostile_row.report.baseline = Some(hostile.into());
    hostile_row.report.notes = vec![hostile.into()];
    let mut alone = series(hostile, &[1.0, 2.0]);
    alone.metric = hostile.into();
    alone.unit = hostile.into();
    for point in &mut alone.points {
        point.run = hostile.into();
        point.commit = Some(hostile.into());
    }
    let flames = [FlameGraph {
        title: hostile,
        unit: "",
        folded: &format!("{hostile};main 3\n"),
    }];
    let other = row(hostile, "other", hostile_row.report.metrics.clone());
    let text = check(&[hostile_row, other], &[alone], &flames);
    assert_eq!(text.matches("<style>").count(), 1);
    assert!(!text.contains("onload=\""));
}

#[test]
fn figures_at_the_edge_of_numbers() {
    let many: Vec<f64> = (0..10_000).map(|value| f64::from(value % 997)).collect();
    let edges: [&[f64]; 9] = [
        &[7.0],
        &[0.0, 0.0],
        &[5.0, 5.0, 5.0],
        &[-1.0, 1.0],
        &[1e-320, 1e300],
        &[f64::MAX, f64::MIN],
        &[f64::NAN, 1.0, f64::INFINITY],
        &[f64::NAN],
        &many,
    ];
    for values in edges {
        let mut metric = gated(metric("wall", values), Verdict::Fails);
        check(
            &[
                row("a", "x", vec![metric.clone()]),
                row("a", "y", vec![metric.clone()]),
            ],
            &[],
            &[],
        );
        for end in [f64::NAN, f64::INFINITY, 1e300] {
            let change = metric.change.as_mut().expect("it has one");
            (change.estimate, change.low, change.high) = (end, -end, end);
            metric.unit = "B".into();
            metric.name = "section .text".into();
            check(&[row("a", "x", vec![metric.clone()])], &[], &[]);
        }
        check(&[], &[series("bench.a@x", values)], &[]);
    }
}

#[test]
fn two_hundred_runs() {
    let medians: Vec<f64> = (0..200).map(|run| f64::from(run % 7)).collect();
    check(
        &[],
        &[series("bench.a@x", &medians), series("bench.a@y", &[])],
        &[],
    );
}

#[test]
fn a_thousand_metrics_do_not_make_a_thousand_plots() {
    let metrics = (0..1000).map(|number| metric(&format!("m{number}"), &[1.0, 2.0, 3.0]));
    let mut metrics: Vec<_> = metrics.collect();
    metrics[999] = gated(metric("last", &[1.0, 2.0, 3.0]), Verdict::Fails);
    let text = check(&[row("a", "x", metrics)], &[], &[]);
    assert!(text.matches("<figure").count() < 30);
    assert!(text.contains("; 24 of 1000 metrics"));
    assert!(
        text.contains("Samples of last."),
        "a gate's metric is drawn wherever it stands"
    );
}

#[test]
fn only_what_can_be_compared_stands_side_by_side() {
    let values = [2e6, 2.1e6, 2.2e6];
    let mut emulated = row("a", "pi5", vec![metric("wall", &values)]);
    emulated.report.function_only = true;
    let mut other_unit = metric("wall", &values);
    other_unit.unit = "B".into();
    let rows = [
        row("a", "static", vec![metric("wall", &values)]),
        emulated,
        row("a", "wasm", vec![other_unit]),
    ];
    assert!(!check(&rows, &[], &[]).contains("side by side"));
    let twice = [
        rows[0].clone(),
        row("a", "graviton", vec![metric("wall", &values)]),
    ];
    assert!(check(&twice, &[], &[]).contains("side by side"));
}
