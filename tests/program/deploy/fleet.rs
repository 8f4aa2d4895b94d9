//! A project whose service goes onto test machines: how it is released, and how it is asked there.
//!
//! What a version does on a machine is told to it there, by a file beside its releases: so one
//! program is built for all versions, and one machine can fail where others do not.

use orch_tests::machines::Machines;
use orch_tests::{Live, Project};

use crate::project_of_compilers;

/// Everything but the keys of the deploy that a test sets, and its fleet.
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
environment = { TOKEN = "${secret.token}", ZONE = "${host.zone}", VERSION = "@VERSION@" }
@ROLLOUT@
"#;

/// How a deploy goes where a test says nothing else.
pub(super) const ROLLOUT: &str = r#"
waves = ["1", "100%"]
keep = 2
[deploy.edge.health]
http = "http://127.0.0.1:8080/healthz"
within = "5s"
soak = "1s"
"#;

/// Says which version it is. What it is to do wrong stands in the file `/srv/VERSION`.
const MAIN: &str = r#"package main

import (
	_ "embed"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"
)

//go:embed payload
var payload string

func main() {
	version := os.Getenv("VERSION")
	if edited := "EDITED"; edited != "" {
		version = edited
	}
	fmt.Println("began as", version, os.Getenv("TOKEN"))
	told, _ := os.ReadFile("/srv/" + version)
	behaviour := strings.TrimSpace(string(told))
	switch behaviour {
	case "crashes at once":
		os.Exit(3)
	case "crashes soon":
		time.AfterFunc(500*time.Millisecond, func() { os.Exit(3) })
	}
	var asked atomic.Int32
	http.HandleFunc("/healthz", func(answer http.ResponseWriter, _ *http.Request) {
		_, err := os.Stat("/srv/well")
		switch {
		case behaviour == "answers once" && asked.Add(1) > 1:
			answer.WriteHeader(500)
		case behaviour == "never answers":
			time.Sleep(time.Hour)
		case behaviour == "answers 500", behaviour == "waits" && err != nil:
			answer.WriteHeader(500)
		}
		fmt.Fprintln(answer, version, os.Getenv("ZONE"), len(os.Getenv("TOKEN")), payload[:6])
	})
	panic(http.ListenAndServe("127.0.0.1:8080", nil))
}
"#;

/// A project that deploys to machines, for one of their users.
pub(super) struct Fleet<'m> {
    pub(super) machines: &'m Machines,
    pub(super) project: Project,
    rollout: String,
    fleet: String,
}

impl<'m> Fleet<'m> {
    /// The first so many machines, which are called `m0`, `m1` and so on.
    pub(super) fn of(machines: &'m Machines, count: usize, user: &str) -> Self {
        let positions: Vec<usize> = (0..count).collect();
        Self::at(machines, &positions, user)
    }

    /// These machines.
    pub(super) fn at(machines: &'m Machines, positions: &[usize], user: &str) -> Self {
        let hosts = positions.iter().map(|&index| host(machines, index, user));
        let hosts: String = hosts.map(|host| format!("  {host},\n")).collect();
        Self::with(machines, ROLLOUT, &format!("hosts = [\n{hosts}]"))
    }

    /// With other keys of the deploy and of the fleet.
    pub(super) fn with(machines: &'m Machines, rollout: &str, fleet: &str) -> Self {
        let project = project(rollout, fleet)
            .variable("PATH", &machines.path())
            .variable("USER", "ann")
            .variable("AGENT_TOKEN", "s3cret-token");
        let fleet = Self {
            machines,
            project,
            rollout: rollout.to_owned(),
            fleet: fleet.to_owned(),
        };
        fleet.built("first");
        fleet
    }

    /// The same with other keys of the deploy.
    pub(super) fn rollout(mut self, keys: &str) -> Self {
        self.rollout = keys.to_owned();
        self.release("one");
        self
    }

    /// The program becomes another one that begins its half a megabyte of content with that mark:
    /// nothing of it can be made of an older version, nor compressed.
    pub(super) fn built(&self, mark: &str) {
        let mut state = mark
            .bytes()
            .fold(1_u64, |sum, byte| sum * 257 + u64::from(byte));
        let mut payload = format!("{mark:6}").into_bytes();
        payload.extend(
            std::iter::repeat_with(|| {
                // Marsaglia's xorshift.
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                state as u8
            })
            .take(500_000),
        );
        self.write("payload", payload);
    }

