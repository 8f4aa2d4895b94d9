//! Releases onto machines that really boot: a first one, updates in waves, bad ones that go back
//! by themselves, and all that is recorded of it.

mod faults;
mod images;
mod logs;
mod watch;

use orch_tests::Project;
use orch_tests::machines::Machines;

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

[secret.token]
environment = "AGENT_TOKEN"

[deploy.edge]
with = "systemd"
of = "build.agent"
to = "fleet.edge"
environment = { TOKEN = "${secret.token}", ZONE = "${host.zone}" }
waves = ["1", "100%"]
keep = 2

[deploy.edge.health]
http = "http://127.0.0.1:8080/healthz"
within = "5s"
soak = "1s"
"#;

/// Says which version it is, and whether it is well.
const MAIN: &str = r#"package main

import (
	"fmt"
	"net/http"
	"os"
	"time"
)

const version, status, crash = "VERSION", STATUS, CRASH

func main() {
	fmt.Println("began as", version, os.Getenv("TOKEN"))
	if crash == "at once" {
		os.Exit(3)
	}
	if crash == "soon" {
		time.AfterFunc(500*time.Millisecond, func() { os.Exit(3) })
	}
	http.HandleFunc("/healthz", func(answer http.ResponseWriter, _ *http.Request) {
		if crash == "never answers" {
			time.Sleep(time.Hour)
		}
		answer.WriteHeader(status)
		fmt.Fprintln(answer, version, os.Getenv("ZONE"), len(os.Getenv("TOKEN")))
	})
	panic(http.ListenAndServe("127.0.0.1:8080", nil))
}
"#;

/// A project that deploys to a fleet.
fn project(fleet: &str) -> Project {
    project_of_compilers()
        .file("pipeline.toml", format!("{PIPELINE}\n{fleet}"))
        .file("go.mod", "module agent.example\n\ngo 1.22\n")
}

/// A project that deploys to machines, for one of their users.
struct Fleet {
    machines: Machines,
    project: Project,
}

impl Fleet {
    fn of(machines: Machines, count: usize, user: &str) -> Self {
        let hosts = (0..count).map(|index| {
            format!(
                "{{ name = \"m{index}\", address = \"{}\", target = \"static\", variables = {{ zone = \"z{index}\" }} }},\n",
                machines.address(index, user)
            )
        });
        let hosts: String = hosts.collect();
        let project = project(&format!("[fleet.edge]\nhosts = [\n{hosts}]\n"))
            .variable("PATH", &machines.path())
            .variable("USER", "ann")
            .variable("AGENT_TOKEN", "s3cret-token");
        let fleet = Self { machines, project };
        fleet.release("one", 200, "");
        fleet
    }

    /// The sources become those of a version that answers so, or crashes.
    fn release(&self, version: &str, status: u16, crash: &str) {
        let main = MAIN
            .replace("VERSION", version)
            .replace("STATUS", &status.to_string())
            .replace("CRASH", &format!("{crash:?}"));
        self.save(&main);
    }

    /// Puts a source in place whole: nobody may see one that is half written.
    fn save(&self, main: &str) {
        let elsewhere = self.project.path().with_file_name("written");
        std::fs::write(&elsewhere, main).expect("it can be written");
        std::fs::rename(elsewhere, self.project.path().join("main.go")).expect("it can be moved");
    }

    /// What the service on a machine says of itself.
    fn says(&self, index: usize) -> String {
        let ask = "exec 3<>/dev/tcp/127.0.0.1/8080; \
                   printf 'GET /healthz HTTP/1.0\\r\\n\\r\\n' >&3; tail -n 1 <&3";
        self.machines
            .inside(index, &format!("bash -c {}", quoted(ask)))
    }

    fn live(&self, index: usize) -> String {
        self.machines.inside(index, "readlink /opt/agent/live")
    }
}

/// Processes that reach a machine of the fleet, or show a log there.
fn left_behind(fleet: &Fleet) -> Vec<String> {
    let address = fleet.machines.ip(0).to_string();
    let processes = std::fs::read_dir("/proc").expect("it is there").flatten();
    let lines = processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok());
    let lines = lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " "));
    let reaching = lines.filter(|line| line.contains("ssh") && line.contains(&address));
    let showing = "grep -lx journalctl /proc/[0-9]*/comm";
    // Who hangs up waits for nobody there: it ends a moment later.
    while !fleet.machines.inside(0, showing).is_empty() {
        std::thread::yield_now();
    }
    reaching.collect()
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[test]
fn a_first_release_updates_in_waves_and_bad_ones_that_go_back() {
    let fleet = Fleet::of(Machines::start(3), 3, "deploy");
    let first = fleet.project.orch(&["run"]).exits(0);
    assert!(first.stdout.contains("3 live"), "{}", first.stdout);
    assert_eq!(fleet.says(2), "one z2 12");
    // Others of the machine see the unit, and not the secret.
    let unit = fleet.machines.inside(0, "systemctl cat agent");
    assert!(!unit.contains("s3cret"), "{unit}");
    let readable = "runuser -u clerk -- grep -rl s3cret /opt/agent /etc/systemd 2>/dev/null; true";
    assert_eq!(fleet.machines.inside(0, readable), "");

    let again = fleet.project.orch(&["deploy"]).exits(0);
    assert!(
        again.stdout.contains("3 unchanged, nothing to send"),
        "{}",
        again.stdout
    );

    fleet.release("two", 200, "");
    let update = fleet.project.orch(&["deploy"]).exits(0);
    assert!(update.stdout.contains("3 live"), "{}", update.stdout);
    assert_eq!(fleet.says(0), "two z0 12");
    let good = fleet.live(0);

    for (status, crash) in [
        (500, ""),
        (200, "at once"),
        (200, "soon"),
        (200, "never answers"),
    ] {
        fleet.release("bad", status, crash);
        let bad = fleet.project.orch(&["deploy"]).exits(12);
        assert!(
            bad.stdout.contains("1 rolled back"),
            "{crash}: {}",
            bad.stdout
        );
        for index in 0..3 {
            assert_eq!(fleet.says(index), format!("two z{index} 12"), "{crash}");
            assert_eq!(fleet.live(index), good, "{crash}");
        }
    }

    let status = fleet.project.orch(&["status"]).exits(0);
    assert_eq!(
        status.stdout.matches(" good").count(),
        3,
        "{}",
        status.stdout
    );
    fleet.project.orch(&["rollback", "edge"]).exits(0);
    assert_eq!(fleet.says(1), "one z1 12");
    let audit = fleet.project.orch(&["audit"]).exits(0);
    assert_eq!(
        audit.stdout.matches("rolled-back").count(),
        4,
        "{}",
        audit.stdout
    );
    fleet.project.orch(&["audit", "--verify"]).exits(0);
    let log = fleet.project.path().join(".orch/audit.jsonl");
    let text = std::fs::read_to_string(&log).expect("it is there");
    assert!(!text.contains("s3cret"));
    std::fs::write(&log, text.replacen("ann@", "bob@", 1)).expect("it can be written");
    let touched = fleet.project.orch(&["audit", "--verify"]).exits(1);
    assert!(
        touched
            .stdout
            .contains("entry 1: it is not as it was written")
    );
}
