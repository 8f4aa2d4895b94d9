//! What a `[deploy.*]` table may set. The manifest has the same as JSON Schema, with a description
//! of each.

use std::collections::BTreeMap;

use orch_plugin::{Problem, milliseconds};
use serde::Deserialize;

use crate::check;

/// A service.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    pub(crate) service: Option<String>,
    pub(crate) program: Option<String>,
    pub(crate) scope: Scope,
    pub(crate) user: Option<String>,
    pub(crate) arguments: Vec<String>,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) ports: BTreeMap<String, u16>,
    pub(crate) socket: Option<String>,
    pub(crate) notify: bool,
    pub(crate) memory: Option<String>,
    pub(crate) open_files: Option<u64>,
    pub(crate) restart: Restart,
    pub(crate) restart_delay: String,
    pub(crate) restart_limit: u32,
    pub(crate) stop_timeout: String,
    pub(crate) after: Vec<String>,
    pub(crate) writable: Vec<String>,
    pub(crate) hardening: bool,
    pub(crate) directives: BTreeMap<String, Values>,
    pub(crate) verify: bool,
    pub(crate) allow_system: bool,
}

/// Whose manager runs it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Scope {
    #[default]
    System,
    User,
}

/// When it is started again.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Restart {
    Always,
    OnFailure,
    Never,
}

/// What a directive is set to: a line for each text.
#[derive(Clone, Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "a text, a number, true or false, or a list of texts"
)]
pub(crate) enum Values {
    Truth(bool),
    Number(i64),
    One(String),
    Many(Vec<String>),
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            service: None,
            program: None,
            scope: Scope::System,
            user: None,
            arguments: Vec::new(),
            environment: BTreeMap::new(),
            ports: BTreeMap::new(),
            socket: None,
            notify: false,
            memory: None,
            open_files: None,
            restart: Restart::Always,
            // Long enough that whoever looks each second sees that it is not running.
            restart_delay: "2s".to_owned(),
            restart_limit: 10,
            stop_timeout: "30s".to_owned(),
            after: Vec::new(),
            writable: Vec::new(),
            hardening: true,
            directives: BTreeMap::new(),
            verify: true,
            allow_system: false,
        }
    }
}

impl Settings {
    /// Whether a port can be listened at with `CAP_NET_BIND_SERVICE` alone. A socket is made by
    /// systemd, which needs nothing for that.
    pub(crate) fn has_privileged_port(&self) -> bool {
        self.socket.is_none() && self.ports.values().any(|&port| port < 1024)
    }

    /// Everything that is wrong with values which are of the right type.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        problems.extend(self.scope_problems());
        problems.extend(self.user.as_deref().and_then(check::user));
        problems.extend(self.memory.as_deref().and_then(check::memory));
        problems.extend(self.socket.as_deref().and_then(check::socket));
        for (setting, length) in [
            ("restart-delay", &self.restart_delay),
            ("stop-timeout", &self.stop_timeout),
        ] {
            problems.extend(milliseconds(setting, length).err());
        }
        problems.extend(check::each("after", &self.after, check::unit));
        problems.extend(check::each("writable", &self.writable, check::path));
        for (name, values) in &self.directives {
            problems.extend(check::directive(name, &values.texts()));
        }
        problems
    }

    fn scope_problems(&self) -> Vec<Problem> {
        if self.scope == Scope::System {
            return Vec::new();
        }
        let mut problems = Vec::new();
        if self.user.is_some() {
            let what = "a service of `scope = \"user\"` runs as the user who is logged in";
            problems.push(
                Problem::new(what)
                    .at("user")
                    .hint("take `user` away, or `scope`"),
            );
        }
        if let Some((name, _)) = self.ports.iter().find(|(_, port)| **port < 1024) {
            let what = "a user's service may not listen at a port below 1024";
            problems.push(
                Problem::new(what)
                    .at(format!("ports.{name}"))
                    .hint("take a port from 1024 up, or take `scope` away"),
            );
        }
        problems
    }
}

impl Values {
    /// A line for each.
    pub(crate) fn texts(&self) -> Vec<String> {
        match self {
            Self::Truth(true) => vec!["yes".to_owned()],
            Self::Truth(false) => vec!["no".to_owned()],
            Self::Number(number) => vec![number.to_string()],
            Self::One(text) => vec![text.clone()],
            Self::Many(texts) => texts.clone(),
        }
    }
}

impl Restart {
    /// As `Restart=` names it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::OnFailure => "on-failure",
            Self::Never => "no",
        }
    }
}
