//! The steps by which a release goes live, and comes back out.

use orch_plugin::deployer::{Check, Release, Shipped, Step, Upload};

use crate::settings::{Scope, Settings};
use crate::variables;

/// Files of a release beside the units and what the build ships.
pub(crate) const FILES: [&str; 2] = [SYSCTL, LINGER];

const SYSCTL: &str = "sysctl.conf";
const LINGER: &str = "check-lingering";

/// Fails where systemd would end a user's services with the last session; loginctl(1) makes that
/// file.
const LINGER_SCRIPT: &str = "#!/bin/sh
user=$(id -un)
[ -e \"/var/lib/systemd/linger/$user\" ] && exit 0
echo \"services of $user end when $user logs out: run \\`loginctl enable-linger $user\\` as root\" >&2
exit 1
";

/// All that a release is made of.
pub(crate) struct Parts<'a> {
    pub(crate) name: &'a str,
    pub(crate) home: &'a str,
    pub(crate) settings: &'a Settings,
    pub(crate) artifacts: &'a [Shipped],
    pub(crate) unit: String,
    pub(crate) socket: Option<String>,
    pub(crate) wanted_by: &'a str,
    pub(crate) variables: &'a [(String, String)],
    pub(crate) sysctl: Option<String>,
}

/// Where the releases of a service lie.
pub(crate) fn home(service: &str, scope: Scope) -> String {
    match scope {
        Scope::System => format!("/opt/{service}"),
        Scope::User => format!(".local/share/{service}"),
    }
}

