//! The units of a service, of settings, tuning and what is set unless somebody says otherwise.

use orch_plugin::deployer::literal;
use orch_plugin::{Tweak, log, milliseconds};

use crate::check::is_one_line;
use crate::hardening::{CALLS, FILTERS, ISOLATION};
use crate::quote;
use crate::settings::{Restart, Scope, Settings};
use crate::unit::{Section, Unit};
use crate::variables::VARIABLES;
use crate::words::Words;

/// The right to listen at a port below 1024.
const BIND: &str = "CAP_NET_BIND_SERVICE";

/// How long the starts are counted that `restart-limit` bounds, in seconds.
const LIMIT_SECONDS: u32 = 60;

/// A service and where its release lies, as a unit may write that.
pub(crate) struct Service<'a> {
    pub(crate) name: &'a str,
    pub(crate) program: &'a str,
    pub(crate) folder: &'a str,
    pub(crate) settings: &'a Settings,
    pub(crate) words: &'a Words,
    pub(crate) tweaks: &'a [Tweak],
}

impl Service<'_> {
    /// The unit of the service.
    pub(crate) fn unit(&self) -> Unit {
        let mut service = Section::new("Service");
        self.add_process(&mut service);
        self.add_user(&mut service);
        self.add_limits(&mut service);
        if self.settings.hardening {
            self.add_hardening(&mut service);
        }
        self.add_tuning(&mut service);
        for (name, values) in &self.settings.directives {
            service.replace(name, &values.texts());
        }
        let mut install = Section::new("Install");
        install.add("WantedBy", self.wanted_by());
        Unit(vec![self.about(), service, install])
    }

    /// The unit of the socket that is handed over to it.
    pub(crate) fn socket(&self, listen: &str) -> Unit {
        let mut about = Section::new("Unit");
        about.add("Description", format!("Connections to {}", self.name));
        let mut socket = Section::new("Socket");
        socket.add("ListenStream", listen);
        let mut install = Section::new("Install");
        install.add("WantedBy", "sockets.target");
        Unit(vec![about, socket, install])
    }

    /// The target that starts it with the machine.
    pub(crate) fn wanted_by(&self) -> &'static str {
        match self.settings.scope {
            Scope::System => "multi-user.target",
            Scope::User => "default.target",
        }
    }

    fn about(&self) -> Section {
        let settings = self.settings;
        let socket = format!("{}.socket", self.name);
        let mut about = Section::new("Unit");
        about.add("Description", self.name);
        if settings.scope == Scope::System {
            about.add("After", "network.target");
        }
        for unit in &settings.after {
            about.add("Wants", unit);
            about.add("After", unit);
        }
        // Whoever gave the socket up must get rid of the one that still listens.
        let bond = match settings.socket {
            Some(_) => "Requires",
            None => "Conflicts",
        };
        about.add(bond, &socket);
        about.add("After", socket);
        if settings.restart_limit > 0 {
            about.add("StartLimitBurst", settings.restart_limit.to_string());
            about.add("StartLimitIntervalSec", LIMIT_SECONDS.to_string());
        } else {
            about.add("StartLimitIntervalSec", "0");
        }
        about
    }

    fn add_process(&self, service: &mut Section) {
        let Self {
            settings, words, ..
        } = self;
        // With `simple`, a program that cannot be executed would count as started.
        let kind = if settings.notify { "notify" } else { "exec" };
        service.add("Type", kind);
        let program = quote::argument(self.program);
        let mut command = vec![format!("{}/{program}", self.folder)];
        command.extend(words.arguments.iter().cloned());
        service.add("ExecStart", command.join(" "));
        service.add("WorkingDirectory", self.folder);
        for assignment in &words.assignments {
            service.add("Environment", assignment);
        }
        if !words.later.is_empty() {
            service.add("EnvironmentFile", format!("{}/{VARIABLES}", self.folder));
        }
        service.add("Restart", settings.restart.name());
        if !matches!(settings.restart, Restart::Never) {
            service.add("RestartSec", length(&settings.restart_delay));
        }
        service.add("TimeoutStopSec", length(&settings.stop_timeout));
    }

    fn add_user(&self, service: &mut Section) {
        if self.settings.scope == Scope::User {
            return;
        }
        match &self.settings.user {
            Some(user) => service.add("User", user),
            None => service.add("DynamicUser", "yes"),
        }
        service.add("StateDirectory", self.name);
        service.add("StateDirectoryMode", "0700");
        for path in &self.settings.writable {
            service.add("ReadWritePaths", quote::word(path));
        }
        if self.settings.has_privileged_port() {
            service.add("AmbientCapabilities", BIND);
        }
    }

    fn add_limits(&self, service: &mut Section) {
        if let Some(memory) = &self.settings.memory {
            service.add("MemoryMax", memory);
        }
        if let Some(files) = self.settings.open_files {
            service.add("LimitNOFILE", files.to_string());
        }
    }

    fn add_hardening(&self, service: &mut Section) {
        for (name, value) in FILTERS {
            service.add(name, value);
        }
        for calls in CALLS {
            service.add("SystemCallFilter", calls);
        }
        if self.settings.scope == Scope::User {
            return;
        }
        for (name, value) in ISOLATION {
            service.add(name, value);
        }
        match self.settings.has_privileged_port() {
            true => service.add("CapabilityBoundingSet", BIND),
            // In a user namespace of its own, a capability says nothing about the machine's ports.
            false => {
                service.add("CapabilityBoundingSet", "");
                service.add("PrivateUsers", "yes");
            }
        }
    }

    /// What tuning says, where nothing is said yet; of two policies the later one counts.
    fn add_tuning(&self, service: &mut Section) {
        let mut tuned = Section::new("Service");
        for tweak in self.tweaks {
            let Tweak::ServiceDirective(pair) = tweak else {
                continue;
            };
            if service.has(&pair.name) {
                log::info(&format!(
                    "`{}={}` of a tuning policy gives way to the unit's own",
                    pair.name, pair.value
                ));
            } else if is_one_line(&pair.name) && is_one_line(&pair.value) {
                tuned.replace(&pair.name, &[literal(&pair.value)]);
            }
        }
        service.append(tuned);
    }
}

/// A length of time that was checked before, as systemd.time(7) has it.
fn length(text: &str) -> String {
    let milliseconds = milliseconds("", text).unwrap_or_default();
    match milliseconds % 1000 {
        0 => format!("{}s", milliseconds / 1000),
        _ => format!("{milliseconds}ms"),
    }
}
