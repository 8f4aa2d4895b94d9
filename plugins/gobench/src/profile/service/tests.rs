//! Whole plans and refusals, as a person reads them.

use expect_test::{Expect, expect};
use orch_plugin::{InstalledToolchain, Machine, fake, settings};
use orch_plugin_go_command::environment;

use super::*;

fn request(toolchain: &str, triple: &str) -> Request {
    let toolchain = InstalledToolchain {
        environment: environment::of_toolchain(),
        ..InstalledToolchain::of(toolchain, "1.22.10").tool(toolchain, "bin/go")
    };
    Request {
        target: Machine::of(triple),
        ..Request::of("agent", toolchain)
    }
}

fn planned(request: &Request, json: &str) -> Result<ProbePlan, Error> {
    super::super::plan(request, &settings(json)?, &fake::Facts::new())
}

fn here(json: &str) -> Result<ProbePlan, Error> {
    planned(&request("go", "x86_64-unknown-linux-musl"), json)
}

fn refused(json: &str, expected: Expect) {
    expected.assert_eq(&here(json).unwrap_err().text());
}

#[test]
fn a_service_is_started_and_asked_by_a_program_of_the_probe() {
    let plan = here(
        r#"{"arguments": ["--listen", "127.0.0.1:${port}"], "env": {"GOGC": "50"},
            "path": "/readings?n=3", "ready": "/healthz", "connections": 2, "duration": "1m",
            "pprof": "/admin/pprof/"}"#,
    );
    let expected = expect![[r#"
        action profiler
          runs tool/go/bin/go build -trimpath -buildvcs=false -o {output/profiler} load.go profiler.go service.go
          with GOWORK=off GOOS=linux GOARCH=amd64
          in scratch, reads [], keeps ["build", "modules"]
          brings ["load.go", "profiler.go", "service.go"], leaves ["output/profiler"], network false
        action profile
          runs artifact/profiler/profiler -path=/readings?n=3 -pprof=/admin/pprof -connections=2 -seconds=60 -ready=/healthz -env=GOGC=50 -cpu={output/cpu.pprof} -heap={output/heap.pprof} {artifact/build/agent} --listen 127.0.0.1:${port}
          in scratch, reads [], keeps []
          brings [], leaves ["output/cpu.pprof", "output/heap.pprof"], network false
    "#]];
    let text = plan.unwrap().text(&environment::of_toolchain());
    let (actions, measurements) = text.split_once("measurement ").unwrap();
    expected.assert_eq(actions);
    assert!(measurements.contains("file cpu.pprof: artifact/profile/cpu.pprof"));
    assert!(measurements.contains("file heap.pprof: artifact/profile/heap.pprof"));
}

#[test]
fn a_variable_may_say_the_port_and_the_rest_is_left_out() {
    let plan = here(r#"{"env": {"LISTEN": ":${port}"}}"#).unwrap();
    let text = plan.text(&environment::of_toolchain());
    let said = "-path=/ -pprof=/debug/pprof -connections=8 -seconds=10 -env=LISTEN=:${port} -cpu=";
    assert!(text.contains(said), "{text}");
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    refused(
        r#"{"arguments": ["-listen=:${port}", "-cpu=${cpu}"], "env": {"A=B": ""},
            "packages": "./a", "path": "readings", "ready": "/a b", "pprof": "/debug/pprof?x",
            "connections": 0, "duration": "1500ms"}"#,
        expect![[r#"
            env.A=B: `A=B` names no variable
            packages: `packages` is for benchmarks, and `${port}` for a service
            path: `readings` is no path of a URL
            ready: `/a b` is no path of a URL
            pprof: `pprof` is more than a path
            arguments[1]: `${cpu}` is for a program that ends by itself, and `${port}` for a service
            connections: 0 connections are not possible, 1 to 10000 are
            duration: `duration` is no whole number of seconds from `1s` to `10m`
        "#]],
    );
    for duration in ["0s", "11m", "soon"] {
        let json = format!(r#"{{"arguments": ["${{port}}"], "duration": "{duration}"}}"#);
        let text = here(&json).unwrap_err().text();
        assert!(text.starts_with("duration: "), "{text}");
    }
}

#[test]
fn what_is_for_a_service_wants_a_port() {
    refused(
        r#"{"arguments": ["-cpu=${cpu}"], "path": "/", "connections": 2}"#,
        expect![[r#"
            path: `path` is for a service, and nothing tells one at which port to listen
            connections: `connections` is for a service, and nothing tells one at which port to listen
        "#]],
    );
    refused(
        r#"{"arguments": ["-listen=:8080"], "duration": "5s"}"#,
        expect![[r#"
            arguments: nothing tells the program at which port to listen
        "#]],
    );
}

#[test]
fn what_does_not_start_here_and_what_is_not_in_go_is_refused() {
    let refused = |toolchain: &str, triple: &str| {
        let request = request(toolchain, triple);
        planned(&request, r#"{"arguments": ["${port}"]}"#)
            .unwrap_err()
            .text()
    };
    expect![[r#"
        unsupported: a service for linux/arm64 cannot be profiled on this machine, which is linux/amd64: an emulator runs one program, and this one is started by another; set `targets` to those that this machine runs
    "#]].assert_eq(&refused("go", "aarch64-unknown-linux-gnu"));
    expect![[r#"
        unsupported: this probe runs a program here, which cannot be one for wasip1/wasm; choose a target with Linux
    "#]].assert_eq(&refused("go", "wasm32-wasip1"));
    expect![[r#"
        unsupported: toolchain `gcc` has no tool `go`
    "#]]
    .assert_eq(&refused("gcc", "x86_64-unknown-linux-musl"));
}
