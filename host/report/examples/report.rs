//! Writes a page of invented measurements to stdout, to see what `render_html` makes:
//! `cargo run -p orch-report --example report > report.html`.

use orch_engine::port::{BenchReport, Change, Figures, GateReport, MetricReport, Verdict};
use orch_model::{Better, NodeId};
use orch_report::{BenchRow, FlameGraph, HtmlPage, Point, Series, human_minute, render_html};

const FOLDED: &str = "\
main;run;listen;accept 61
main;run;serve;decode;json.Unmarshal;scanner.next 412
main;run;serve;decode;json.Unmarshal;reflect.Value.Set 188
main;run;serve;decode;json.Unmarshal;runtime.mallocgc 240
main;run;serve;store;sync.(*Mutex).Lock;runtime.futex 97
main;run;serve;store;append;runtime.growslice;runtime.mallocgc 204
main;run;serve;store;append;runtime.memmove 66
main;run;serve;respond;fmt.Fprintf;fmt.(*pp).doPrintf 171
main;run;serve;respond;net.(*conn).Write;syscall.write 305
runtime.gcBgMarkWorker;runtime.gcDrain;runtime.scanobject 288
runtime.gcBgMarkWorker;runtime.gcDrain;runtime.greyobject 77
";

fn main() {
    let benches = benches();
    let mut history = [
        history(
            "bench.startup@static",
            "wall",
            "ns",
            2.09e6,
            0.006,
            36,
            &[11, 12, 35],
        ),
        history(
            "bench.load@static",
            "throughput",
            "requests/s",
            41_800.0,
            0.012,
            36,
            &[],
        ),
        history("bench.size@static", "file", "B", 4.612e6, 0.0, 36, &[]),
        history(
            "bench.parse@pi5",
            "BenchmarkParse/small ns/op",
            "ns",
            812.0,
            0.02,
            200,
            &[120],
        ),
    ];
    history[1].better = Better::More;
    let flames = [FlameGraph {
        title: "agent under load, CPU",
        unit: "",
        folded: FOLDED,
    }];
    print!(
        "{}",
        render_html(&HtmlPage {
            project: "sensor-agent",
            made: &human_minute(1_795_292_580),
            benches: &benches,
            history: &history,
            flames: &flames,
        })
    );
}

fn benches() -> Vec<BenchRow> {
    let cell = |toolchain, wall, change, verdict| {
        let wall = gated(timed("wall", wall, 24, 0.012, change), 0.05, verdict);
        let user = timed("user", wall.figures.median * 0.61, 24, 0.02, change / 2.0);
        let resident = metric(
            "resident",
            "B",
            samples(9.1e6, 24, 0.004),
            Some((samples(9.08e6, 24, 0.004), 0.002)),
        );
        row(
            NodeId::bench("startup", "static", toolchain),
            vec![wall, user, resident],
        )
    };
    let mut emulated = row(
        NodeId::bench("startup", "pi5", None),
        vec![metric("wall", "ns", samples(2.31e6, 5, 0.03), None)],
    );
    emulated.report.function_only = true;
    emulated.report.baseline = None;
    vec![
        cell(None, 2.31e6, 0.102, Verdict::Fails),
        cell(Some("go@1.23.4"), 2.12e6, 0.004, Verdict::Holds),
        cell(Some("go@1.24.1"), 2.02e6, -0.031, Verdict::Holds),
        emulated,
        load(),
        size(),
    ]
}

fn load() -> BenchRow {
    let mut throughput = timed("throughput", 41_300.0, 20, 0.015, -0.012);
    throughput.unit = "requests/s".into();
    throughput.better = Better::More;
    let why = "the interval reaches over 3.0 %; about 60 samples would likely do".to_owned();
    let p99 = timed("p99", 3.9e6, 20, 0.09, 0.021);
    let mut p50 = timed("p50", 1.12e6, 4000, 0.06, 0.001);
    p50.figures.values.extend([9.1e6, 12.4e6, 31.0e6]);
    let mut row = row(
        NodeId::bench("load", "static", None),
        vec![
            gated(throughput, 0.03, Verdict::Holds),
            p50,
            gated(p99, 0.03, Verdict::Inconclusive(why)),
        ],
    );
    row.report.notes = vec![
        "4 cores change their frequency; `cpupower frequency-set -g performance` holds it".into(),
    ];
    row
}

