//! Services on machines of a fleet that really boot, loaded from here over the network.

use orch_tests::Project;
use orch_tests::machines::Machines;
use rustix::process::{Pid, Signal, kill_process};

use super::fleet::{start, wait_until};
use super::service::{MAIN, PIPELINE, service};

/// What is there of ours on a machine: files, processes, and who listens where services are measured.
const OURS: &str = "ls -d /var/tmp/orch* /tmp/orch* 2>/dev/null; \
                    pgrep -x service; pgrep -x flock; pgrep -x perl; \
                    grep -hE '^ *[0-9]+: [0-9A-F]+:(6D[6-9A-F]|6[EF].|70.|71[0-4]). [^ ]+ 0A' \
                      /proc/net/tcp /proc/net/tcp6; true";

/// Who is connected with a service there.
const LOADED: &str = "pgrep -x service >/dev/null && \
                      grep -E '^ *[0-9]+: [0-9A-F]+:(6D[6-9A-F]|6[EF].|70.|71[0-4]). [^ ]+ 01' \
                        /proc/net/tcp6; true";

/// The pipeline with its services on the first machine, where they listen at these addresses.
fn there(machines: &Machines, listen: &str) -> String {
    let address = machines.address(0, "deploy");
    let on = "of = \"build.service\"\non = \"fleet.lab\"\narguments";
    let pipeline = PIPELINE
        .replace("of = \"build.service\"\narguments", on)
        .replace("127.0.0.1:${port}", listen);
    format!(
        "{pipeline}\n[fleet.lab]\nhosts = [{{ name = \"m0\", address = \"{address}\", target = \"static\" }}]\n"
    )
}

fn project(machines: &Machines, pipeline: &str) -> Project {
    service(pipeline)
        .variable("PATH", &machines.path())
        .variable("USER", "ann")
}

#[test]
fn its_latencies_over_the_network_and_its_memory_there() {
    let machines = Machines::start(1);
    let project = project(&machines, &there(&machines, ":${port}"));
    let ran = project
        .orch(&["run", "--only", "bench.load"])
        .exits(0)
        .shows("bench.load@static on ")
        .shows(", by perl over ssh")
        .shows("the network between takes ");
    for metric in ["c1 throughput", "c4 p99", "c4 errors"] {
        assert!(ran.stdout.contains(metric), "{metric}: {}", ran.stdout);
    }
    assert_eq!(machines.inside(0, OURS), "");

    // Beside the one of before, both there.
    let project = project.file("main.go", MAIN.replace("sum := 0.0", "sum := 0.0 + 0.0"));
    project
        .orch(&["bench", "--only", "bench.load"])
        .exits(0)
        .shows(", against measurement ");
    assert_eq!(machines.inside(0, OURS), "");

    // Asked by a program that runs there: nothing needs to reach it from here.
    let project = project.file("pipeline.toml", there(&machines, "127.0.0.1:${port}"));
    let ran = project.orch(&["run", "--only", "bench.memory"]).exits(0);
    for metric in ["heap-in-use", "rss", "outside-go"] {
        assert!(ran.stdout.contains(metric), "{metric}: {}", ran.stdout);
    }
    assert!(
        !ran.stdout.contains("the network between"),
        "{}",
        ran.stdout
    );
    assert_eq!(machines.inside(0, OURS), "");
}

#[test]
fn one_that_cannot_be_reached_is_told_from_one_that_is_not_ready() {
    let machines = Machines::start(1);
    let measure = ["bench", "--only", "bench.load"];
    let project = project(&machines, &there(&machines, "127.0.0.1:${port}"));
    project
        .orch(&measure)
        .exits(2)
        .says("the service listens at 127.0.0.1:28")
        .says(" of `m0`, where only `m0` itself reaches it")
        .says("`0.0.0.0:${port}`");
    assert_eq!(machines.inside(0, OURS), "");

    let everywhere = there(&machines, ":${port}");
    let elsewhere = everywhere.replace("/healthz", "/nowhere");
    let project = project.file("pipeline.toml", elsewhere);
    project
        .orch(&measure)
        .exits(1)
        .says(&format!("`http://{}:28", machines.ip(0)))
        .says("/nowhere` was not ready within ")
        .says("status 404 Not Found in place of 200");

    // Another wire of the machine's, to which nothing leads from here.
    machines.inside(0, "ip address add 192.0.2.9/32 dev lo");
    let wire = there(&machines, "192.0.2.9:${port}");
    let project = project.file("pipeline.toml", wire);
    project
        .orch(&measure)
        .exits(4)
        .says("the service listens at 192.0.2.9:28")
        .says(&format!(
            "is not reached from here at {}:28",
            machines.ip(0)
        ))
        .says("let the ports 28000 to 28999 through its firewall");
    assert_eq!(machines.inside(0, OURS), "");

    let fragile = everywhere.replace("\"-listen\"", "\"-fragile\", \"-listen\"");
    let project = project.file("pipeline.toml", fragile);
    project
        .orch(&measure)
        .exits(1)
        .says("its service exited with code 7")
        .says("the sensor is gone");
    assert_eq!(machines.inside(0, OURS), "");
}

#[test]
fn nothing_of_it_is_left_however_it_ends() {
    let machines = Machines::start(1);
    let long = there(&machines, ":${port}").replace("\"200ms\"", "\"20s\"");
    let project = project(&machines, &long);
    project.orch(&["run", "--only", "build.service"]).exits(0);
    let is_loaded = || {
        wait_until("a service is loaded", || {
            !machines.inside(0, LOADED).is_empty()
        });
    };
    let measure = ["bench", "--only", "bench.load"];

    let mut interrupted = start(&project, &measure);
    is_loaded();
    let pid = Pid::from_child(&interrupted);
    kill_process(pid, Signal::INT).expect("it runs");
    let ended = interrupted.wait().expect("it was started");
    assert_eq!(ended.code(), Some(130));
    assert_eq!(machines.inside(0, OURS), "");

    let mut killed = start(&project, &measure);
    is_loaded();
    killed.kill().expect("it runs");
    killed.wait().expect("it was started");
    wait_until("all of it is gone", || machines.inside(0, OURS).is_empty());

    let mut cut_off = start(&project, &measure);
    is_loaded();
    machines.cut(0);
    let ended = cut_off.wait().expect("it was started");
    assert_eq!(ended.code(), Some(4));
    machines.mend(0);
    wait_until("all of it is gone", || machines.inside(0, OURS).is_empty());
}
