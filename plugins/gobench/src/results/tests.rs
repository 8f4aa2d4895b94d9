//! What releases of Go really print, and what no release does. `go*.txt` are the outputs of one
//! module's benchmarks, compiled and run by each.

use expect_test::{Expect, expect};
use orch_plugin::settings;

use super::*;

const GO_1_19: &str = include_str!("go1.19.txt");
const GO_1_22: &str = include_str!("go1.22.txt");
const GO_1_27: &str = include_str!("go1.27.txt");

fn read(measurement: &str, json: &str, texts: &[&str]) -> Result<Vec<Metric>, Error> {
    let samples: Vec<_> = texts.iter().map(|&text| Sample::printing(text)).collect();
    metrics(measurement, &settings(json)?, &samples)
}

fn check(measurement: &str, json: &str, texts: &[&str], expected: Expect) {
    let metrics = read(measurement, json, texts).unwrap();
    let shown: String = metrics.iter().map(Metric::text).collect();
    expected.assert_eq(&shown);
}

fn refused(text: &str) -> String {
    match read(ONLY, r#"{"packages": "./x"}"#, &[text]) {
        Err(Error::Failed(text)) => text,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn every_release_says_it_alike() {
    check(
        ONLY,
        "{}",
        &[GO_1_19, GO_1_22, GO_1_27],
        expect![[r#"
        BenchmarkParse/small ns/op: [58.74, 46.4, 40.7] ns/op, Better::Less
        BenchmarkParse/small MB/s: [51.07, 64.66, 73.71] MB/s, Better::More
        BenchmarkParse/small fields: [2.0, 2.0, 2.0] fields, Better::Less
        BenchmarkParse/small records/s: [8.072, 7.452, 5.418] records/s, Better::More
        BenchmarkParse/small B/op: [32.0, 32.0, 32.0] B/op, Better::Less
        BenchmarkParse/small allocs/op: [1.0, 1.0, 1.0] allocs/op, Better::Less
        BenchmarkParse/large ns/op: [11505.0, 18690.0, 11584.0] ns/op, Better::Less
        BenchmarkParse/large MB/s: [173.84, 107.01, 172.65] MB/s, Better::More
        BenchmarkParse/large fields: [1001.0, 1001.0, 1001.0] fields, Better::Less
        BenchmarkParse/large records/s: [1623.0, 2463.0, 1984.0] records/s, Better::More
        BenchmarkParse/large B/op: [16384.0, 16384.0, 16384.0] B/op, Better::Less
        BenchmarkParse/large allocs/op: [1.0, 1.0, 1.0] allocs/op, Better::Less
        BenchmarkNothing ns/op: [0.3048, 0.4589, 0.282] ns/op, Better::Less
        BenchmarkNothing B/op: [0.0, 0.0, 0.0] B/op, Better::Less
        BenchmarkNothing allocs/op: [0.0, 0.0, 0.0] allocs/op, Better::Less
        BenchmarkTiny x/op: [1.2e-5, 1.2e-5, 1.2e-5] x/op, Better::Less
        BenchmarkTiny B/op: [0.0, 0.0, 0.0] B/op, Better::Less
        BenchmarkTiny allocs/op: [0.0, 0.0, 0.0] allocs/op, Better::Less
    "#]],
    );
}

#[test]
fn the_package_stands_in_front_where_there_are_several() {
    check(
        "internal+x",
        "{}",
        &[GO_1_22],
        expect![[r#"
        example.test/agent/internal/x BenchmarkParse/small ns/op: [46.4] ns/op, Better::Less
        example.test/agent/internal/x BenchmarkParse/small MB/s: [64.66] MB/s, Better::More
        example.test/agent/internal/x BenchmarkParse/small fields: [2.0] fields, Better::Less
        example.test/agent/internal/x BenchmarkParse/small records/s: [7.452] records/s, Better::More
        example.test/agent/internal/x BenchmarkParse/small B/op: [32.0] B/op, Better::Less
        example.test/agent/internal/x BenchmarkParse/small allocs/op: [1.0] allocs/op, Better::Less
        example.test/agent/internal/x BenchmarkParse/large ns/op: [18690.0] ns/op, Better::Less
        example.test/agent/internal/x BenchmarkParse/large MB/s: [107.01] MB/s, Better::More
        example.test/agent/internal/x BenchmarkParse/large fields: [1001.0] fields, Better::Less
        example.test/agent/internal/x BenchmarkParse/large records/s: [2463.0] records/s, Better::More
        example.test/agent/internal/x BenchmarkParse/large B/op: [16384.0] B/op, Better::Less
        example.test/agent/internal/x BenchmarkParse/large allocs/op: [1.0] allocs/op, Better::Less
        example.test/agent/internal/x BenchmarkNothing ns/op: [0.4589] ns/op, Better::Less
        example.test/agent/internal/x BenchmarkNothing B/op: [0.0] B/op, Better::Less
        example.test/agent/internal/x BenchmarkNothing allocs/op: [0.0] allocs/op, Better::Less
        example.test/agent/internal/x BenchmarkTiny x/op: [1.2e-5] x/op, Better::Less
        example.test/agent/internal/x BenchmarkTiny B/op: [0.0] B/op, Better::Less
        example.test/agent/internal/x BenchmarkTiny allocs/op: [0.0] allocs/op, Better::Less
    "#]],
    );
}

#[test]
fn processors_stay_where_they_were_chosen_or_differ() {
    let text = "pkg: x\nBenchmarkA\t1\t2 ns/op\nBenchmarkA-2\t1\t3 ns/op\nPASS\n";
    check(
        ONLY,
        r#"{"cpu": [1, 2]}"#,
        &[text],
        expect![[r#"
        BenchmarkA ns/op: [2.0] ns/op, Better::Less
        BenchmarkA-2 ns/op: [3.0] ns/op, Better::Less
    "#]],
    );
    check(
        ONLY,
        "{}",
        &[text],
        expect![[r#"
        BenchmarkA ns/op: [2.0] ns/op, Better::Less
        BenchmarkA-2 ns/op: [3.0] ns/op, Better::Less
    "#]],
    );
    let alike = "BenchmarkA/size-8-2\t1\t2 ns/op\nBenchmarkB-2\t1\t3 ns/op\nPASS\n";
    check(
        ONLY,
        "{}",
        &[alike],
        expect![[r#"
        BenchmarkA/size-8 ns/op: [2.0] ns/op, Better::Less
        BenchmarkB ns/op: [3.0] ns/op, Better::Less
    "#]],
    );
    check(
        ONLY,
        r#"{"cpu": [2]}"#,
        &[alike],
        expect![[r#"
        BenchmarkA/size-8-2 ns/op: [2.0] ns/op, Better::Less
        BenchmarkB-2 ns/op: [3.0] ns/op, Better::Less
    "#]],
    );
}

#[test]
fn what_is_no_result_is_named() {
    let lines = [
        "BenchmarkParse-2   \thello from the benchmark",
        "BenchmarkParse-2",
        "BenchmarkParse-2\t100",
        "BenchmarkParse-2\t100\t58.74",
        "BenchmarkParse-2\t100\tNaN ns/op",
        "BenchmarkParse-2\t100\t+Inf MB/s",
        "BenchmarkParse-2\t100\t1e999 ns/op",
        "BenchmarkParse-2\t99999999999999999999\t1 ns/op",
        "BenchmarkParse-2\t-1\t1 ns/op",
        "Benchmark\u{1b}[2J\t1\t1 ns/op",
    ];
    for line in lines {
        let said = refused(&format!("goos: linux\n{line}\nPASS\n"));
        let shown: String = line.escape_debug().collect();
        assert!(
            said.starts_with(&format!("`{shown}` is no result")),
            "{said}"
        );
    }
    let long = format!("Benchmark{}\t1\t1 ns/op\nPASS\n", "x".repeat(10_000));
    // No letter but a small one begins the rest of a benchmark's name.
    assert!(refused(&long).starts_with("no benchmark matches"), "{long}");
    let long = long.replace("Benchmarkx", "BenchmarkX");
    assert!(refused(&long).contains("are allowed"));
}

#[test]
fn what_was_cut_or_is_empty_is_no_figure() {
    for text in ["", "\n", &GO_1_22[..300], "BenchmarkA-2\t1\t2 ns/op\n"] {
        let said = refused(text);
        assert!(said.contains("has no `PASS` at its end"), "{said}");
    }
}

#[test]
fn a_package_without_benchmarks_is_an_error_unless_a_pattern_found_it() {
    let nothing = "PASS\n";
    expect!["no benchmark matches `.`: set `bench` to a part of a benchmark's name, or `packages` to where it is"]
        .assert_eq(&refused(nothing));
    assert_eq!(
        read("x", r#"{"packages": "./..."}"#, &[nothing]),
        Ok(vec![])
    );
}
