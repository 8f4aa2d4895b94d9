//! Small pieces, compared whole.

use expect_test::expect;
use orch_engine::port::Verdict;
use orch_model::Better;

use super::{gated, metric, row, series};
use crate::html::FlameGraph;
use crate::html::changes::changes;
use crate::html::distribution::distribution;
use crate::html::flame::flame;
use crate::html::history::history;
use crate::html::sizes::sizes;
use crate::html::summary::summary;
use crate::html::table::table;

const VALUES: [f64; 5] = [2.2e6, 2.3e6, 2.31e6, 2.4e6, 2.9e6];

#[test]
fn the_summary_says_what_fails_first() {
    let why = "about 40 samples would do <here>".to_owned();
    let rows = [
        row(
            "a",
            "static",
            vec![gated(metric("wall", &VALUES), Verdict::Holds)],
        ),
        row(
            "b",
            "static",
            vec![
                gated(metric("wall", &VALUES), Verdict::Inconclusive(why)),
                gated(metric("user", &VALUES), Verdict::Fails),
            ],
        ),
    ];
    expect![[r##"
        <section class="summary" id="summary">
        <ul class="tiles">
        <li class="fails"><b>✗ 1</b> gate fails</li>
        <li class="open"><b>? 1</b> gate is open</li>
        <li class="holds"><b>✓ 1</b> gate holds</li>
        </ul>
        <ul class="gates">
        <li class="fails"><span class="sign" role="img" aria-label="fails">✗</span> <b>user</b> of <a href="#bench-2">bench.b@static</a>: +10.0 % (+8.0 … +12.0 %), 5.0 % allowed</li>
        </ul>
        <ul class="gates">
        <li class="open"><span class="sign" role="img" aria-label="open">?</span> <b>wall</b> of <a href="#bench-2">bench.b@static</a>: +10.0 % (+8.0 … +12.0 %), 5.0 % allowed; about 40 samples would do &lt;here&gt;</li>
        </ul>
        <ul class="gates">
        <li class="holds"><span class="sign" role="img" aria-label="holds">✓</span> <b>wall</b> of <a href="#bench-1">bench.a@static</a>: +10.0 % (+8.0 … +12.0 %), 5.0 % allowed</li>
        </ul>
        </section>
    "##]].assert_eq(&summary(&rows));
    expect![[r#"
        <section class="summary" id="summary">
        <p>No metric is held to a gate.</p>
        </section>
    "#]]
    .assert_eq(&summary(&[row(
        "a",
        "static",
        vec![metric("wall", &VALUES)],
    )]));
}

#[test]
fn samples_of_both_sides_lie_on_one_axis() {
    expect![[r#"
        <svg viewBox="0 0 360 150" role="img" aria-label="Samples of wall. this build: 2.31 ms, 5 samples; before: 2.10 ms, 5 samples">
        <line class="grid" x1="299.5" y1="0" x2="299.5" y2="132"/>
        <text class="tick middle" x="299.5" y="145">2.8 ms</text>
        <line class="grid" x1="231.2" y1="0" x2="231.2" y2="132"/>
        <text class="tick middle" x="231.2" y="145">2.6</text>
        <line class="grid" x1="162.9" y1="0" x2="162.9" y2="132"/>
        <text class="tick middle" x="162.9" y="145">2.4</text>
        <line class="grid" x1="94.6" y1="0" x2="94.6" y2="132"/>
        <text class="tick middle" x="94.6" y="145">2.2</text>
        <line class="grid" x1="26.3" y1="0" x2="26.3" y2="132"/>
        <text class="tick middle" x="26.3" y="145">2.0</text>
        <text class="label strong" x="0" y="12">this build</text>
        <text class="label end" x="360" y="12">5 samples</text>
        <circle class="dot" cx="94.6" cy="37" r="3"><title>2.20 ms</title></circle>
        <circle class="dot" cx="128.8" cy="37" r="3"><title>2.30 ms</title></circle>
        <circle class="dot" cx="132.2" cy="37" r="3"><title>2.31 ms</title></circle>
        <circle class="dot" cx="162.9" cy="37" r="3"><title>2.40 ms</title></circle>
        <circle class="dot" cx="333.7" cy="37" r="3"><title>2.90 ms</title></circle>
        <line class="line" x1="94.6" y1="50" x2="333.7" y2="50"/>
        <rect class="box" x="128.8" y="44" width="34.2" height="12"><title>half of the samples: 2.30 … 2.40 ms</title></rect>
        <rect class="interval" x="128.8" y="47" width="34.2" height="6"><title>median, 95 % sure: 2.30 … 2.40 ms</title></rect>
        <line class="median" x1="132.2" y1="41" x2="132.2" y2="59"/>
        <text class="label strong" x="0" y="78">before</text>
        <text class="label end" x="360" y="78">5 samples</text>
        <circle class="ring" cx="26.3" cy="103" r="3"><title>2.00 ms</title></circle>
        <circle class="ring" cx="57.3" cy="103" r="3"><title>2.09 ms</title></circle>
        <circle class="ring" cx="60.5" cy="103" r="3"><title>2.10 ms</title></circle>
        <circle class="ring" cx="88.4" cy="103" r="3"><title>2.18 ms</title></circle>
        <circle class="ring" cx="243.7" cy="103" r="3"><title>2.64 ms</title></circle>
        <line class="line" x1="26.3" y1="116" x2="243.7" y2="116"/>
        <rect class="box" x="57.3" y="110" width="31.1" height="12"><title>half of the samples: 2.09 … 2.18 ms</title></rect>
        <rect class="interval" x="57.3" y="113" width="31.1" height="6"><title>median, 95 % sure: 2.09 … 2.18 ms</title></rect>
        <line class="median" x1="60.5" y1="107" x2="60.5" y2="125"/>
        </svg>
    "#]].assert_eq(&distribution(&metric("wall", &VALUES)).unwrap());
}

#[test]
fn many_samples_are_an_outline_and_far_ones_are_counted() {
    let mut values: Vec<f64> = (0..100).map(|value| f64::from(value % 10)).collect();
    values.push(1000.0);
    let mut metric = metric("wall", &values);
    metric.baseline = None;
    expect![[r#"
        <svg viewBox="0 0 360 106" role="img" aria-label="Samples of wall. this build: 5 ns, 101 samples">
        <line class="grid" x1="297.8" y1="0" x2="297.8" y2="88"/>
        <text class="tick middle" x="297.8" y="101">8 ns</text>
        <line class="grid" x1="226.8" y1="0" x2="226.8" y2="88"/>
        <text class="tick middle" x="226.8" y="101">6</text>
        <line class="grid" x1="155.9" y1="0" x2="155.9" y2="88"/>
        <text class="tick middle" x="155.9" y="101">4</text>
        <line class="grid" x1="84.9" y1="0" x2="84.9" y2="88"/>
        <text class="tick middle" x="84.9" y="101">2</text>
        <line class="grid" x1="14" y1="0" x2="14" y2="88"/>
        <text class="tick middle" x="14" y="101">0</text>
        <text class="label strong" x="0" y="12">this build</text>
        <text class="label end" x="360" y="12">101 samples</text>
        <path class="cloud own" d="M14 62L14 18L41.7 18L41.7 18L69.3 18L69.3 18L97 18L97 18L124.7 18L124.7 62L152.3 62L152.3 18L180 18L180 18L207.7 18L207.7 18L235.3 18L235.3 18L263 18L263 62L290.7 62L290.7 18L318.3 18L318.3 18L346 18L346 62"/>
        <line class="line" x1="14" y1="72" x2="333.2" y2="72"/>
        <rect class="box" x="84.9" y="66" width="177.4" height="12"><title>half of the samples: 2 … 7 ns</title></rect>
        <rect class="interval" x="14" y="69" width="319.2" height="6"><title>median, 95 % sure: 0 … 9 ns</title></rect>
        <line class="median" x1="191.4" y1="63" x2="191.4" y2="81"/>
        <text class="note end" x="360" y="24">1 up to 1 µs ▸</text>
        </svg>
    "#]].assert_eq(&distribution(&metric).unwrap());
}

#[test]
fn worse_is_right_whichever_way_is_better() {
    let mut throughput = gated(metric("throughput", &VALUES), Verdict::Holds);
    throughput.better = Better::More;
    let failing = gated(metric("wall", &VALUES), Verdict::Fails);
    expect![[r#"
        <svg viewBox="0 0 360 120" role="img" aria-label="Changes from the baseline. throughput +10.0 % (+8.0 … +12.0 %); wall +10.0 % (+8.0 … +12.0 %)">
        <line class="grid" x1="311.2" y1="18" x2="311.2" y2="102"/>
        <text class="tick middle" x="311.2" y="115">10 %</text>
        <line class="grid" x1="180" y1="18" x2="180" y2="102"/>
        <text class="tick middle" x="180" y="115">0</text>
        <line class="grid" x1="48.8" y1="18" x2="48.8" y2="102"/>
        <text class="tick middle" x="48.8" y="115">-10</text>
        <line class="zero" x1="180" y1="18" x2="180" y2="102"/>
        <text class="note end" x="175" y="11">◂ better</text>
        <text class="note" x="185" y="11">worse ▸</text>
        <rect class="shade" x="245.6" y="36" width="104.4" height="20"><title>allowed: 5.0 %</title></rect>
        <line class="gate" x1="245.6" y1="35" x2="245.6" y2="57"/>
        <text class="label strong" x="0" y="32">throughput<title>throughput</title></text>
        <text class="label end" x="360" y="32">+10.0 % ✓ holds (5.0 %)</text>
        <line class="range" x1="22.6" y1="46" x2="75.1" y2="46"/>
        <line class="cap" x1="22.6" y1="42" x2="22.6" y2="50"/>
        <line class="cap" x1="75.1" y1="42" x2="75.1" y2="50"/>
        <circle class="dot" cx="48.8" cy="46" r="4"><title>throughput +10.0 % (+8.0 … +12.0 %)</title></circle>
        <rect class="shade" x="245.6" y="78" width="104.4" height="20"><title>allowed: 5.0 %</title></rect>
        <line class="gate" x1="245.6" y1="77" x2="245.6" y2="99"/>
        <text class="label strong" x="0" y="74">wall<title>wall</title></text>
        <text class="label end" x="360" y="74">+10.0 % ✗ fails (5.0 %)</text>
        <line class="range" x1="284.9" y1="88" x2="337.4" y2="88"/>
        <line class="cap" x1="284.9" y1="84" x2="284.9" y2="92"/>
        <line class="cap" x1="337.4" y1="84" x2="337.4" y2="92"/>
        <path class="cross" d="M311.2 88m-4 -4l8 8m0 -8l-8 8"><title>wall +10.0 % (+8.0 … +12.0 %)</title></path>
        </svg>
    "#]].assert_eq(&changes(&[&throughput, &failing]).unwrap());
}

#[test]
fn a_table_has_no_column_that_nobody_needs() {
    let mut first = metric("wall", &VALUES);
    (first.baseline, first.change) = (None, None);
    expect![[r#"
        <div class="scroll"><table>
        <thead><tr><th>metric</th><th class="number">median</th><th class="number">95 % sure</th><th class="number">samples</th></tr></thead>
        <tbody>
        <tr><th scope="row">wall</th><td class="number">2.31 ms</td><td class="number">2.30 … 2.40 ms</td><td class="number">5</td></tr>
        </tbody>
        </table></div>
    "#]].assert_eq(&table(&[&first]));
    expect![[r#"
        <div class="scroll"><table>
        <thead><tr><th>metric</th><th>gate</th><th class="number">median</th><th class="number">95 % sure</th><th class="number">samples</th><th class="number">before</th><th class="number">change</th><th class="number">95 % sure</th></tr></thead>
        <tbody>
        <tr><th scope="row">wall</th><td><span class="fails">✗ fails</span> <small>5.0 % allowed</small></td><td class="number">2.31 ms</td><td class="number">2.30 … 2.40 ms</td><td class="number">5</td><td class="number">2.10 ms</td><td class="number">+10.0 %</td><td class="number">+8.0 … +12.0 %</td></tr>
        </tbody>
        </table></div>
    "#]].assert_eq(&table(&[&gated(metric("wall", &VALUES), Verdict::Fails)]));
    let mut counted = metric("file", &[100.0]);
    counted.unit = "B".into();
    expect![[r#"
        <div class="scroll"><table>
        <thead><tr><th>metric</th><th class="number">value</th><th class="number">before</th><th class="number">change</th></tr></thead>
        <tbody>
        <tr><th scope="row">file</th><td class="number">100 B</td><td class="number">90.9 B</td><td class="number">+10.0 %</td></tr>
        </tbody>
        </table></div>
    "#]].assert_eq(&table(&[&counted]));
}

#[test]
fn history_has_a_gap_where_a_run_has_no_value() {
    let series = series(
        "bench.a@static",
        &[2000.0, 2010.0, f64::NAN, 2005.0, 2200.0],
    );
    expect![[r#"
        <figure><figcaption><b>wall</b> over 5 runs, now 2.20 µs</figcaption>
        <svg viewBox="0 0 360 170" role="img" aria-label="wall of bench.a@static over 5 runs, of which 1 failed. Now: run r4, 0000000000000000000000000000000000000004, 2026-11-25 20:23 UTC: 2.20 µs (2.20 µs), failed">
        <line class="grid" x1="0" y1="130.9" x2="360" y2="130.9"/>
        <text class="tick" x="0" y="127.9">2.00</text>
        <line class="grid" x1="0" y1="103" x2="360" y2="103"/>
        <text class="tick" x="0" y="100">2.05</text>
        <line class="grid" x1="0" y1="75" x2="360" y2="75"/>
        <text class="tick" x="0" y="72">2.10</text>
        <line class="grid" x1="0" y1="47" x2="360" y2="47"/>
        <text class="tick" x="0" y="44">2.15</text>
        <line class="grid" x1="0" y1="19.1" x2="360" y2="19.1"/>
        <text class="tick" x="0" y="16.1">2.20 µs</text>
        <path class="band" d="M48 131.5L123.5 125.9L123.5 124.8L48 130.4"/>
        <path class="course" d="M48 130.9L123.5 125.3"/>
        <path class="band" d="M274.5 128.7L350 19.6L350 18.5L274.5 127.6"/>
        <path class="course" d="M274.5 128.1L350 19.1"/>
        <circle class="dot" cx="48" cy="130.9" r="2.5"><title>run r0, 0000000000000000000000000000000000000000, 2026-11-21 20:23 UTC: 2 µs (2.00 µs)</title></circle>
        <circle class="dot" cx="123.5" cy="125.3" r="2.5"><title>run r1, 0000000000000000000000000000000000000001, 2026-11-22 20:23 UTC: 2.01 µs (2.01 µs)</title></circle>
        <circle class="dot" cx="274.5" cy="128.1" r="2.5"><title>run r3, 0000000000000000000000000000000000000003, 2026-11-24 20:23 UTC: 2.00 µs (2.00 … 2.01 µs)</title></circle>
        <path class="cross" d="M350 19.1m-4 -4l8 8m0 -8l-8 8"><title>run r4, 0000000000000000000000000000000000000004, 2026-11-25 20:23 UTC: 2.20 µs (2.20 µs), failed</title></path>
        <text class="tick middle strong" x="335" y="150">0000000</text>
        <text class="tick middle" x="274.5" y="150">0000000</text>
        <text class="tick middle" x="199" y="150">0000000</text>
        <text class="tick middle" x="123.5" y="150">0000000</text>
        <text class="tick middle" x="48" y="150">0000000</text>
        <text class="tick" x="0" y="165">2026-11-21</text>
        <text class="tick end" x="360" y="165">2026-11-25</text>
        </svg>
        </figure>
    "#]].assert_eq(&history(&series));
}

#[test]
fn sizes_are_sorted_and_the_smallest_are_summed_up() {
    let part = |name: &str, bytes: f64| {
        let mut part = metric(name, &[bytes]);
        part.unit = "B".into();
        part
    };
    let some = vec![
        metric("file", &[9e6]),
        part("section .data", 1e4),
        part("agent section .text", 1e5),
    ];
    expect![[r#"
        <figure><figcaption><b>sections</b> 110 kB in all</figcaption>
        <svg viewBox="0 0 360 56" role="img" aria-label="Room by sections. agent .text 100 kB  +10.0 %; .data 10 kB  +10.0 %">
        <text class="label" x="0" y="12">agent .text<title>agent .text</title></text>
        <text class="label end" x="360" y="12">100 kB  +10.0 %</text>
        <rect class="bar" x="0" y="16" width="360" height="6"></rect>
        <rect class="outline" x="0" y="16" width="327.3" height="6"><title>before: 90.9 kB</title></rect>
        <text class="label" x="0" y="38">.data<title>.data</title></text>
        <text class="label end" x="360" y="38">10 kB  +10.0 %</text>
        <rect class="bar" x="0" y="42" width="36" height="6"></rect>
        <rect class="outline" x="0" y="42" width="32.7" height="6"><title>before: 9.09 kB</title></rect>
        </svg>
        </figure>
    "#]].assert_eq(&sizes(&row("size", "static", some).report));
    let many = (1..=18).map(|number| part(&format!("package p{number}"), f64::from(number) * 1e4));
    let many = sizes(&row("size", "static", many.collect()).report);
    assert!(many.contains("2 others 30 kB"), "{many}");
}

#[test]
fn a_profile_is_drawn_from_the_top() {
    let graph = FlameGraph {
        title: "agent",
        unit: "",
        folded: "main;serve;read 30\nmain;serve 10\nidle 60\nnonsense\n",
    };
    expect![[r#"
        <figure class="wide"><figcaption><b>agent</b> 100 samples; 1 line could not be read</figcaption>
        <div class="scroll"><svg viewBox="0 0 1080 72" role="img" aria-label="Flame graph of agent, 100 samples">
        <rect class="frame" x="0" y="0" width="1079.5" height="17"><title>all: 100 samples, 100.0 %</title></rect>
        <text class="label under" x="4" y="12.5">all</text>
        <rect class="frame odd" x="0" y="18" width="647.5" height="17"><title>idle: 60 samples, 60.0 %</title></rect>
        <text class="label under" x="4" y="30.5">idle</text>
        <rect class="frame odd" x="648" y="18" width="431.5" height="17"><title>main: 40 samples, 40.0 %</title></rect>
        <text class="label under" x="652" y="30.5">main</text>
        <rect class="frame" x="648" y="36" width="431.5" height="17"><title>serve: 40 samples, 40.0 %</title></rect>
        <text class="label under" x="652" y="48.5">serve</text>
        <rect class="frame odd" x="648" y="54" width="323.5" height="17"><title>read: 30 samples, 30.0 %</title></rect>
        <text class="label under" x="652" y="66.5">read</text>
        </svg>
        </div></figure>
    "#]].assert_eq(&flame(&graph));
}
