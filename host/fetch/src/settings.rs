//! What the fetcher is told from outside. Where the values come from is the caller's
//! business.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

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

/// Addresses that begin with `prefix` are looked for at `replacement` instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirror {
    /// The beginning of an address as plugins and locks know it.
    pub prefix: String,
    /// What stands there instead.
    pub replacement: String,
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

    /// Where an address is really looked for.
    pub(crate) fn mirrored(&self, url: &str) -> String {
        self.mirrors
            .iter()
            .filter(|mirror| !mirror.prefix.is_empty())
            .filter_map(|mirror| Some((mirror, url.strip_prefix(&mirror.prefix)?)))
            .max_by_key(|(mirror, _)| mirror.prefix.len())
            .map_or_else(
                || url.to_owned(),
                |(mirror, rest)| format!("{}{rest}", mirror.replacement),
            )
    }

    /// A variable of the user's that is set and not empty.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        self.environment
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_matching_prefix_is_replaced() {
        let mirror = |prefix: &str, replacement: &str| Mirror {
            prefix: prefix.into(),
            replacement: replacement.into(),
        };
        let settings = FetchSettings {
            mirrors: vec![
                mirror("https://go.dev/", "https://short.example/"),
                mirror("https://go.dev/dl/", "https://long.example/go/"),
                mirror("", "https://never.example/"),
            ],
            ..FetchSettings::default()
        };
        for (url, expected) in [
            ("https://go.dev/dl/a.zip", "https://long.example/go/a.zip"),
            ("https://go.dev/doc", "https://short.example/doc"),
            ("https://other.example/", "https://other.example/"),
        ] {
            assert_eq!(settings.mirrored(url), expected);
        }
    }
}
