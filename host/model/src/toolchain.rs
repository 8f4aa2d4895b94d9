//! Compilers and SDKs: what to fetch, and what lies on the machine after.

use serde::{Deserialize, Serialize};

use crate::{Digest, RelativePath, Variable};

/// How an archive is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ArchiveFormat {
    /// `.tar.gz`
    TarGz,
    /// `.tar.xz`
    TarXz,
    /// `.tar.zst`
    TarZst,
    /// `.zip`, and so a Python wheel.
    Zip,
    /// A Debian package; its `data.tar` is unpacked.
    Deb,
    /// The file itself, unpacked as it is under the name in its URL.
    Raw,
}

/// One archive of a toolchain.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Archive {
    /// `https:`, `file:` or package URLs, tried in order; all yield the same bytes.
    pub urls: Vec<String>,
    /// Of the archive as downloaded.
    pub digest: Digest,
    /// Size of the download, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// How it is packed.
    pub format: ArchiveFormat,
    /// Leading directories to drop from each name.
    #[serde(default)]
    pub strip_components: u32,
    /// Directory below the toolchain's root to unpack into.
    #[serde(default)]
    pub into: RelativePath,
}

/// A program of a toolchain.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Tool {
    /// How a pipeline names it, e.g. `go`.
    pub name: String,
    /// Below the toolchain's root, e.g. `bin/go`.
    pub program: RelativePath,
}

/// What to fetch for one release on one host.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Toolchain {
    /// The exact release, e.g. `1.22.10`.
    pub version: String,
    /// Unpacked in this order into one tree.
    pub archives: Vec<Archive>,
    /// Its programs.
    pub tools: Vec<Tool>,
    /// What its programs need in their environment.
    #[serde(default)]
    pub environment: Vec<Variable>,
    /// Directory of headers and libraries for the target, below its root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sysroot: Option<RelativePath>,
}

impl Toolchain {
    /// What tells this toolchain's tree from every other: its archives and how they
    /// are unpacked, whatever they are called and wherever they come from.
    pub fn recipe(&self) -> Digest {
        let mut hasher = crate::Hasher::new();
        hasher.field("orch toolchain recipe 1");
        for archive in &self.archives {
            hasher.field(archive.digest.bytes());
            hasher.field(format!("{:?}", archive.format));
            hasher.field(archive.strip_components.to_le_bytes());
            hasher.field(archive.into.as_str());
        }
        hasher.finish()
    }
}

/// A toolchain by the name that a pipeline gives it, as builders see it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct InstalledToolchain {
    /// Its table's name: its files are below [`crate::Root::Tool`] of it.
    pub name: String,
    /// What was installed.
    pub toolchain: Toolchain,
}
