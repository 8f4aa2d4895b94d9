//! What is set for a service that is profiled under load.

use orch_plugin::benchmark_probe::path_problem;
use orch_plugin::{Problem, milliseconds};

use super::{Settings, misplaced, set};

/// The most connections that a service is loaded over, and how many where nothing is said.
const MOST_CONNECTIONS: u32 = 10_000;
const CONNECTIONS: u32 = 8;

/// For how long a service is profiled at most, and where nothing is said.
const LONGEST_SECONDS: u32 = 10 * 60;
const SECONDS: u32 = 10;

impl Settings {
    /// Those that are set and mean something to services alone.
    pub(super) fn of_services(&self) -> Vec<&'static str> {
        set(&[
            ("path", self.path.is_some()),
            ("ready", self.ready.is_some()),
            ("connections", self.connections.is_some()),
            ("duration", self.duration.is_some()),
            ("pprof", self.pprof.is_some()),
        ])
    }

    /// What is set for a service, where none is told at which port to listen.
    pub(super) fn lacks_port(&self) -> Vec<Problem> {
        let why = "is for a service, and nothing tells one at which port to listen";
        let hint = "put `${port}` into `arguments` or `env`, e.g. `\"127.0.0.1:${port}\"`, or take \
                    the setting away";
        misplaced(&self.of_services(), why, hint)
    }

    pub(super) fn path_problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (setting, path) in [
            ("path", &self.path),
            ("ready", &self.ready),
            ("pprof", &self.pprof),
        ] {
            let path = path.as_deref().unwrap_or("/");
            problems.extend(path_problem(setting, path));
            if setting == "pprof" && path.contains(['?', '#']) {
                problems.push(
                    Problem::new("`pprof` is more than a path")
                        .at(setting)
                        .hint("write the folder of all profiles: `/debug/pprof`"),
                );
            }
        }
        problems
    }

    /// Where a service answers with its profiles, without a slash at the end.
    pub(crate) fn pprof(&self) -> &str {
        let path = self.pprof.as_deref().unwrap_or("/debug/pprof");
        path.trim_end_matches('/')
    }

    /// Over how many connections a service is loaded.
    pub(crate) fn connections(&self) -> Result<u32, Problem> {
        let connections = self.connections.unwrap_or(CONNECTIONS);
        match (1..=MOST_CONNECTIONS).contains(&connections) {
            true => Ok(connections),
            false => Err(Problem::new(format!(
                "{connections} connections are not possible, 1 to {MOST_CONNECTIONS} are"
            ))
            .at("connections")),
        }
    }

    /// For how many seconds a service is profiled: `net/http/pprof` takes whole ones.
    pub(crate) fn seconds(&self) -> Result<u32, Problem> {
        let setting = "duration";
        let Some(text) = &self.duration else {
            return Ok(SECONDS);
        };
        let length = milliseconds(setting, text)?;
        match (1..=LONGEST_SECONDS).contains(&(length / 1_000)) && length % 1_000 == 0 {
            true => Ok(length / 1_000),
            false => Err(Problem::new(
                "`duration` is no whole number of seconds from `1s` to `10m`",
            )
            .at(setting)
            .hint("write how long the processor is profiled, such as `10s`")),
        }
    }
}
