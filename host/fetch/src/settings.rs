//! What the fetcher is told from outside. Where the values come from is the caller's
//! business.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use orch_http::Mirror;

/// What the fetcher is told from outside.
#[derive(Clone, Debug, Default)]
pub struct FetchSettings {
    /// The folder for all that can be made again; absolute.
    pub cache: PathBuf,
    /// Whether the network is out of bounds. `file:` still works.
    pub offline: bool,
    /// The user's environment: proxies, `PATH`, and what pip and apt read.
    pub environment: BTreeMap<String, String>,
    /// Hosts, as `host` or `host:port`, that may be spoken to without encryption. Meant
    /// for mirrors inside a closed network; digests are checked all the same.
    pub allow_http_to: Vec<String>,
    /// Addresses that are looked for elsewhere. The longest matching prefix counts.
    pub mirrors: Vec<Mirror>,
    /// How long to wait for what.
    pub patience: Patience,
}

/// How long to wait for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Until a server has taken a connection.
    pub connect: Duration,
    /// Between two pieces of an answer.
    pub read: Duration,
    /// Before the first new attempt after a failure; doubled for each further one.
    pub retry: Duration,
    /// For a package registry's own client to answer a question; its downloads take as
    /// long as they take.
    pub registry: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(15),
            read: Duration::from_secs(60),
            retry: Duration::from_millis(500),
            registry: Duration::from_secs(180),
        }
    }
}

impl FetchSettings {
    /// Settings with nothing allowed and an empty environment.
    pub fn new(cache: impl Into<PathBuf>) -> Self {
        Self {
            cache: cache.into(),
            ..Self::default()
        }
    }

    /// A variable of the user's that is set and not empty.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        self.environment
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }
}
