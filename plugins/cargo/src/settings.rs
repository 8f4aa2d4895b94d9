//! What a pipeline may say to this plugin. The manifest has the same as JSON Schema, with
//! a description of each.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Settings of a `[build.*]` table.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    pub(crate) package: Option<String>,
    bin: Option<String>,
    pub(crate) features: Vec<String>,
    default_features: Option<bool>,
    profile: Option<String>,
    pub(crate) rustflags: Vec<String>,
    pub(crate) inputs: Option<Vec<String>>,
    pub(crate) environment: BTreeMap<String, String>,
}

impl Settings {
    /// The program to build: the one with the build's name if none is named.
    pub(crate) fn bin<'a>(&'a self, unit: &'a str) -> &'a str {
        self.bin.as_deref().unwrap_or(unit)
    }

    pub(crate) fn profile(&self) -> &str {
        self.profile.as_deref().unwrap_or("release")
    }

    pub(crate) fn default_features(&self) -> bool {
        self.default_features.unwrap_or(true)
    }

    /// The folder below the target's that a profile's programs are put into:
    /// <https://doc.rust-lang.org/cargo/reference/build-cache.html>
    pub(crate) fn profile_folder(&self) -> &str {
        match self.profile() {
            "dev" | "test" => "debug",
            "bench" => "release",
            other => other,
        }
    }
}
