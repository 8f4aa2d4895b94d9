//! The two who deploy: what each is given, and how it is started.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::fleet::Fleet;
use crate::file::{create_folder, write};
use crate::install;
use crate::measure::{self, Run, Sample};

/// Everything but the machines.
const PIPELINE: &str = r#"version = 1
name = "agent"

[toolchain.go]
version = "GO_VERSION"

[target.static]
platform = "musl"

[build.agent]
with = "go"
package = "."
targets = ["static"]

[deploy.fleet]
with = "systemd"
of = "build.agent"
to = "fleet.all"
waves = ["100%"]
health = { http = "http://127.0.0.1:8080/healthz", within = "60s" }

[fleet.all]
hosts = [
"#;

const MAIN: &str = r#"package main

import (
	"fmt"
	"net/http"
)

func main() {
	http.HandleFunc("/healthz", func(answer http.ResponseWriter, _ *http.Request) {
LINE		fmt.Fprintln(answer, "VERSION")
	})
	panic(http.ListenAndServe("127.0.0.1:8080", nil))
}
"#;

const PLAYBOOK: &str = include_str!("playbook.yml");

/// What its documentation advises for speed. A connection is kept open for the next task, no
/// machine waits for another, and nothing is asked of them that the playbook does not use.
const CONFIGURATION: &str = "[defaults]
inventory = hosts
forks = FORKS
strategy = free
gathering = explicit
interpreter_python = /usr/bin/python3

[privilege_escalation]
become = True

[ssh_connection]
pipelining = True
ssh_args = -o ControlMaster=auto -o ControlPersist=60s
";

/// Who deploys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// orch.
    Orch,
    /// Ansible.
    Ansible,
}

impl Who {
    /// All, orch first.
    pub const ALL: [Who; 2] = [Who::Orch, Who::Ansible];

    /// For tables.
    pub fn name(self) -> &'static str {
        match self {
            Who::Orch => "orch",
            Who::Ansible => "Ansible",
        }
    }
}

/// The folders of both for one fleet, which go with their parent.
pub struct Place<'a> {
    pub orch: &'a Path,
    pub ansible: &'a Path,
    /// What both have for a home, which outlives a fleet.
    pub home: &'a Path,
    pub folder: &'a Path,
    pub fleet: &'a Fleet,
    pub limit: f64,
}

impl Place<'_> {
    /// Writes what both are given, but the unit, which orch makes.
    pub fn set_up(&self) -> Result<(), String> {
        let hosts = self.fleet.addresses();
        let machines = hosts.iter().enumerate().map(|(index, ip)| {
            format!(
                "{{ name = \"m{index}\", address = \"ssh://deploy@{ip}\", target = \"static\" }},\n"
            )
        });
        let pipeline = PIPELINE.replace("GO_VERSION", install::GO_VERSION);
        let pipeline = format!("{pipeline}{}]\n", machines.collect::<String>());
        write(&self.project().join("pipeline.toml"), &pipeline)?;
        write(
            &self.project().join("go.mod"),
            "module agent.example\n\ngo 1.22\n",
        )?;
        let machines = hosts.iter().enumerate();
        let machines =
            machines.map(|(index, ip)| format!("m{index} ansible_host={ip} ansible_user=deploy\n"));
        write(&self.play().join("hosts"), &machines.collect::<String>())?;
        write(&self.play().join("playbook.yml"), PLAYBOOK)?;
        let configuration = CONFIGURATION.replace("FORKS", &hosts.len().to_string());
        write(&self.play().join("ansible.cfg"), &configuration)?;
        Ok(())
    }

    /// Makes a version of the program, for both; not measured.
    pub fn build(&self, version: &str) -> Result<(), String> {
        // With one line more, all code behind it moves.
        let line = match version {
            "one" => "",
            _ => "\t\tanswer.Header().Set(\"Cache-Control\", \"no-store\")\n",
        };
        let main = MAIN.replace("VERSION", version).replace("LINE", line);
        write(&self.project().join("main.go"), &main)?;
        self.once(&["run", "--only", "build.agent"])?;
        let made = self.project().join("out/agent/static/agent");
        let folder = self.play().join(version);
        create_folder(&folder)?;
        let copied = std::fs::copy(&made, folder.join("agent"));
        copied.map_err(|error| format!("could not copy `{}`: {error}", made.display()))?;
        Ok(())
    }

    /// Gives Ansible the unit that orch made of its release: the same service, started through
    /// the link.
    pub fn share_unit(&self) -> Result<(), String> {
        let unit = self.fleet.read("/opt/agent/live/agent.service");
        let release = self.fleet.read("/opt/agent/orch.json");
        let release = release.split("\"release\":\"").nth(1);
        let release = release.and_then(|rest| rest.split('"').next());
        let release = release.ok_or("orch has left no record")?;
        let unit = unit.replace(&format!("releases/{release}"), "live");
        write(
            &self.play().join("templates/agent.service"),
            &format!("{unit}\n"),
        )
    }

    /// Deploys the version that was built last.
    pub fn deploy(&self, who: Who, version: &str) -> Result<Sample, String> {
        let release = format!("release={version}");
        match who {
            Who::Orch => self.once(&["deploy"]),
            Who::Ansible => {
                let program = self.ansible.join("bin/ansible-playbook");
                let words = [program.as_os_str(), "playbook.yml".as_ref(), "-e".as_ref()];
                let mut words: Vec<OsString> = words.map(OsString::from).to_vec();
                words.push(release.into());
                let configuration = self.play().join("ansible.cfg");
                let variables = [
                    ("ANSIBLE_CONFIG", configuration.into_os_string()),
                    ("PYTHONPATH", self.ansible.into()),
                    ("LC_ALL", "C.UTF-8".into()),
                ];
                // Its masters stay for the next run; here each run opens its own connections.
                self.run(&words, variables.into(), &self.play(), Some("ssh"))
            }
        }
    }

    fn once(&self, arguments: &[&str]) -> Result<Sample, String> {
        let mut words = vec![self.orch.into()];
        words.extend(arguments.iter().map(OsString::from));
        let variables = [
            ("ORCH_CACHE_DIR", self.home.join("cache").into_os_string()),
            ("ORCH_CONFIG_DIR", self.home.join("config").into_os_string()),
        ];
        self.run(&words, variables.into(), &self.project(), None)
    }

    fn run(
        &self,
        words: &[OsString],
        variables: Vec<(&str, OsString)>,
        folder: &Path,
        leaves: Option<&str>,
    ) -> Result<Sample, String> {
        let both = [
            ("PATH", self.fleet.path().into()),
            ("HOME", self.home.as_os_str().to_owned()),
        ];
        let variables: Vec<(OsString, OsString)> = both
            .into_iter()
            .chain(variables)
            .map(|(name, value)| (name.into(), value))
            .collect();
        let log = self.folder.join("log");
        let run = Run {
            words,
            variables: &variables,
            folder,
            log: &log,
            limit: self.limit,
            leaves,
        };
        measure::once(&run).map_err(|why| {
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            format!("`{}` {why}: {}", words[0].display(), said.trim())
        })
    }

    fn project(&self) -> PathBuf {
        self.folder.join("project")
    }

    fn play(&self) -> PathBuf {
        self.folder.join("play")
    }
}
