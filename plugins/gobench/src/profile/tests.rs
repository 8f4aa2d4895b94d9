//! Whole plans, as a person reads them.

use expect_test::{Expect, expect};
use orch_plugin::{InstalledToolchain, fake, settings};
use orch_plugin_go_command::environment;

use super::*;

fn planned(json: &str) -> Result<ProbePlan, Error> {
    let toolchain = InstalledToolchain {
        environment: environment::of_toolchain(),
        ..InstalledToolchain::of("go", "1.22.10").tool("go", "bin/go")
    };
    let benchmark = "package x\n\nfunc BenchmarkParse(b *testing.B) {}\n";
    let tests = ["a/x_test.go", "main_test.go"];
    let facts = fake::Facts::new()
        .file("go.mod", "module example.test/agent\n\ngo 1.19\n")
        .glob("**/go.mod", &["go.mod"])
        .glob("**/*_test.go", &tests);
    let facts = tests
        .iter()
        .fold(facts, |facts, test| facts.file(test, benchmark));
    plan(&Request::of("agent", toolchain), &settings(json)?, &facts)
}

fn check(json: &str, expected: Expect) {
    let hidden = environment::of_toolchain();
    expected.assert_eq(&planned(json).unwrap().text(&hidden));
}

#[test]
fn benchmarks_of_one_package() {
    check(
        r#"{"packages": "./a"}"#,
        expect![[r#"
        action compile
          runs tool/go/bin/go test -c -vet=off -trimpath -buildvcs=false -o {output/bench.test} ./a
          with GOWORK=off GOOS=linux GOARCH=amd64
          in source, reads ["**"], keeps ["build", "modules"]
          brings [], leaves ["output/bench.test"], network false
        action profile
          runs artifact/compile/bench.test -test.run=^$ -test.bench=. -test.benchmem -test.benchtime=1s -test.count=1 -test.cpuprofile={output/cpu.pprof} -test.memprofile={output/heap.pprof}
          in source/a, reads ["a/testdata/**"], keeps []
          brings [], leaves ["output/cpu.pprof", "output/heap.pprof"], network false
        measurement cpu: 0 warm-ups, 1 samples, 600000 ms for one
          runs tool/go/bin/go tool pprof -raw {artifact/profile/cpu.pprof}
          with GOWORK=off
          in scratch, reads [], keeps ["build", "modules"]
        measurement heap: 0 warm-ups, 1 samples, 600000 ms for one
          runs tool/go/bin/go tool pprof -raw {artifact/profile/heap.pprof}
          with GOWORK=off
          in scratch, reads [], keeps ["build", "modules"]
        file cpu.pprof: artifact/profile/cpu.pprof
        file heap.pprof: artifact/profile/heap.pprof
    "#]],
    );
}

#[test]
fn a_program_is_told_where_to_leave_its_profiles() {
    check(
        r#"{"arguments": ["-profiles=${cpu},${heap}", "x"], "env": {"GOGC": "50"}}"#,
        expect![[r#"
            action profile
              runs artifact/build/agent -profiles={output/cpu.pprof},{output/heap.pprof} x
              with GOGC=50
              in scratch, reads [], keeps []
              brings [], leaves ["output/cpu.pprof", "output/heap.pprof"], network false
            measurement cpu: 0 warm-ups, 1 samples, 600000 ms for one
              runs tool/go/bin/go tool pprof -raw {artifact/profile/cpu.pprof}
              with GOWORK=off
              in scratch, reads [], keeps ["build", "modules"]
            measurement heap: 0 warm-ups, 1 samples, 600000 ms for one
              runs tool/go/bin/go tool pprof -raw {artifact/profile/heap.pprof}
              with GOWORK=off
              in scratch, reads [], keeps ["build", "modules"]
            file cpu.pprof: artifact/profile/cpu.pprof
            file heap.pprof: artifact/profile/heap.pprof
        "#]],
    );
}

#[test]
fn files_of_several_packages_lie_in_folders() {
    let plan = planned("{}").unwrap();
    let names: Vec<_> = plan.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "root/cpu.pprof",
            "root/heap.pprof",
            "a/cpu.pprof",
            "a/heap.pprof"
        ]
    );
}

#[test]
fn a_program_that_leaves_nothing_is_refused() {
    for wrong in [
        r#"{"arguments": []}"#,
        r#"{"arguments": ["-cpu", "cpu.pprof"]}"#,
        r#"{"arguments": ["${cpu}"], "packages": "./a"}"#,
    ] {
        assert!(matches!(planned(wrong), Err(Error::Invalid(_))), "{wrong}");
    }
}

#[test]
fn what_is_drawn_of_a_profile() {
    let raw = "\
PeriodType: cpu nanoseconds
Samples:
samples/count cpu/nanoseconds
          3   30000000: 1
Locations
     1: 0x1 M=1 main.main /m.go:3:0 s=1
Mappings
";
    let reading = read("cpu-internal+web", &[Sample::printing(raw)]).unwrap();
    assert_eq!(reading.metrics, []);
    assert_eq!(
        reading.profiles,
        [Profile {
            name: "processor time of internal+web".to_owned(),
            unit: "ns".to_owned(),
            stacks: "main.main 30000000\n".to_owned(),
        }]
    );
}
