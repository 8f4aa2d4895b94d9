//! Debian's `docker-registry` on loopback, and other real programs.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use orch_image::{CredentialSources, Mirror, Patience, Registry, RegistrySettings, Repository};
use tempfile::TempDir;

/// A registry of images.
pub struct RealRegistry(orch_tests::registry::Registry);

impl RealRegistry {
    /// A registry that lets everybody do everything.
    pub fn start() -> Self {
        Self(orch_tests::registry::Registry::start())
    }

    /// A registry that knows one user, `agent`, by this password.
    pub fn with_password(password: &str) -> Self {
        let users = run(
            Command::new("htpasswd").args(["-nbB", "agent", password]),
            "apache2-utils",
        );
        Self(orch_tests::registry::Registry::with(|folder| {
            let file = folder.join("users");
            std::fs::write(&file, users.trim()).expect("it can be written");
            let file = file.display();
            format!("auth:\n  htpasswd:\n    realm: test\n    path: {file}\n")
        }))
    }

    /// A repository of it.
    pub fn repository(&self, path: &str) -> Repository {
        format!("{}/{path}", self.address())
            .parse()
            .expect("it is one")
    }

    /// Host and port.
    pub fn address(&self) -> &str {
        self.0.address()
    }

    /// Where it keeps a blob.
    pub fn stored(&self, digest: &orch_model::Digest) -> PathBuf {
        self.0.stored(&digest.hex())
    }
}

/// A client that gives up quickly and has no credentials.
pub fn client() -> Registry {
    client_with(CredentialSources::default())
}

/// A client that gives up quickly.
pub fn client_with(credentials: CredentialSources) -> Registry {
    made(RegistrySettings {
        credentials,
        ..RegistrySettings::default()
    })
}

/// A client that looks for images of one registry at another address.
pub fn client_with_mirror(registry: &str, replacement: &str) -> Registry {
    made(RegistrySettings {
        mirrors: vec![Mirror {
            prefix: format!("http://{registry}/"),
            replacement: replacement.to_owned(),
        }],
        ..RegistrySettings::default()
    })
}

fn made(settings: RegistrySettings) -> Registry {
    let registry = Registry::new(RegistrySettings {
        patience: Patience {
            connect: Duration::from_secs(5),
            answer: Duration::from_secs(20),
            retry: Duration::from_millis(5),
            told_to_wait: Duration::from_secs(5),
        },
        ..settings
    });
    registry.expect("a client can be made")
}

/// A file of credentials with a user for a registry.
pub fn credentials(registry: &str, user: &str, password: &str) -> (TempDir, CredentialSources) {
    use base64::Engine as _;
    let folder = tempfile::tempdir().expect("a folder can be made");
    let auth = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
    let path = folder.path().join("config.json");
    let mut file = std::fs::File::create(&path).expect("it can be written");
    write!(
        file,
        r#"{{"auths": {{"{registry}": {{"auth": "{auth}"}}}}}}"#
    )
    .expect("it is written");
    let sources = CredentialSources {
        files: vec![folder.path().join("missing.json"), path],
        ..CredentialSources::default()
    };
    (folder, sources)
}

/// What a program prints; the test fails if the program does.
#[track_caller]
pub fn run(command: &mut Command, package: &str) -> String {
    let output = command.output().unwrap_or_else(|error| {
        let program = Path::new(command.get_program()).display();
        panic!("{program}: {error}; apt-get install {package}")
    });
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    String::from_utf8(output.stdout).expect("it prints text")
}
