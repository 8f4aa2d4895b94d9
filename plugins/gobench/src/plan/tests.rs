//! Whole plans, as a person reads them.

use expect_test::{Expect, expect};
use orch_plugin::{InstalledToolchain, Machine, Pair, fake, settings};
use orch_plugin_go_command::environment;

use super::*;

const MODULE: &str = "module example.test/agent\n\ngo 1.19\n";
const BENCHMARK: &str = "package x\n\nfunc BenchmarkParse(b *testing.B) {}\n";

fn request(version: &str, triple: &str) -> Request {
    let toolchain = InstalledToolchain {
        environment: environment::of_toolchain(),
        ..InstalledToolchain::of("go", version).tool("go", "bin/go")
    };
    Request {
        target: Machine::of(triple),
        ..Request::of("agent", toolchain)
    }
}

fn here() -> Request {
    request("1.22.10", "x86_64-unknown-linux-gnu")
}

fn facts(tests: &[&str]) -> fake::Facts {
    let facts = fake::Facts::new()
        .file("go.mod", MODULE)
        .glob("**/go.mod", &["go.mod"])
        .glob("**/*_test.go", tests);
    tests
        .iter()
        .fold(facts, |facts, test| facts.file(test, BENCHMARK))
}

fn planned(request: &Request, json: &str, facts: &fake::Facts) -> Result<ProbePlan, Error> {
    plan(request, &settings(json)?, facts)
}

fn check(request: &Request, json: &str, facts: &fake::Facts, expected: Expect) {
    let plan = planned(request, json, facts).unwrap();
    expected.assert_eq(&plan.text(&environment::of_toolchain()));
}

