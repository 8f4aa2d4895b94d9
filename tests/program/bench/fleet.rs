//! Benches on machines of a fleet that really boot: figures with that machine's fingerprint, one
//! measurement at a time, and nothing left behind, however it ends.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use orch_tests::machines::Machines;
use orch_tests::{Project, expect};
use rustix::process::{Pid, Signal, kill_process};

use super::{PIPELINE, agent};
use crate::project_of_compilers;

/// What is there of ours on a machine: files, and processes.
const OURS: &str = "ls -d /var/tmp/orch* /tmp/orch* 2>/dev/null; \
                    pgrep -x agent; pgrep -x flock; pgrep -x perl; true";

fn pipeline(machines: &Machines, bench: &str) -> String {
    let hosts = (0..2).map(|index| {
        let address = machines.address(index, "deploy");
        format!("{{ name = \"m{index}\", address = \"{address}\", target = \"static\" }},\n")
    });
    let hosts: String = hosts.collect();
    let of = "probe = \"startup\"\nof = \"build.agent\"";
    let pipeline = PIPELINE.replace(of, &format!("{of}\n{bench}"));
    format!("{pipeline}\n[fleet.lab]\nhosts = [\n{hosts}]\n")
}

fn project(machines: &Machines, bench: &str) -> Project {
    project_of_compilers()
        .file("pipeline.toml", pipeline(machines, bench))
        .file("app/go.mod", "module agent.example\n\ngo 1.22\n")
        .file("app/main.go", agent(100, 1_600))
        .variable("PATH", &machines.path())
        .variable("USER", "ann")
}

#[test]
fn figures_are_those_of_the_machine() {
    let machines = Machines::start(2);
    let project = project(&machines, "");
    let only = ["run", "--only", "bench.startup"];
    project.orch(&only).exits(0);

    // What was measured here says nothing of another machine, which shows another processor.
    machines.inside(
        1,
        "sed 's/^model name.*/model name\t: Cabinet 9000/' /proc/cpuinfo >/run/cpuinfo && \
         mount --bind /run/cpuinfo /proc/cpuinfo",
    );
    let project = project.file(
        "pipeline.toml",
        pipeline(&machines, "on = \"fleet.lab/m1\""),
    );
    project
        .orch(&only)
        .exits(0)
        .shows("bench.startup@static on Cabinet 9000, ")
        .shows(", by perl over ssh")
        .shows("measured on `m1` by its perl, outside of a sandbox")
        .shows("it was measured on other machines only")
        .shows("first (50.0 %)");
    assert_eq!(machines.inside(1, OURS), "");
    project.orch(&only).exits(0).shows("; measured before");
    let again = ["bench", "--only", "bench.startup"];
    project
        .orch(&again)
        .exits(0)
        .shows(", against measurement ")
        .shows("holds (50.0 %)");

    // Slower, beside the one of before.
    let project = project.file("app/main.go", agent(250, 1_600));
    project.orch(&again).exits(10).shows("FAILS (50.0 %)");
    assert_eq!(machines.inside(1, OURS), "");

    // Another meter is another beginning, and one that tells less says so.
    machines.inside(1, "mv /usr/bin/perl /usr/bin/perl.away");
    project
        .orch(&again)
        .exits(0)
        .shows(", by bash over ssh")
        .shows(", which gates allow for, no peak memory and no context switches")
        .shows("first (50.0 %)");
    let memory = pipeline(&machines, "on = \"fleet.lab/m1\"")
        .replace("probe = \"startup\"", "probe = \"memory\"")
        .replace("metric = \"wall\"", "metric = \"peak\"");
    let project = project.file("pipeline.toml", memory);
    project
        .orch(&again)
        .exits(2)
        .says("a gate is on the metric `peak`, which `")
        .says("install `perl` there for more");
    assert_eq!(machines.inside(1, OURS), "");

    machines.cut(1);
    project
        .orch(&again)
        .exits(4)
        .says(&machines.ip(1).to_string());
}

#[test]
fn one_measures_at_a_time_and_leaves_nothing() {
    let machines = Machines::start(2);
    let project = project(&machines, "on = \"fleet.lab\"");
    let project = project.file("app/main.go", agent(1_000, 1_600));
    project.orch(&["run", "--only", "build.agent"]).exits(0);
    let measure = ["bench", "--only", "bench.startup"];

    let mut first = start(&project, &measure);
    wait_until("a sample is taken", || {
        !machines.inside(0, "pgrep -x agent").is_empty()
    });
    project
        .orch(&measure)
        .exits(2)
        .says("`m0` is taken: ann@")
        .says(" measures `bench.startup@static` there since ");
    let pid = Pid::from_child(&first);
    kill_process(pid, Signal::INT).expect("it runs");
    let ended = first.wait().expect("it was started");
    assert_eq!(ended.code(), Some(130));
    assert_eq!(machines.inside(0, OURS), "");

    // The machine sees to it by itself where we cannot.
    let mut killed = start(&project, &measure);
    wait_until("a sample is taken", || {
        !machines.inside(0, "pgrep -x agent").is_empty()
    });
    killed.kill().expect("it runs");
    killed.wait().expect("it was started");
    wait_until("all of it is gone", || machines.inside(0, OURS).is_empty());

    let mut cut_off = start(&project, &measure);
    wait_until("a sample is taken", || {
        !machines.inside(0, "pgrep -x agent").is_empty()
    });
    machines.cut(0);
    let ended = cut_off.wait().expect("it was started");
    assert_eq!(ended.code(), Some(4));
    machines.mend(0);
    wait_until("all of it is gone", || machines.inside(0, OURS).is_empty());
}

