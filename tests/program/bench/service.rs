//! A real service under load, the benchmarks in its tests, and the page that shows them.

use orch_tests::Project;

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

[bench.load]
probe = "http-load"
of = "build.service"
arguments = ["-listen", "127.0.0.1:${port}"]
path = "/readings"
ready = "/healthz"
connections = [1, 4]
duration = "200ms"
warmup = "50ms"
samples = 2
cpus = 1

[bench.average]
probe = "gobench"
of = "build.service"
benchtime = "2ms"
samples = 3

[bench.memory]
probe = "memstats"
of = "build.service"
arguments = ["-listen", "127.0.0.1:${port}"]
samples = 2
cpus = 1
"#;

const MAIN: &str = r#"package main

import (
	_ "expvar"
	"flag"
	"fmt"
	"net/http"
	"os"
)

func main() {
	listen := flag.String("listen", "", "address")
	fragile := flag.Bool("fragile", false, "ends at the first reading")
	flag.Parse()
	http.HandleFunc("/healthz", func(http.ResponseWriter, *http.Request) {})
	http.HandleFunc("/readings", func(answer http.ResponseWriter, _ *http.Request) {
		if *fragile {
			println("the sensor is gone")
			os.Exit(7)
		}
		fmt.Fprintln(answer, average([]float64{1, 2, 3}))
	})
	fmt.Println(http.ListenAndServe(*listen, nil))
	os.Exit(1)
}

func average(values []float64) float64 {
	sum := 0.0
	for _, value := range values {
		sum += value
	}
	return sum / float64(len(values))
}
"#;

const TEST: &str = r#"package main

import "testing"

func BenchmarkAverage(b *testing.B) {
	values := make([]float64, 100)
	for i := 0; i < b.N; i++ {
		average(values)
	}
}
"#;

fn service(pipeline: &str) -> Project {
    project_of_compilers()
        .file("pipeline.toml", pipeline)
        .file("go.mod", "module service.example\n\ngo 1.22\n")
        .file("main.go", MAIN)
        .file("main_test.go", TEST)
}

#[test]
fn its_throughput_its_latencies_its_benchmarks_and_its_memory() {
    let project = service(PIPELINE);
    let ran = project.orch(&["run"]).exits(0);
    for metric in [
        "c1 throughput",
        "c4 p99",
        "c4 errors",
        "BenchmarkAverage ns/op",
        "heap-in-use",
        "rss",
        "outside-go",
    ] {
        assert!(ran.stdout.contains(metric), "{metric}: {}", ran.stdout);
    }
    let page = std::fs::read_to_string(project.path().join("out/report.html"));
    let page = page.expect("the run has written it");
    assert!(page.contains("bench.load@static") && page.ends_with("</html>\n"));
}

#[test]
fn one_that_dies_or_ends_at_once_says_so_and_is_not_left_behind() {
    let fragile = PIPELINE.replace("\"-listen\"", "\"-fragile\", \"-listen\"");
    let project = service(&fragile);
    project
        .orch(&["run", "--only", "bench.load"])
        .exits(1)
        .says("its service exited with code 7")
        .says("the sensor is gone");

    let brief = PIPELINE.replace("\"-listen\"", "\"-help\", \"-listen\"");
    let project = service(&brief);
    project
        .orch(&["run", "--only", "bench.load"])
        .exits(1)
        .says("the service ended before `http://127.0.0.1:");
    assert!(!is_running(&project), "nothing of it goes on");
}

/// Whether a process runs that was started from the project's cache or folder.
pub(super) fn is_running(project: &Project) -> bool {
    let folder = project.path();
    let processes = std::fs::read_dir("/proc").expect("this is Linux").flatten();
    processes
        .filter_map(|entry| std::fs::read_link(entry.path().join("cwd")).ok())
        .any(|directory| directory.starts_with(&folder))
}