    /// The pipeline becomes that of a version.
    pub(super) fn release(&self, version: &str) {
        self.write(
            "pipeline.toml",
            pipeline(version, &self.rollout, &self.fleet),
        );
    }

    /// Somebody saves the sources of a version, whatever the pipeline says: whole, so that nobody
    /// sees half of them.
    pub(super) fn edit(&self, version: &str) {
        self.save(&main(version));
    }

    /// The same with sources of their own.
    pub(super) fn save(&self, main: &str) {
        let elsewhere = self.project.path().with_file_name("written");
        std::fs::write(&elsewhere, main).expect("it can be written");
        std::fs::rename(elsewhere, self.project.path().join("main.go")).expect("it can be moved");
    }

    pub(super) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.project.path().join(name), content).expect("it can be written");
    }

    /// Says how a version behaves on a machine from its next start on.
    pub(super) fn makes(&self, index: usize, version: &str, behaviour: &str) {
        let script = format!("echo '{behaviour}' >'/srv/{version}'");
        self.machines.inside(index, &script);
    }

    /// A deploy that goes on while the test does something else, and says each step in JSON. What
    /// it brings was built before.
    pub(super) fn begins(&self) -> Live {
        let build = ["run", "--only", "build.agent"];
        self.project.orch(&build).exits(0);
        Live::start(self.project.command(&["deploy", "--output", "json"]))
    }

    /// What the service on a machine says of itself: version, zone, and the length of its secret.
    pub(super) fn says(&self, index: usize) -> String {
        let ask = "exec 3<>/dev/tcp/127.0.0.1/8080; \
                   printf \"GET /healthz HTTP/1.0\\r\\n\\r\\n\" >&3; tail -n 1 <&3";
        self.machines.inside(index, &format!("bash -c '{ask}'"))
    }

    /// Processes that reach the first machine, or show a log there.
    pub(super) fn left_behind(&self) -> Vec<String> {
        let address = self.machines.ip(0).to_string();
        let processes = std::fs::read_dir("/proc").expect("it is there").flatten();
        let lines =
            processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok());
        let lines = lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " "));
        let reaching = lines.filter(|line| line.contains("ssh") && line.contains(&address));
        let showing = "grep -lx journalctl /proc/[0-9]*/comm";
        // Who hangs up waits for nobody there: it ends a moment later.
        while !self.machines.inside(0, showing).is_empty() {
            std::thread::yield_now();
        }
        reaching.collect()
    }

    /// The release that a machine's `live` points at.
    pub(super) fn live(&self, index: usize) -> String {
        let link = self.machines.disk(index).join("agent/live");
        let to = std::fs::read_link(link).unwrap_or_default();
        to.file_name()
            .map_or_else(String::new, |name| name.to_string_lossy().into_owned())
    }

    /// Fails unless this version runs on a machine, `orch status` calls it good, and nothing is
    /// left over.
    #[track_caller]
    pub(super) fn runs(&self, index: usize, version: &str) {
        let said = self.says(index);
        assert!(
            said.starts_with(&format!("{version} z{index} 12 ")),
            "m{index}: {said}"
        );
        let status = self.project.orch(&["status"]).exits(0);
        let name = format!(" m{index} ");
        let mut lines = status.stdout.lines();
        let line = lines.find(|line| line.contains(&name)).unwrap_or_default();
        assert!(line.ends_with(" good"), "{}", status.stdout);
        assert!(line.contains(&self.live(index)), "{}", status.stdout);
        let lock = self.machines.disk(index).join("agent/lock");
        assert!(!lock.exists(), "m{index} is still locked");
    }
}

/// A project that deploys to a fleet.
pub(super) fn project(rollout: &str, fleet: &str) -> Project {
    project_of_compilers()
        .pipeline(&pipeline("one", rollout, fleet))
        .file("go.mod", "module agent.example\n\ngo 1.22\n")
        .file("main.go", main(""))
}

fn pipeline(version: &str, rollout: &str, fleet: &str) -> String {
    let deploy = PIPELINE
        .replace("@VERSION@", version)
        .replace("@ROLLOUT@", rollout);
    format!("{deploy}\n[fleet.edge]\n{fleet}\n")
}

fn main(edited: &str) -> String {
    MAIN.replace("EDITED", edited)
}

/// A machine as a fleet names it.
pub(super) fn host(machines: &Machines, index: usize, user: &str) -> String {
    let address = machines.address(index, user);
    format!(
        "{{ name = \"m{index}\", address = \"{address}\", target = \"static\", \
         variables = {{ zone = \"z{index}\" }} }}"
    )
}