fn size() -> BenchRow {
    let exact = |name: &str, bytes: f64, before: f64| {
        let change = bytes / before - 1.0;
        metric(name, "B", vec![bytes], Some((vec![before], change)))
    };
    let file = exact("file", 4_612_345.0, 4_611_900.0);
    let mut metrics = vec![gated(file, 0.01, Verdict::Holds)];
    for (name, bytes, before) in [
        ("section .text", 1_980_112.0, 1_979_700.0),
        ("section .rodata", 902_144.0, 902_144.0),
        ("section .gopclntab", 1_204_500.0, 1_204_467.0),
        ("section .data", 71_220.0, 71_220.0),
        ("section .noptrdata", 66_104.0, 66_104.0),
        ("package runtime", 512_300.0, 512_300.0),
        ("package net/http", 488_912.0, 488_912.0),
        ("package crypto/tls", 301_007.0, 301_007.0),
        ("package encoding/json", 98_720.0, 98_720.0),
        (
            "package example.org/sensor/internal/readings/store",
            61_450.0,
            61_038.0,
        ),
        ("package fmt", 44_208.0, 44_208.0),
    ] {
        metrics.push(exact(name, bytes, before));
    }
    row(NodeId::bench("size", "static", None), metrics)
}

fn row(node: NodeId, metrics: Vec<MetricReport>) -> BenchRow {
    BenchRow {
        node,
        report: BenchReport {
            machine: "Neoverse-N1, 4 cores, Linux 6.12".into(),
            baseline: Some("run 35 (9f3c1ab)".into()),
            metrics,
            ..BenchReport::default()
        },
        known: false,
    }
}

/// A metric in nanoseconds that changed by a fraction, with noise of a fraction of it.
fn timed(name: &str, median: f64, count: usize, noise: f64, change: f64) -> MetricReport {
    let before = samples(median / (1.0 + change), count, noise);
    metric(
        name,
        "ns",
        samples(median, count, noise),
        Some((before, change)),
    )
}

fn metric(
    name: &str,
    unit: &str,
    values: Vec<f64>,
    before: Option<(Vec<f64>, f64)>,
) -> MetricReport {
    let figures = figures(values);
    let width = (figures.high - figures.low) / figures.median;
    let change = before.as_ref().map(|(_, change)| Change {
        estimate: *change,
        low: change - 0.7 * width,
        high: change + 0.7 * width,
    });
    MetricReport {
        name: name.into(),
        unit: unit.into(),
        better: Better::Less,
        figures,
        baseline: before.map(|(values, _)| self::figures(values)),
        change,
        gates: Vec::new(),
    }
}

fn gated(mut metric: MetricReport, worse_than: f64, verdict: Verdict) -> MetricReport {
    metric.gates.push(GateReport {
        worse_than,
        confidence: 0.95,
        change: metric.change,
        verdict,
    });
    metric
}

/// The median with an interval as order statistics give it for large samples.
fn figures(values: Vec<f64>) -> Figures {
    let mut sorted = values.clone();
    sorted.sort_by(f64::total_cmp);
    let count = sorted.len();
    let reach = (0.98 * (count as f64).sqrt()) as usize;
    Figures {
        median: sorted[count / 2],
        low: sorted[(count / 2).saturating_sub(reach)],
        high: sorted[(count / 2 + reach).min(count - 1)],
        values,
    }
}

/// Values around a median with a tail to the right, the same at each call.
fn samples(median: f64, count: usize, noise: f64) -> Vec<f64> {
    let spread = (0..count).map(|number| {
        let part = ((number as f64 + 0.5) * 0.618_034).fract();
        let logit = (part / (1.0 - part)).ln();
        median * (1.0 + noise * logit * if logit > 0.0 { 0.8 } else { 0.4 })
    });
    spread.collect()
}

fn history(
    node: &str,
    name: &str,
    unit: &str,
    start: f64,
    noise: f64,
    runs: usize,
    failed: &[usize],
) -> Series {
    let points = (0..runs).map(|run| {
        let wave = 1.0 + noise * (run as f64 * 1.7).sin();
        let is_failed = failed.contains(&run);
        let median = start * wave * if is_failed { 1.1 } else { 1.0 };
        Point {
            run: format!("{}", run + 1),
            commit: Some(format!("{:07x}", (run + 1) * 7_654_321 % 0xfff_ffff)),
            time_s: 1_792_182_180 + run as i64 * 88_000,
            median,
            low: median * (1.0 - noise),
            high: median * (1.0 + 1.4 * noise),
            failed: is_failed,
        }
    });
    Series {
        node: node.into(),
        metric: name.into(),
        unit: unit.into(),
        better: Better::Less,
        points: points.collect(),
    }
}