#[test]
fn the_noise_of_a_machine_is_measured_there_and_gates_heed_it() {
    let machines = Machines::start(2);
    let project = project(&machines, "on = \"fleet.lab/m0\"");
    let calibrate = |on: &str| project.orch(&["bench", "calibrate", "--on", on]);
    calibrate("fleet.lab/m0")
        .exits(0)
        .says(", by perl over ssh")
        .shows("m0: two runs of the same program lie up to ")
        .shows("of all pairs of 10 runs");
    assert_eq!(machines.inside(0, OURS), "");
    machines.cut(1);
    calibrate("fleet.lab")
        .exits(4)
        .shows("of all pairs of 20 runs")
        .says(&machines.ip(1).to_string());
    calibrate("fleet.lib")
        .exits(2)
        .says("did you mean `fleet.lab`?");
    calibrate("fleet.lab/m2")
        .exits(2)
        .says("`fleet.lab` has no machine `m2`");
    project
        .orch(&["doctor"])
        .exits(0)
        .shows("not measured on this machine")
        .shows(", by perl over ssh: two runs of the same program lie up to ");

    // A program that the machine does not run any more is known by its figures of then only.
    let retired = "_, err := os.Stat(\"/run/retired\"); err == nil";
    let condition = "len(os.Args) > 1 && os.Args[1] == \"fail\"";
    let project = project.file("app/main.go", agent(100, 1_600).replace(condition, retired));
    let measure = ["bench", "--only", "bench.startup"];
    project.orch(&measure).exits(0);
    machines.inside(0, "touch /run/retired");
    let project = project.file("app/main.go", agent(100, 3_200));
    project
        .orch(&measure)
        .shows("cannot be run as this bench wants it now")
        .shows(" % apart, as calibrated)");
}

#[test]
fn what_cannot_be_measured_there_is_told_before() {
    let machines = Machines::start(1);
    let tools = "
[bench.speed]
probe = \"build-speed\"
of = \"build.agent\"
on = \"fleet.lab\"
";
    let sized = PIPELINE.replace("probe = \"size\"", "probe = \"size\"\non = \"fleet.lab\"");
    let address = machines.address(0, "root");
    let fleet = |target: &str| {
        format!(
            "\n[fleet.lab]\nhosts = [{{ name = \"m0\", address = \"{address}\", target = \"{target}\" }}]\n"
        )
    };
    let project = project_of_compilers()
        .file(
            "pipeline.toml",
            format!("{sized}{tools}{}", fleet("static")),
        )
        .file("app/go.mod", "module agent.example\n\ngo 1.22\n")
        .file("app/main.go", agent(1, 16))
        .variable("PATH", &machines.path());
    project
        .orch(&["plan"])
        .exits(2)
        .says("bench `size` cannot be measured on a fleet: it runs nothing")
        .says("bench `speed` cannot be measured on a fleet: it runs or reads toolchain `go`");

    let pi = "[target.pi5]\nplatform = \"pi5\"\n\n[build.agent]";
    let pi = PIPELINE
        .replace("[build.agent]", pi)
        .replace("targets = [\"static\"]", "targets = [\"static\", \"pi5\"]");
    let bench = "probe = \"startup\"\ntargets = [\"pi5\"]\non = \"fleet.lab/m0\"";
    let pi = pi.replace("probe = \"startup\"", bench);
    let project = project.file("pipeline.toml", format!("{pi}{}", fleet("pi5")));
    project
        .orch(&["run", "--only", "bench.startup"])
        .exits(2)
        .says("`agent` cannot run on `m0`: ");
    let project = project.file("pipeline.toml", format!("{pi}{}", fleet("static")));
    project.orch(&["plan"]).exits(2).stderr(expect![[r#"
        error: bench `startup` measures for `pi5` on `m0`, which is a `static`
          --> pipeline.toml:29:6
           |
        29 | on = "fleet.lab/m0"
           |      ^^^^^^^^^^^^^^
        hint: choose by `targets = ["static"]`, or name the fleet alone: each target gets its first machine there
    "#]]);
}

pub(super) fn start(project: &Project, arguments: &[&str]) -> Child {
    project
        .command(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts")
}

#[track_caller]
pub(super) fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::yield_now();
    }
}
