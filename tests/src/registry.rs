//! Debian's `docker-registry` on loopback: a real registry of images.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// A registry with a folder and a port of its own. Stopped when dropped.
pub struct Registry {
    folder: TempDir,
    child: Child,
    address: String,
}

impl Registry {
    /// A registry that lets everybody do everything.
    pub fn start() -> Self {
        Self::with(|_| String::new())
    }

    /// A registry with more in its configuration, which may name files in its folder.
    pub fn with(extra: impl FnOnce(&Path) -> String) -> Self {
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

    /// Host and port.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Where it keeps a blob, by the digits of its digest.
    pub fn stored(&self, hex: &str) -> std::path::PathBuf {
        let blobs = self.folder.path().join("data/docker/registry/v2/blobs");
        blobs.join("sha256").join(&hex[..2]).join(hex).join("data")
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