impl Parts<'_> {
    pub(crate) fn release(&self) -> Release {
        let is_system = self.settings.scope == Scope::System;
        let mut programs = vec!["systemctl", "journalctl"];
        if self.settings.verify {
            programs.push("systemd-analyze");
        }
        Release {
            root: is_system,
            programs: programs.into_iter().map(str::to_owned).collect(),
            stage: self.stage(),
            activate: match is_system {
                true => self.activate_system(),
                false => self.activate_user(),
            },
            withdraw: match is_system {
                true => self.withdraw_system(),
                false => self.withdraw_user(),
            },
            checks: self.checks(),
            log: self.journal(&[]),
            follow: self.journal(&["--follow"]),
            ..Release::at(self.home)
        }
    }

    fn stage(&self) -> Vec<Step> {
        let mut steps: Vec<Step> = self.artifacts.iter().map(uploaded).collect();
        let units = self.units();
        steps.push(Step::write(&units[0], &self.unit));
        if let Some(socket) = &self.socket {
            steps.push(Step::write(&units[1], socket));
        }
        steps.extend(variables::steps(self.variables));
        if let Some(sysctl) = &self.sysctl {
            steps.push(Step::write(SYSCTL, sysctl));
        }
        if self.settings.scope == Scope::User {
            steps.push(Step::write(LINGER, LINGER_SCRIPT));
            steps.push(Step::run(&["sh", LINGER]));
        }
        if self.settings.verify {
            let mut command = vec!["systemd-analyze", "verify", "--man=no"];
            if self.settings.scope == Scope::User {
                command.insert(1, "--user");
            }
            let files: Vec<String> = units.iter().map(|unit| format!("./{unit}")).collect();
            command.extend(files.iter().map(String::as_str));
            steps.push(Step::run(&command));
        }
        steps
    }

    /// The units of this release; the service's stands first.
    fn units(&self) -> Vec<String> {
        let socket = self.socket.as_ref().map(|_| self.socket_unit());
        std::iter::once(self.service_unit()).chain(socket).collect()
    }

    fn service_unit(&self) -> String {
        format!("{}.service", self.name)
    }

    fn socket_unit(&self) -> String {
        format!("{}.socket", self.name)
    }

    /// Links that lead through `live` hold for every release. `systemctl enable` would make them
    /// too, but to the release at hand.
    fn activate_system(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        for unit in self.units() {
            let wanted = self.wanted(&unit);
            steps.push(Step::link(
                placed(&unit),
                format!("{}/live/{unit}", self.home),
            ));
            steps.push(Step::link(wanted, format!("../{unit}")));
        }
        if self.sysctl.is_some() {
            let file = format!("{}/live/{SYSCTL}", self.home);
            steps.push(Step::link(self.sysctl_link(), file));
            steps.push(Step::run(&[
                "systemctl",
                "restart",
                "systemd-sysctl.service",
            ]));
        } else {
            steps.push(Step::Remove(self.sysctl_link()));
        }
        steps.push(Step::run(&["systemctl", "daemon-reload"]));
        steps.extend(self.restart(&["systemctl"]));
        steps
    }

    fn activate_user(&self) -> Vec<Step> {
        let reload = Step::run(&["systemctl", "--user", "daemon-reload"]);
        let mut steps = vec![self.enable_user(), reload];
        steps.extend(self.restart(&["systemctl", "--user"]));
        steps
    }

    /// Makes the links of a user's units, whose places no plugin knows, lead to this release.
    fn enable_user(&self) -> Step {
        let units = self.units().into_iter().map(|unit| format!("./{unit}"));
        let units: Vec<String> = units.collect();
        let mut command = vec!["systemctl", "--user", "enable", "--force"];
        command.extend(units.iter().map(String::as_str));
        Step::run(&command)
    }

    /// A service that failed too often is not started again before that is forgotten, which a
    /// release that puts it right must not wait for. The socket is started by what requires it.
    fn restart(&self, systemctl: &[&str]) -> [Step; 2] {
        let [service, socket] = self.patterns();
        [
            Step::run(&[systemctl, &["reset-failed", &service, &socket]].concat()),
            Step::run(&[systemctl, &["restart", &self.service_unit()]].concat()),
        ]
    }

    fn withdraw_system(&self) -> Vec<Step> {
        let [service, socket] = self.patterns();
        let mut steps = vec![Step::run(&["systemctl", "stop", &socket, &service])];
        for unit in self.units() {
            steps.push(Step::Remove(self.wanted(&unit)));
            steps.push(Step::Remove(placed(&unit)));
        }
        steps.push(Step::Remove(self.sysctl_link()));
        steps.push(Step::run(&["systemctl", "daemon-reload"]));
        steps
    }

    /// What was disabled before cannot be disabled, so it is enabled first.
    fn withdraw_user(&self) -> Vec<Step> {
        let [service, socket] = self.patterns();
        let units = self.units();
        let mut disable = vec!["systemctl", "--user", "disable"];
        disable.extend(units.iter().map(String::as_str));
        vec![
            Step::run(&["systemctl", "--user", "stop", &socket, &service]),
            self.enable_user(),
            Step::run(&disable),
            Step::run(&["systemctl", "--user", "daemon-reload"]),
        ]
    }

    /// Each matches one unit, and is good with there being none, where its name would not be.
    fn patterns(&self) -> [String; 2] {
        let name = self.name;
        [format!("{name}.servic[e]"), format!("{name}.socke[t]")]
    }

    fn wanted(&self, unit: &str) -> String {
        let target = match unit.ends_with(".socket") {
            true => "sockets.target",
            false => self.wanted_by,
        };
        placed(&format!("{target}.wants/{unit}"))
    }

    /// After what distributions bring, which begins with 10 to 50.
    fn sysctl_link(&self) -> String {
        format!("/etc/sysctl.d/60-{}.conf", self.name)
    }

    /// A service that is started again and again is `activating` in between, which is not active.
    fn checks(&self) -> Vec<Check> {
        let unit = self.service_unit();
        let words: &[&str] = match self.settings.scope {
            Scope::System => &["systemctl", "is-active", "--quiet", &unit],
            Scope::User => &["systemctl", "--user", "is-active", "--quiet", &unit],
        };
        let active = Check::Command(words.iter().map(|&word| word.to_owned()).collect());
        let ports = self.settings.ports.values();
        let listens = ports.map(|port| Check::Tcp(format!("127.0.0.1:{port}")));
        std::iter::once(active).chain(listens).collect()
    }

    fn journal(&self, how: &[&str]) -> Vec<String> {
        let unit = match self.settings.scope {
            Scope::System => format!("--unit={}", self.service_unit()),
            Scope::User => format!("--user-unit={}", self.service_unit()),
        };
        let words = [
            &["journalctl", "--quiet"],
            how,
            &["--lines=${lines}", "--output=cat", &unit],
        ];
        words.concat().into_iter().map(str::to_owned).collect()
    }
}

fn placed(unit: &str) -> String {
    format!("/etc/systemd/system/{unit}")
}

fn uploaded(artifact: &Shipped) -> Step {
    Step::Upload(Upload {
        artifact: artifact.name.clone(),
        to: artifact.name.clone(),
        mode: if artifact.executable { 0o755 } else { 0o644 },
    })
}