#[test]
fn one_package_of_a_board() {
    let mut request = request("1.24.1", "aarch64-unknown-linux-gnu");
    request.target_environment = vec![Pair::new("GOARM64", "v8.2,crypto")];
    check(
        &request,
        r#"{"packages": "./internal/x", "bench": "Parse/small", "benchtime": "100x",
            "cpu": [1, 4], "tags": ["fast", "x.y"], "inputs": ["data/*.json"]}"#,
        &facts(&["internal/x/x_test.go", "main_test.go"]),
        expect![[r#"
            action compile
              runs tool/go/bin/go test -c -vet=off -trimpath -buildvcs=false -tags=fast,x.y -o {output/bench.test} ./internal/x
              with GOWORK=off GOOS=linux GOARCH=arm64 GOARM64=v8.2,crypto
              in source, reads ["**"], keeps ["build", "modules"]
              brings [], leaves ["output/bench.test"], network false
            measurement benchmarks: 1 warm-ups, 10 samples, 600000 ms for one
              runs artifact/compile/bench.test -test.run=^$ -test.bench=Parse/small -test.benchmem -test.benchtime=100x -test.count=1 -test.cpu=1,4
              in source/internal/x, reads ["internal/x/testdata/**", "data/*.json"], keeps []
        "#]],
    );
}

#[test]
fn every_package_that_has_benchmarks() {
    let tests = [
        "a/b/x_test.go",
        "a+b/x_test.go",
        "main_test.go",
        "plain/x_test.go",
        "vendor/example.test/kit/kit_test.go",
        "a/testdata/x_test.go",
        "_old/x_test.go",
        "a/_x_test.go",
    ];
    let plain = "package plain\n\nfunc TestNothing(t *testing.T) {}\n";
    check(
        &here(),
        "{}",
        &facts(&tests).file("plain/x_test.go", plain),
        expect![[r#"
            action compile-root
              runs tool/go/bin/go test -c -vet=off -trimpath -buildvcs=false -o {output/bench.test} .
              with GOWORK=off GOOS=linux GOARCH=amd64
              in source, reads ["**"], keeps ["build", "modules"]
              brings [], leaves ["output/bench.test"], network false
            action compile-a+b
              runs tool/go/bin/go test -c -vet=off -trimpath -buildvcs=false -o {output/bench.test} ./a+b
              with GOWORK=off GOOS=linux GOARCH=amd64
              in source, reads ["**"], keeps ["build", "modules"]
              brings [], leaves ["output/bench.test"], network false
            action compile-a+b+2
              runs tool/go/bin/go test -c -vet=off -trimpath -buildvcs=false -o {output/bench.test} ./a/b
              with GOWORK=off GOOS=linux GOARCH=amd64
              in source, reads ["**"], keeps ["build", "modules"]
              brings [], leaves ["output/bench.test"], network false
            measurement root: 1 warm-ups, 10 samples, 600000 ms for one
              runs artifact/compile-root/bench.test -test.run=^$ -test.bench=. -test.benchmem -test.benchtime=100ms -test.count=1
              in source, reads ["testdata/**"], keeps []
            measurement a+b: 1 warm-ups, 10 samples, 600000 ms for one
              runs artifact/compile-a+b/bench.test -test.run=^$ -test.bench=. -test.benchmem -test.benchtime=100ms -test.count=1
              in source/a+b, reads ["a+b/testdata/**"], keeps []
            measurement a+b+2: 1 warm-ups, 10 samples, 600000 ms for one
              runs artifact/compile-a+b+2/bench.test -test.run=^$ -test.bench=. -test.benchmem -test.benchtime=100ms -test.count=1
              in source/a/b, reads ["a/b/testdata/**"], keeps []
        "#]],
    );
}

#[test]
fn a_module_below_the_pipelines_folder_and_one_below_it() {
    let facts = fake::Facts::new()
        .file("svc/go.mod", MODULE)
        .glob("svc/**/go.mod", &["svc/go.mod", "svc/tools/go.mod"])
        .glob(
            "svc/**/*_test.go",
            &["svc/x_test.go", "svc/tools/x_test.go"],
        )
        .file("svc/x_test.go", BENCHMARK);
    let request = Request {
        directory: "svc".to_owned(),
        ..here()
    };
    check(
        &request,
        "{}",
        &facts,
        expect![[r#"
            action compile
              runs tool/go/bin/go test -c -vet=off -trimpath -buildvcs=false -o {output/bench.test} .
              with GOWORK=off GOOS=linux GOARCH=amd64
              in source/svc, reads ["svc/**"], keeps ["build", "modules"]
              brings [], leaves ["output/bench.test"], network false
            measurement benchmarks: 1 warm-ups, 10 samples, 600000 ms for one
              runs artifact/compile/bench.test -test.run=^$ -test.bench=. -test.benchmem -test.benchtime=100ms -test.count=1
              in source/svc, reads ["svc/testdata/**"], keeps []
        "#]],
    );
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let wrong = r#"{"packages": ["../x", "./none", "./..."], "bench": "", "benchtime": "0s",
        "cpu": [0, 2, 2], "tags": ["a,b"]}"#;
    let module = "module agent\n\ngo 1.25\n\nrequire example.test/kit v1.0.0\n";
    let facts = facts(&[]).file("go.mod", module);
    expect![[r#"
        : `go.mod` asks for Go 1.25 or later, and toolchain `go` is 1.22.10
        : module `example.test/kit` is neither here nor vendored, and nothing is fetched for a measurement
        bench: `bench` matches no benchmark
        benchtime: `0s` does not say how long a benchmark runs
        cpu[0]: 0 processors are not possible, 1 to 1024 are
        cpu[2]: 2 processors are there twice
        tags[0]: `a,b` is no build tag
        packages[0]: `../x` is no folder below the build's
        packages[1]: no test of `./none` has a benchmark
        packages[2]: no test of `./...` has a benchmark
    "#]].assert_eq(&planned(&here(), wrong, &facts).unwrap_err().text());
}

#[test]
fn what_cannot_run_here_is_unsupported() {
    let without_go = Request {
        toolchain: InstalledToolchain::of("zig", "0.15.2").tool("zig", "zig"),
        ..here()
    };
    let windows = request("1.22.10", "x86_64-pc-windows-gnu");
    let wasm = request("1.22.10", "wasm32-wasip1");
    for (request, why) in [
        (without_go, "toolchain `zig` has no tool `go`"),
        (windows, "no program for windows/amd64"),
        (wasm, "no program for wasip1/wasm"),
    ] {
        match planned(&request, "{}", &facts(&["x_test.go"])) {
            Err(Error::Unsupported(text)) => assert!(text.contains(why), "{text}"),
            other => panic!("{other:?}"),
        }
    }
}
