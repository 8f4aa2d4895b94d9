//! Services: a program that listens at a port which the host chooses.

use std::collections::BTreeMap;

use super::{Command, Readiness, Service};
use crate::{Path, Problem};

/// What stands for the free port in the arguments and the environment of a service, in its
/// readiness, and in the work that is done with it.
pub const PORT: &str = "${port}";

/// How long a service may take until it is ready, in milliseconds, where a probe has no reason
/// for more or less.
const READY_WITHIN_MS: u32 = 10_000;

impl Service {
    /// A program that listens at [`PORT`] of loopback, and is ready when `ready`, a path of it,
    /// answers with 200, or without one when it takes connections.
    ///
    /// # Errors
    ///
    /// That neither an argument nor a variable says at which port to listen, at the setting
    /// `arguments`.
    pub fn listening(
        program: Path,
        arguments: &[String],
        environment: &BTreeMap<String, String>,
        ready: Option<&str>,
    ) -> Result<Self, Problem> {
        if !takes_port(arguments, environment) {
            return Err(port_problem());
        }
        let command = Command::new(program).arguments(arguments);
        let variables = environment.iter();
        Ok(Self {
            command: variables.fold(command, |command, (name, value)| {
                command.variable(name, value)
            }),
            ready: match ready {
                Some(path) => Readiness::Http((address(path), 200)),
                None => Readiness::Tcp(format!("127.0.0.1:{PORT}")),
            },
            ready_within_ms: READY_WITHIN_MS,
        })
    }
}

/// Whether an argument or a variable says at which port to listen: [`PORT`] stands there.
pub fn takes_port(arguments: &[String], environment: &BTreeMap<String, String>) -> bool {
    let mut texts = arguments.iter().chain(environment.values());
    texts.any(|text| text.contains(PORT))
}

/// That none does, at the setting `arguments`.
pub fn port_problem() -> Problem {
    Problem::new("nothing tells the program at which port to listen")
        .at("arguments")
        .hint(format!(
            "put `{PORT}` into `arguments` or `env`, e.g. `\"127.0.0.1:{PORT}\"`: it stands for a \
             free port"
        ))
}

/// The URL of a path of a service that listens at [`PORT`].
pub fn address(path: &str) -> String {
    format!("http://127.0.0.1:{PORT}{path}")
}

/// What is wrong with the path of a URL, at the setting that holds it.
pub fn path_problem(setting: &str, path: &str) -> Option<Problem> {
    let fits =
        path.starts_with('/') && path.len() <= 2_000 && path.chars().all(|c| c.is_ascii_graphic());
    (!fits).then(|| {
        Problem::new(format!("`{}` is no path of a URL", path.escape_debug()))
            .at(setting)
            .hint("write it as it stands behind the host, with `%20` for a blank: `/healthz`")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact;

    fn listening(arguments: &[&str], variable: &str) -> Result<Service, Problem> {
        let arguments: Vec<_> = arguments.iter().map(|&text| text.to_owned()).collect();
        let environment = BTreeMap::from([("ADDRESS".to_owned(), variable.to_owned())]);
        let program = artifact("build", "agent");
        Service::listening(program, &arguments, &environment, Some("/healthz"))
    }

    #[test]
    fn the_port_is_told_by_an_argument_or_a_variable() {
        assert!(listening(&["--listen", "127.0.0.1:${port}"], "").is_ok());
        let service = listening(&[], ":${port}").unwrap();
        assert_eq!(
            service.ready,
            Readiness::Http(("http://127.0.0.1:${port}/healthz".to_owned(), 200))
        );
        let problem = listening(&["--listen", ":8080"], "").unwrap_err();
        assert_eq!(problem.setting.as_deref(), Some("arguments"));
    }

    #[test]
    fn paths() {
        for good in ["/", "/a?b=c&d=%20"] {
            assert_eq!(path_problem("path", good), None, "{good}");
        }
        for bad in ["", "readings", "/a b", "/ü", "/a\nb", "http://x/"] {
            assert!(path_problem("path", bad).is_some(), "{bad}");
        }
    }
}
