//! Plans and readings as a person reads them.

use expect_test::{Expect, expect};
use orch_plugin::{InstalledToolchain, Machine, fake, settings};

use super::*;

const LISTEN: &str = r#""arguments": ["--listen", "127.0.0.1:${port}"]"#;

fn request() -> Request {
    Request::of("agent", InstalledToolchain::of("go", "1.22.10"))
}

fn planned(request: &Request, json: &str) -> Result<ProbePlan, Error> {
    HttpLoad::plan("http-load", request, settings(json)?, &fake::Facts::new())
}

fn problems(json: &str) -> String {
    planned(&request(), json).unwrap_err().text()
}

fn read(json: &str, documents: &[&str]) -> Result<String, Error> {
    let samples: Vec<_> = documents
        .iter()
        .map(|&text| Sample::printing(text))
        .collect();
    let metrics = HttpLoad::read("http-load", "c8", settings(json)?, &samples)?.metrics;
    Ok(metrics.iter().map(|metric| metric.text()).collect())
}

fn refused(documents: &[&str]) -> String {
    match read("{}", documents) {
        Err(Error::Failed(text)) => text,
        other => panic!("{other:?}"),
    }
}

fn check(actual: &str, expected: Expect) {
    expected.assert_eq(actual);
}

#[test]
fn a_ladder_is_a_measurement_for_each_rung() {
    let plan = planned(&request(), &format!("{{{LISTEN}}}")).unwrap();
    check(
        &plan.text(&[]),
        expect![[r#"
            measurement c1: 0 warm-ups, 5 samples, 46000 ms for one
              serves when 127.0.0.1:${port} takes connections, within 10000 ms
              runs artifact/build/agent --listen 127.0.0.1:${port}
              in scratch, reads [], keeps []
              sends GET http://127.0.0.1:${port}/ +0 bytes over 1 connections, rate None
              for 5000 ms after 1000 ms, each within 10000 ms
            measurement c8: 0 warm-ups, 5 samples, 46000 ms for one
              serves when 127.0.0.1:${port} takes connections, within 10000 ms
              runs artifact/build/agent --listen 127.0.0.1:${port}
              in scratch, reads [], keeps []
              sends GET http://127.0.0.1:${port}/ +0 bytes over 8 connections, rate None
              for 5000 ms after 1000 ms, each within 10000 ms
            measurement c64: 0 warm-ups, 5 samples, 46000 ms for one
              serves when 127.0.0.1:${port} takes connections, within 10000 ms
              runs artifact/build/agent --listen 127.0.0.1:${port}
              in scratch, reads [], keeps []
              sends GET http://127.0.0.1:${port}/ +0 bytes over 64 connections, rate None
              for 5000 ms after 1000 ms, each within 10000 ms
        "#]],
    );
}

#[test]
fn everything_can_be_said() {
    let json = format!(
        r#"{{{LISTEN}, "path": "/readings?n=3", "ready": "/healthz", "method": "POST",
            "headers": {{"content-type": "application/json"}}, "body": "[1]", "connections": [32],
            "rate": 500, "duration": "500ms", "warmup": "0s", "timeout": "1m"}}"#
    );
    check(
        &planned(&request(), &json).unwrap().text(&[]),
        expect![[r#"
            measurement c32: 0 warm-ups, 5 samples, 90500 ms for one
              serves when http://127.0.0.1:${port}/healthz says 200, within 10000 ms
              runs artifact/build/agent --listen 127.0.0.1:${port}
              in scratch, reads [], keeps []
              sends POST http://127.0.0.1:${port}/readings?n=3 content-type=application/json +3 bytes over 32 connections, rate Some(500.0)
              for 500 ms after 0 ms, each within 60000 ms
        "#]],
    );
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    check(
        &problems(
            r#"{"arguments": ["--listen", ":8080"], "path": "readings", "ready": "/a b",
            "method": "GET /", "headers": {"a b": "", "c": "x\r\ny: z"},
            "connections": [0, 8, 8, 20000], "rate": -1, "duration": "0s", "warmup": "soon",
            "timeout": "25h"}"#,
        ),
        expect![[r#"
            path: `readings` is no path of a URL
            ready: `/a b` is no path of a URL
            method: `GET /` is no HTTP method
            headers.a b: `a b` is no name of a header
            headers.c: the value of `c` holds control characters
            connections[0]: 0 connections are not possible, 1 to 10000 are
            connections[2]: 8 connections are there twice
            connections[3]: 20000 connections are not possible, 1 to 10000 are
            rate: no requests a second are no load
            duration: `duration` is no time at all
            warmup: `soon` is no length of time
            timeout: `25h` is longer than a day
            arguments: nothing tells the program at which port to listen
        "#]],
    );
    check(
        &problems(&format!(r#"{{{LISTEN}, "connections": []}}"#)),
        expect![[r#"
            connections: there is no number of connections
        "#]],
    );
}

#[test]
fn what_cannot_listen_is_unsupported() {
    let wasm = Request {
        target: Machine::of("wasm32-wasip1"),
        ..request()
    };
    let nothing = Request {
        artifacts: Vec::new(),
        ..request()
    };
    for request in [wasm, nothing] {
        let refused = planned(&request, &format!("{{{LISTEN}}}"));
        assert!(matches!(refused, Err(Error::Unsupported(_))), "{refused:?}");
    }
}

const GOOD: &str = r#"{"requests": 1000, "seconds": 5.0, "throughput": 199.5,
    "errors": {"timed-out": 2}, "late": 0, "mean": 1200.5, "p50": 1000, "p95": 2000, "p99": 3000,
    "p999": 4000, "max": 5000}"#;

#[test]
fn the_figures_of_a_load_have_names_and_units() {
    check(
        &read("{}", &[GOOD, GOOD]).unwrap(),
        expect![[r#"
            c8 throughput: [199.5, 199.5] requests/s, Better::More
            c8 mean: [1200.5, 1200.5] ns, Better::Less
            c8 p50: [1000.0, 1000.0] ns, Better::Less
            c8 p95: [2000.0, 2000.0] ns, Better::Less
            c8 p99: [3000.0, 3000.0] ns, Better::Less
            c8 p999: [4000.0, 4000.0] ns, Better::Less
            c8 errors: [0.002, 0.002] , Better::Less
        "#]],
    );
    check(
        &read(r#"{"connections": [8]}"#, &[GOOD]).unwrap(),
        expect![[r#"
            throughput: [199.5] requests/s, Better::More
            mean: [1200.5] ns, Better::Less
            p50: [1000.0] ns, Better::Less
            p95: [2000.0] ns, Better::Less
            p99: [3000.0] ns, Better::Less
            p999: [4000.0] ns, Better::Less
            errors: [0.002] , Better::Less
        "#]],
    );
}

#[test]
fn a_load_that_came_to_nothing_is_an_error() {
    let nothing = r#"{"requests": 412, "seconds": 5.0, "throughput": 0.0,
        "errors": {"status-404": 412}, "late": 0}"#;
    let silent = r#"{"requests": 0, "seconds": 5.0, "throughput": 0.0, "errors": {}, "late": 0}"#;
    check(
        &format!("{}\n{}\n", refused(&[GOOD, nothing]), refused(&[silent])),
        expect![[r#"
            none of 412 requests was answered: status-404 412; set `path`, `method`, `headers` and `body` so that the service answers with a status from 200 to 299
            none of 0 requests was answered: `duration` may be too short for one
        "#]],
    );
    for odd in [
        "",
        "{",
        "[]",
        r#"{"requests": -1}"#,
        &GOOD.replace("4000", "1e999"),
    ] {
        assert!(
            refused(&[odd]).starts_with("the host's figures of the load: "),
            "{odd}"
        );
    }
}
