//! What a registry's client is told from outside.

use std::fmt;
use std::time::Duration;

use orch_http::Mirror;

use crate::credentials::CredentialSources;

/// What a registry's client is told from outside.
#[derive(Clone, Default)]
pub struct RegistrySettings {
    /// Where the user's credentials are.
    pub credentials: CredentialSources,
    /// Where images are looked for instead; pushes go to the registry that was named.
    pub mirrors: Vec<Mirror>,
    /// The proxy for all but this machine, as `HTTPS_PROXY` names it.
    pub proxy: Option<String>,
    /// Hosts that are reached without it, as `NO_PROXY` lists them.
    pub no_proxy: Option<String>,
    /// How long to wait for what.
    pub patience: Patience,
}

/// How long to wait for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Until a registry has taken a connection.
    pub connect: Duration,
    /// For an answer, and between two pieces of one; what is sent has its own time on top.
    pub answer: Duration,
    /// Before the first new attempt after a failure; doubled for each further one.
    pub retry: Duration,
    /// The longest that a registry may ask to wait before the next attempt.
    pub told_to_wait: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(15),
            answer: Duration::from_secs(60),
            retry: Duration::from_millis(500),
            told_to_wait: Duration::from_secs(120),
        }
    }
}

impl fmt::Debug for RegistrySettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The proxy's address may hold a password.
        f.debug_struct("RegistrySettings")
            .field("credentials", &self.credentials)
            .field("mirrors", &self.mirrors)
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}
