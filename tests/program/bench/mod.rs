//! Benches: what is measured, what gates say of it, and what is remembered. The programs that are
//! measured sleep, so that a busy machine changes no verdict.

mod fleet;
mod fleet_service;
mod profile;
mod service;
mod service_profile;
mod wasm;

use orch_tests::{Project, expect};

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
directory = "app"
package = "."
targets = ["static"]

[bench.size]
probe = "size"
of = "build.agent"
gate = { metric = "file", worse-than = "2%" }

[bench.startup]
probe = "startup"
of = "build.agent"
arguments = ["once"]
samples = 12
gate = { metric = "wall", worse-than = "50%" }

[task.ship]
command = ["touch", "shipped"]
outputs = ["shipped"]
needs = ["bench.size", "bench.startup"]
"#;

/// A program that sleeps for some milliseconds and carries some bytes.
fn agent(milliseconds: u32, bytes: usize) -> String {
    format!(
        r#"package main

import (
	"os"
	"time"
)

const ballast = "{}"

func main() {{
	if len(os.Args) > 1 && os.Args[1] == "fail" {{
		println("no sensor on this machine")
		os.Exit(3)
	}}
	time.Sleep({milliseconds} * time.Millisecond)
	println(ballast[len(os.Args)*7%len(ballast)])
}}
"#,
        "0123456789abcdef".repeat(bytes / 16)
    )
}

fn measured() -> Project {
    project_of_compilers()
        .file("pipeline.toml", PIPELINE)
        .file("app/go.mod", "module agent.example\n\ngo 1.22\n")
        .file("app/main.go", agent(100, 1_600))
}

