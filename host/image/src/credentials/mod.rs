//! The user's credentials for registries, where docker and podman keep them: their files, and
//! the helpers that these name. Which files there are is told by the caller.

mod file;
mod keychain;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use orch_model::Fault;

use file::AuthFile;

/// Where credentials are looked for.
#[derive(Clone, Default)]
pub struct CredentialSources {
    /// Files in the form of docker's `config.json`, the first one first; one that is not there
    /// counts as empty. The usual ones are `${XDG_RUNTIME_DIR}/containers/auth.json`,
    /// `${XDG_CONFIG_HOME}/containers/auth.json` and `${DOCKER_CONFIG}/config.json`.
    pub files: Vec<PathBuf>,
    /// The whole environment of helpers; `PATH` says where they lie.
    pub environment: BTreeMap<String, String>,
}

/// What opens a registry. Says nothing of itself in a debug print.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Credentials {
    /// A user and a password, or a token that is used as one.
    Password { user: String, password: String },
    /// A token that is exchanged for others.
    Identity(String),
}

/// Credentials, and where they were found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) credentials: Credentials,
    /// The file, for messages.
    pub(crate) file: PathBuf,
}

impl CredentialSources {
    /// The first credentials that fit a repository of a registry, `host` or `host:port`.
    pub(crate) async fn find(&self, registry: &str, path: &str) -> Result<Option<Found>, Fault> {
        for path_of_file in &self.files {
            let Some(file) = AuthFile::read(path_of_file)? else {
                continue;
            };
            let found = match file.stated(registry, path)? {
                Some(credentials) => Some(credentials),
                None => match file.helper(registry) {
                    Some(name) => keychain::ask(name, registry, &self.environment).await?,
                    None => None,
                },
            };
            if let Some(credentials) = found {
                return Ok(Some(Found {
                    credentials,
                    file: path_of_file.clone(),
                }));
            }
        }
        Ok(None)
    }
}

impl Credentials {
    /// All that must not be told to anybody.
    pub(crate) fn secret(&self) -> &str {
        match self {
            Self::Password { password, .. } => password,
            Self::Identity(token) => token,
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Password { .. } => "Password(…)",
            Self::Identity(_) => "Identity(…)",
        })
    }
}

impl fmt::Debug for CredentialSources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The environment may hold secrets.
        f.debug_struct("CredentialSources")
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}
