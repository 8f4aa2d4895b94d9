//! Profiles of a program in Go and of its benchmarks, and what a gate on counted allocations sees.

use orch_tests::Project;

use crate::project_of_compilers;

const PIPELINE: &str = r#"
version = 1
name = "agent"

[toolchain.go]
version = "1.22.10"
source = "registry"

[target.static]
platform = "musl"

[build.agent]
with = "go"
package = "."
targets = ["static"]

[bench.lines]
probe = "gobench"
of = "build.agent"
benchtime = "100x"
samples = 6
gate = { metric = "BenchmarkLines allocs/op", worse-than = "10%" }

[bench.profile]
probe = "profile"
of = "build.agent"
benchtime = "300ms"

[bench.program]
probe = "profile"
of = "build.agent"
arguments = ["-cpu=${cpu}"]
"#;

/// Counts the lines of a text. What counts is written by the tests.
const MAIN: &str = r#"package main

import (
	"flag"
	"os"
	"runtime/pprof"
	"time"
)

func main() {
	cpu := flag.String("cpu", "", "`file` of a profile")
	flag.Parse()
	profile, err := os.Create(*cpu)
	if err != nil {
		panic(err)
	}
	if err := pprof.StartCPUProfile(profile); err != nil {
		panic(err)
	}
	for began := time.Now(); time.Since(began) < 300*time.Millisecond; {
		lines("a\nb\nc\n")
	}
	pprof.StopCPUProfile()
	if err := profile.Close(); err != nil {
		panic(err)
	}
}
"#;

const BENCHMARK: &str = r#"package main

import "testing"

func BenchmarkLines(b *testing.B) {
	for i := 0; i < b.N; i++ {
		if lines("a\nb\nc\n") != 3 {
			b.Fatal("not three")
		}
	}
}
"#;

const FRUGAL: &str = r#"package main

import "strings"

func lines(text string) int { return len(strings.Split(text, "\n")) - 1 }
"#;

/// An allocation for each line.
const LAVISH: &str = r#"package main

import "strings"

var kept []byte

func lines(text string) int {
	all := strings.Split(text, "\n")
	for _, line := range all {
		kept = append([]byte(line), '.')
	}
	return len(all) - 1
}
"#;

fn agent() -> Project {
    project_of_compilers()
        .file("pipeline.toml", PIPELINE)
        .file("go.mod", "module agent.example\n\ngo 1.22\n")
        .file("main.go", MAIN)
        .file("lines.go", FRUGAL)
        .file("lines_test.go", BENCHMARK)
}

#[test]
fn a_profile_is_kept_and_drawn_and_allocations_are_counted() {
    let project = agent();
    project
        .orch(&["run"])
        .exits(0)
        .shows("processor time")
        .shows("memory allocated");
    // What Go's own tools read.
    for file in [
        "out/bench.profile/static/cpu.pprof",
        "out/bench.profile/static/heap.pprof",
        "out/bench.program/static/cpu.pprof",
    ] {
        let profile = std::fs::read(project.path().join(file)).unwrap();
        assert!(profile.starts_with(&[0x1f, 0x8b]), "{file}");
    }
    let page = std::fs::read_to_string(project.path().join("out/report.html")).unwrap();
    for drawn in [
        "Flame graph of bench.profile@static processor time",
        "Flame graph of bench.profile@static memory allocated",
        "Flame graph of bench.program@static processor time",
        ">main.lines<",
    ] {
        assert!(page.contains(drawn), "{drawn}");
    }
    // Nothing changed: the profiles are those of before, and lie where they lay.
    std::fs::remove_dir_all(project.path().join("out")).unwrap();
    project
        .orch(&["run"])
        .exits(0)
        .shows("; measured before")
        .shows("memory allocated");
    assert!(
        project
            .path()
            .join("out/bench.program/static/cpu.pprof")
            .is_file()
    );

    project
        .file("lines.go", LAVISH)
        .orch(&["run", "--only", "bench.lines"])
        .exits(10)
        .shows("FAILS (10.0 %)")
        .says("`BenchmarkLines allocs/op` is ");
}

#[test]
fn a_program_that_leaves_no_profile_says_so() {
    let project = agent().file("main.go", "package main\n\nfunc main() { lines(\"\") }\n");
    project
        .orch(&["run", "--only", "bench.program"])
        .exits(1)
        .says("cpu.pprof");

    let wrong = PIPELINE.replace("${cpu}", "cpu.pprof");
    project
        .file("pipeline.toml", wrong)
        .orch(&["plan"])
        .exits(2)
        .says("does not say where the program leaves a profile");
}