#[test]
fn a_program_that_became_slower_or_larger_is_not_shipped() {
    let project = measured();
    let first = project.orch(&["run"]);
    first
        .exits(0)
        .shows("bench.size@static on ")
        .shows("first (2.0 %)")
        .shows("first (50.0 %)");

    // Nothing changed, so nothing is measured again.
    project
        .orch(&["run"])
        .exits(0)
        .shows("; measured before")
        .says("nothing to do: all 7 nodes are up to date");

    // The same program, held against itself.
    project
        .orch(&["bench"])
        .exits(0)
        .shows(", against measurement ")
        .shows("holds (50.0 %)");

    let project = project.file("app/main.go", agent(250, 1_600));
    project
        .orch(&["run", "--only", "task.ship", "--keep-going"])
        .exits(10)
        .shows("FAILS (50.0 %)")
        .says("`wall` is ")
        .says(" worse (99.0 % sure), and 50.0 % are allowed")
        .says("it needs `bench.startup@static`, which failed");

    // What failed is no baseline: it fails again.
    project
        .orch(&["bench", "--only", "bench.startup"])
        .exits(10);

    let project = project.file("app/main.go", agent(100, 160_000));
    project
        .orch(&["run", "--keep-going"])
        .exits(10)
        .shows("FAILS (2.0 %)")
        .says("`file` is ");

    let project = project.file("app/main.go", agent(100, 1_600));
    project.orch(&["run"]).exits(0);
    assert!(project.path().join("shipped").is_file());

    project
        .orch(&["history", "--only", "bench.startup", "--metric", "wall"])
        .exits(0)
        .shows("bench.startup@static")
        .shows("failed or open");
    project
        .orch(&["history", "--format", "csv"])
        .exits(0)
        .shows("bench.size@static");
    project
        .orch(&["history", "--format", "benchstat"])
        .exits(0)
        .shows("Benchmark");
    project
        .orch(&[
            "bench",
            "compare",
            "static",
            "static",
            "--only",
            "bench.size",
        ])
        .exits(0)
        .shows("bench.size@static");
    project
        .orch(&["bench", "compare", "nowhere", "static"])
        .exits(2)
        .stderr(expect![[r#"
            error: nothing was measured under `nowhere`
            hint: name a run, a commit (with `-dirty` where its sources were edited), a target, or a toolchain with its release, as `orch history` shows them
        "#]]);
}

#[test]
fn another_baseline_limits_of_time_and_cpus() {
    let project = measured();
    project
        .orch(&["run", "--only", "bench.startup"])
        .exits(0)
        .shows("first (50.0 %)");
    let with = |line: &str| {
        let of = "probe = \"startup\"\nof = \"build.agent\"";
        PIPELINE.replace(of, &format!("{of}\n{line}"))
    };

    // What was asked for and is not there is not left out in silence.
    let project = project.file("pipeline.toml", with("baseline = \"v1.2\""));
    project
        .orch(&["run", "--only", "bench.startup"])
        .exits(11)
        .shows("open (50.0 %)")
        .says("there is nothing under `v1.2` to compare with: check it out or select it");

    let project = project.file("pipeline.toml", with("baseline = \"go 1.22.10\""));
    project
        .orch(&["run", "--only", "bench.startup"])
        .exits(0)
        .shows("holds (50.0 %)");

    let project = project.file("pipeline.toml", with("timeout = \"10ms\""));
    project
        .orch(&["run", "--only", "bench.startup"])
        .exits(1)
        .says("hint: set `timeout` to a longer time");

    // There is always one CPU more that is wanted than there is.
    let project = project.file("pipeline.toml", with("cpus = 8192"));
    project
        .orch(&["run", "--only", "bench.startup"])
        .exits(0)
        .shows("8192 CPUs of its own are wanted");
}

/// A program that takes 64 MiB, touches them all, and computes for a while.
const BUSY: &str = r#"package main

import "os"

func main() {
	taken := make([]byte, 64<<20)
	sum := 0
	for round := 0; round < 4; round++ {
		for at := range taken {
			taken[at] += byte(at)
			sum += int(taken[at])
		}
	}
	println(sum, len(os.Args))
}
"#;

#[test]
fn a_program_may_take_no_more_than_its_limits() {
    let with = |limits: &str| {
        let of = "probe = \"startup\"\nof = \"build.agent\"";
        PIPELINE.replace(of, &format!("{of}\nlimits = {limits}"))
    };
    let startup = ["run", "--only", "bench.startup"];
    let project = measured().file("app/main.go", BUSY);
    let project = project.file(
        "pipeline.toml",
        with("{ memory = \"256MiB\", cpus = 0.25 }"),
    );
    project
        .orch(&["plan"])
        .exits(0)
        .shows("limits   256 MiB of memory and the time of 0.25 CPUs");
    project.orch(&startup).exits(0).shows("first (50.0 %)");

    // Its own processor time is what the work takes; the limit shows in how long that lasts.
    let history = project.orch(&["history", "--format", "json"]);
    let history: serde_json::Value = serde_json::from_str(&history.stdout).expect("it is JSON");
    let median = |metric: &str| {
        let metrics = history["measurements"][0]["metrics"]
            .as_array()
            .expect("a list");
        let found = metrics
            .iter()
            .find(|one| one["name"] == metric)
            .expect("it is given");
        let mut values: Vec<f64> = found["values"]
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(serde_json::Value::as_f64)
            .collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let (wall, busy) = (median("wall"), median("user") + median("system"));
    assert!(
        wall > 2.0 * busy,
        "{wall} ns of wall time, {busy} ns of processor time"
    );

    let size = "probe = \"size\"\nof = \"build.agent\"";
    let nothing = PIPELINE.replace(size, &format!("{size}\nlimits = {{ cpus = 1 }}"));
    let project = project.file("pipeline.toml", nothing);
    project
        .orch(&["plan"])
        .exits(2)
        .says("bench `size` has `limits` that bind no program of the build: it runs nothing");

    let project = project.file("pipeline.toml", with("{ memory = \"32MiB\" }"));
    project
        .orch(&startup)
        .exits(1)
        .says("was ended: it wanted more memory than the `limits` of its bench allow")
        .says("hint: raise `memory` there, or let it take less");
    project
        .orch(&["run", "--only", "bench.startup", "--sandbox=off"])
        .exits(2)
        .says("`limits` of a bench need the sandbox");
}

#[test]
fn a_machine_is_calibrated_and_says_so() {
    let project = measured();
    project
        .orch(&["doctor"])
        .exits(0)
        .shows("not measured on this machine");
    project
        .orch(&["bench", "calibrate"])
        .exits(0)
        .shows("two runs of the same program lie up to ")
        .shows("of all pairs of 10 runs");
    project
        .orch(&["bench", "calibrate"])
        .exits(0)
        .shows("of all pairs of 20 runs");
    project
        .orch(&["doctor"])
        .exits(0)
        .shows("pairs of 20 runs; last at ");
    project
        .orch(&["history"])
        .exits(0)
        .shows("machine.calibration");
}

#[test]
fn what_cannot_be_measured_says_why() {
    let project = measured();
    let failing = PIPELINE.replace("[\"once\"]", "[\"fail\"]");
    let project = project.file("pipeline.toml", failing);
    project
        .orch(&["run", "--only", "bench.startup"])
        .exits(1)
        .says("exited with code 3")
        .says("no sensor on this machine");

    let unknown = PIPELINE.replace("metric = \"wall\"", "metric = \"wal\"");
    let project = project.file("pipeline.toml", unknown);
    project
        .orch(&["run", "--only", "bench.startup"])
        .exits(2)
        .says("a gate is on the metric `wal`, which the probe does not give")
        .says("did you mean `wall`?");

    let foreign = PIPELINE.replace(
        "[target.static]\nplatform = \"musl\"",
        "[target.static]\nplatform = \"darwin-arm64\"",
    );
    let project = project.file("pipeline.toml", foreign);
    project
        .orch(&["plan"])
        .exits(0)
        .shows("bench.startup@static  left out: ");

    std::fs::write(
        project.path().join(".orch/measurements.sqlite"),
        "no database",
    )
    .expect("it can be written");
    let project = project.file("pipeline.toml", PIPELINE);
    project.orch(&["history"]).exits(5).stderr(expect![[r#"
        error: the history `[PROJECT]/.orch/measurements.sqlite` is damaged: file is not a database
        hint: rename it to `[PROJECT]/.orch/measurements.sqlite.damaged` to set it aside, and its `-journal` too; `orch` then begins a new history, and `sqlite3 [PROJECT]/.orch/measurements.sqlite.damaged .recover` prints what can be read
    "#]]);
}

#[test]
fn a_wrong_bench_is_refused_before_anything_runs() {
    let wrong = PIPELINE
        .replace("probe = \"startup\"", "probe = \"startups\"")
        .replace("worse-than = \"50%\"", "worse-than = 50")
        .replace(
            "probe = \"size\"\nof = \"build.agent\"",
            "probe = \"size\"\nof = \"build.agnt\"",
        );
    let project = measured().file("pipeline.toml", wrong);
    project.orch(&["check"]).exits(2).stderr(expect![[r#"
        error: bench `size` is of `build.agnt`, which is no build
          --> pipeline.toml:20:6
           |
        20 | of = "build.agnt"
           |      ^^^^^^^^^^^^
        hint: did you mean `build.agent`?

        error: `worse-than` of `bench.startup.gate` must be a percentage such as `"3%"`, found a whole number
          --> pipeline.toml:28:40
           |
        28 | gate = { metric = "wall", worse-than = 50 }
           |                                        ^^
        hint: put it in quotes, with a percent sign: `"50%"`

        error: 2 problems in pipeline.toml
    "#]]);
}
