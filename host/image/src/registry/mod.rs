//! Registries, by the OCI distribution specification 1.1: what a pinned base is, and pushes.
//!
//! The client of `oci-client` was looked at first: it neither resumes an upload nor tries again
//! what a registry refuses for the moment, and does not read the user's credentials.

mod address;
mod answer;
mod attempts;
mod blob;
mod body;
mod challenge;
mod client;
mod pull;
mod push;
mod session;
mod settings;
mod token;
mod trouble;
mod upload;

pub use push::{Push, Pushed, Transfer};
pub use settings::{Patience, RegistrySettings};

use orch_model::Fault;

use client::Client;

/// Speaks with registries. Making one reads the machine's certificates and starts a thread.
pub struct Registry {
    settings: RegistrySettings,
    client: Client,
}

impl Registry {
    /// A client with the settings; asks nobody anything yet.
    pub fn new(settings: RegistrySettings) -> Result<Self, Fault> {
        Ok(Self {
            client: Client::new(&settings)?,
            settings,
        })
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
