//! Debian's `docker-registry` on loopback, and other real programs.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use orch_image::{CredentialSources, Mirror, Patience, Registry, RegistrySettings, Repository};
use tempfile::TempDir;

/// A registry with a folder and a port of its own. Stopped when dropped.
pub struct RealRegistry {
    folder: TempDir,
    child: Child,
    address: String,
}

impl RealRegistry {
    /// A registry that lets everybody do everything.
    pub fn start() -> Self {
        Self::with(|_| String::new())
    }

    /// A registry that knows one user, `agent`, by this password.
    pub fn with_password(password: &str) -> Self {
        let users = run(
            Command::new("htpasswd").args(["-nbB", "agent", password]),
            "apache2-utils",
        );
        Self::with(|folder| {
            let file = folder.join("users");
            std::fs::write(&file, users.trim()).expect("it can be written");
            let file = file.display();
            format!("auth:\n  htpasswd:\n    realm: test\n    path: {file}\n")
        })
    }

    /// A registry with more in its configuration, which may name files in its folder.
    fn with(extra: impl FnOnce(&Path) -> String) -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let extra = extra(folder.path());
        let root = folder.path().join("data");
        let config = folder.path().join("config.yml");
        let text = format!(
            "version: 0.1\nlog:\n  level: info\nstorage:\n  filesystem:\n    rootdirectory: {}\n\
             http:\n  addr: 127.0.0.1:0\n{extra}",
            root.display()
        );
        std::fs::write(&config, text).expect("it can be written");
        let mut child = Command::new("docker-registry")
            .arg("serve")
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("docker-registry: {error}; apt-get install docker-registry")
            });
        let mut lines = BufReader::new(child.stderr.take().expect("it was asked for")).lines();
        let address = lines.by_ref().map_while(Result::ok).find_map(|line| {
            let (_, rest) = line.split_once("listening on ")?;
            Some(rest.split(['"', ' ', ',']).next()?.to_owned())
        });
        let address = address.expect("docker-registry says where it listens");
        // What it says later is nobody's business, but must not block it.
        std::thread::spawn(move || lines.for_each(drop));
        Self {
            folder,
            child,
            address,
        }
    }

    /// A repository of it.
    pub fn repository(&self, path: &str) -> Repository {
        format!("{}/{path}", self.address)
            .parse()
            .expect("it is one")
    }

    /// Host and port.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Where it keeps a blob.
    pub fn stored(&self, digest: &orch_model::Digest) -> PathBuf {
        let hex = digest.hex();
        self.folder
            .path()
            .join("data/docker/registry/v2/blobs/sha256")
            .join(&hex[..2])
            .join(&hex)
            .join("data")
    }
}

impl Drop for RealRegistry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
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
