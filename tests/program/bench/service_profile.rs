//! Profiles of a service in Go under load, and why there may be none.

use orch_tests::Project;

use super::service::is_running;
use crate::project_of_compilers;

const PIPELINE: &str = r#"
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
const MAIN: &str = r#"package main

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
        .file("pipeline.toml", PIPELINE)
        .file("go.mod", "module service.example\n\ngo 1.22\n")
        .file("main.go", MAIN)
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
    let pipeline = PIPELINE.replace("-listen=127.0.0.1:${port}", own_port);
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
        let pipeline = PIPELINE.replace("-kind=whole", &format!("-kind={words}"));
        let project = service().file("pipeline.toml", pipeline);
        let run = project.orch(&["run"]).exits(1);
        said.iter().fold(run, |run, said| run.says(said));
        assert!(!is_running(&project), "{kind}");
    }
    let wrong = PIPELINE.replace("-listen=127.0.0.1:${port}", "-listen=:8080");
    let project = service().file("pipeline.toml", wrong);
    project
        .orch(&["plan"])
        .exits(2)
        .says("nothing tells the program at which port to listen")
        .says("pipeline.toml:21:13");
}
