//! Profiles of a program in Go, of its benchmarks and of a service under load, and what a gate on
//! counted allocations sees.

use orch_tests::Project;

use super::service::is_running;
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

const SERVICE_PIPELINE: &str = r#"
version = 1
name = "service"

[toolchain.go]
version = "1.22.10"
source = "registry"

[target.static]
platform = "musl"

[build.service]
with = "go"
package = "."
targets = ["static"]
tuning = ["go-release"]

[bench.hot]
probe = "profile"
of = "build.service"
arguments = ["-kind=whole", "-listen=127.0.0.1:${port}"]
path = "/readings"
ready = "/healthz"
connections = 2
duration = "1s"
"#;

/// It takes nearly all of its time in one function. `-kind` says what else is wrong with it.
const SERVICE: &str = r#"package main

import (
	"flag"
	"fmt"
	"net/http"
	"net/http/pprof"
	"os"
)

func main() {
	kind := flag.String("kind", "", "what is wrong with it")
	listen := flag.String("listen", "", "address")
	profiles := flag.String("profiles", "", "another `address` for profiles")
	flag.Parse()
	routes := http.NewServeMux()
	hidden := routes
	if *profiles != "" {
		hidden = http.NewServeMux()
		go func() { fmt.Println(http.ListenAndServe(*profiles, hidden)) }()
	}
	routes.HandleFunc("/healthz", func(http.ResponseWriter, *http.Request) {})
	routes.HandleFunc("/readings", func(answer http.ResponseWriter, _ *http.Request) {
		switch *kind {
		case "fragile":
			println("the sensor is gone")
			os.Exit(7)
		case "broken":
			http.Error(answer, "no sensor", http.StatusServiceUnavailable)
		default:
			fmt.Fprintln(answer, average(1_000_000))
		}
	})
	if *kind != "bare" {
		hidden.HandleFunc("/debug/pprof/", pprof.Index)
		hidden.HandleFunc("/debug/pprof/profile", pprof.Profile)
	}
	fmt.Println(http.ListenAndServe(*listen, routes))
	os.Exit(1)
}

//go:noinline
func average(count int) float64 {
	sum := 0.0
	for value := 0; value < count; value++ {
		sum += float64(value)
	}
	return sum / float64(count)
}
"#;

fn service() -> Project {
    project_of_compilers()
        .file("pipeline.toml", SERVICE_PIPELINE)
        .file("go.mod", "module service.example\n\ngo 1.22\n")
        .file("main.go", SERVICE)
}

#[test]
fn a_service_is_profiled_under_load() {
    let project = service();
    project
        .orch(&["run"])
        .exits(0)
        .shows("main.average ")
        .says("/readings was answered ")
        .says(" over 2 connections");
    for file in ["cpu.pprof", "heap.pprof"] {
        let path = project.path().join("out/bench.hot/static").join(file);
        let profile = std::fs::read(path).unwrap();
        assert!(profile.starts_with(&[0x1f, 0x8b]), "{file}");
    }
    let page = std::fs::read_to_string(project.path().join("out/report.html")).unwrap();
    for drawn in [
        "Flame graph of bench.hot@static processor time",
        "Flame graph of bench.hot@static memory allocated",
        ">main.average<",
    ] {
        assert!(page.contains(drawn), "{drawn}");
    }
    assert!(!is_running(&project), "nothing of it goes on");

    // Without a sandbox ports are those of the machine.
    let own_port = "-listen=127.0.0.1:${port}\", \"-profiles=127.0.0.1:${pprof-port}";
    let pipeline = SERVICE_PIPELINE.replace("-listen=127.0.0.1:${port}", own_port);
    let project = project.file("pipeline.toml", pipeline);
    project
        .orch(&["run", "--sandbox=off"])
        .exits(0)
        .shows("main.average ")
        .says("/readings was answered ");
    assert!(!is_running(&project), "nothing of it goes on");
}

#[test]
fn a_service_that_cannot_be_profiled_says_why() {
    for (kind, said) in [
        (
            "bare",
            &["with 404 Not Found: import `net/http/pprof`"] as &[_],
        ),
        (
            "fragile",
            &[
                "the service ended while it was profiled: exit status 7",
                "the sensor is gone",
            ],
        ),
        (
            "broken",
            &[
                " requests for /readings failed, and the profile is one of errors",
                "503 Service Unavailable",
            ],
        ),
        (
            "absent -help",
            &["the service ended before it was ready: exit status 0"],
        ),
    ] {
        let words = kind.replace(' ', "\", \"");
        let pipeline = SERVICE_PIPELINE.replace("-kind=whole", &format!("-kind={words}"));
        let project = service().file("pipeline.toml", pipeline);
        let run = project.orch(&["run"]).exits(1);
        said.iter().fold(run, |run, said| run.says(said));
        assert!(!is_running(&project), "{kind}");
    }
    let wrong = SERVICE_PIPELINE.replace("-listen=127.0.0.1:${port}", "-listen=:8080");
    let project = service().file("pipeline.toml", wrong);
    project
        .orch(&["plan"])
        .exits(2)
        .says("nothing tells the program at which port to listen")
        .says("pipeline.toml:21:13");
}
