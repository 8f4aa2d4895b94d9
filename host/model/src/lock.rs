//! `orch.lock`: the exact releases, addresses and digests that a pipeline was resolved
//! to. The same bytes on every host; how it is written as text is not known here.

use serde::{Deserialize, Serialize};

use crate::{Digest, PluginId, Toolchain};

/// All that a pipeline was resolved to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Lock {
    /// Version of the format: 1.
    pub version: u32,
    /// Sorted by name.
    #[serde(default, rename = "plugin", skip_serializing_if = "Vec::is_empty")]
    pub plugins: Vec<LockedPlugin>,
    /// Sorted by name.
    #[serde(default, rename = "toolchain", skip_serializing_if = "Vec::is_empty")]
    pub toolchains: Vec<LockedToolchain>,
}

/// A plugin that the pipeline uses and that is not bundled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct LockedPlugin {
    /// Its name in the pipeline.
    pub name: String,
    /// What it calls itself.
    pub id: PluginId,
    /// Its version.
    pub version: String,
    /// The versions of the contract that it works with.
    pub api: String,
    /// Of the component.
    pub digest: Digest,
    /// What it asks for, as `kind:value`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asks: Vec<String>,
}

/// A toolchain of the pipeline, at one release, for every host that has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct LockedToolchain {
    /// Its name in the pipeline.
    pub name: String,
    /// The plugin that resolved it.
    pub with: PluginId,
    /// The requirement that was resolved, as the pipeline states it.
    pub requirement: String,
    /// The settings that it was resolved with, as JSON; resolved again when they change.
    pub settings: String,
    /// The exact release.
    pub release: String,
    /// One entry a host, sorted by triple.
    #[serde(rename = "host")]
    pub hosts: Vec<LockedRelease>,
}

/// What to fetch on one host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct LockedRelease {
    /// The host's triple, without vendor and environment: `x86_64-linux`.
    pub host: String,
    /// What to fetch there.
    pub toolchain: Toolchain,
}

impl Lock {
    /// The version that this program writes; it reads this one.
    pub const VERSION: u32 = 1;

    /// A lock that pins nothing yet.
    pub fn empty() -> Self {
        Self {
            version: Self::VERSION,
            plugins: Vec::new(),
            toolchains: Vec::new(),
        }
    }

    /// The toolchain of that name, if it is pinned.
    pub fn toolchain(&self, name: &str) -> Option<&LockedToolchain> {
        self.toolchains.iter().find(|locked| locked.name == name)
    }
}
