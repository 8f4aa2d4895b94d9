//! What a `[deploy.*]` table may set. The manifest has the same as JSON Schema, with a description
//! of each.

use std::collections::BTreeMap;

use orch_plugin::{Problem, milliseconds};
use serde::Deserialize;

use crate::check;

/// A workload.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    pub(crate) image: String,
    pub(crate) name: Option<String>,
    pub(crate) context: Option<String>,
    pub(crate) namespace: Option<String>,
    pub(crate) replicas: Option<i32>,
    pub(crate) arguments: Vec<String>,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) ports: BTreeMap<String, u16>,
    pub(crate) probes: Probes,
    pub(crate) memory: Option<String>,
    pub(crate) cpu: Option<String>,
    pub(crate) cpu_limit: Option<String>,
    pub(crate) max_surge: String,
    pub(crate) max_unavailable: String,
    pub(crate) stop_timeout: String,
    pub(crate) timeout: String,
    pub(crate) writable: Vec<String>,
    pub(crate) hardening: bool,
    pub(crate) verify: bool,
    pub(crate) force_conflicts: bool,
}

/// How the cluster asks a copy.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Probes {
    pub(crate) port: Option<String>,
    pub(crate) ready: Option<String>,
    pub(crate) live: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            image: String::new(),
            name: None,
            context: None,
            namespace: None,
            replicas: None,
            arguments: Vec::new(),
            environment: BTreeMap::new(),
            ports: BTreeMap::new(),
            probes: Probes::default(),
            memory: None,
            cpu: None,
            cpu_limit: None,
            // Never fewer copies than were asked for.
            max_surge: "1".to_owned(),
            max_unavailable: "0".to_owned(),
            stop_timeout: "30s".to_owned(),
            timeout: "5m".to_owned(),
            writable: Vec::new(),
            hardening: true,
            verify: true,
            force_conflicts: false,
        }
    }
}

impl Settings {
    /// The deploy that pushes the image, by its name.
    pub(crate) fn image_deploy(&self) -> &str {
        self.image.strip_prefix("deploy.").unwrap_or_default()
    }

    /// The port that probes ask, by its name; none where it is not told.
    pub(crate) fn probed_port(&self) -> Option<&str> {
        let only = || match self.ports.len() {
            1 => self.ports.keys().next().map(String::as_str),
            _ => self.ports.contains_key("http").then_some("http"),
        };
        self.probes.port.as_deref().or_else(only)
    }

    /// Everything that is wrong with values which are of the right type.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        problems.extend(check::image(self.image_deploy(), &self.image));
        let names = [("name", &self.name), ("namespace", &self.namespace)];
        for (setting, name) in names {
            problems.extend(name.as_deref().and_then(|name| check::label(setting, name)));
        }
        problems.extend(self.context.as_deref().and_then(check::context));
        for name in self.ports.keys() {
            problems.extend(check::port(name));
        }
        problems.extend(check::probes(self));
        problems.extend(self.memory.as_deref().and_then(check::memory));
        for (setting, amount) in [("cpu", &self.cpu), ("cpu-limit", &self.cpu_limit)] {
            problems.extend(amount.as_deref().and_then(|it| check::cpu(setting, it)));
        }
        let counts = [
            ("max-surge", &self.max_surge),
            ("max-unavailable", &self.max_unavailable),
        ];
        problems.extend(
            counts
                .iter()
                .filter_map(|(setting, text)| check::share(setting, text)),
        );
        problems.extend(check::standstill(&self.max_surge, &self.max_unavailable));
        for (setting, length) in [
            ("stop-timeout", &self.stop_timeout),
            ("timeout", &self.timeout),
        ] {
            problems.extend(milliseconds(setting, length).err());
        }
        let paths = self.writable.iter().enumerate();
        problems.extend(paths.filter_map(|(index, path)| check::path(index, path)));
        problems
    }
}

/// A length of time that was checked before, in whole seconds, begun ones counted.
pub(crate) fn seconds(text: &str) -> u32 {
    milliseconds("", text).unwrap_or_default().div_ceil(1000)
}
