//! What a pipeline may say to this plugin. The manifest has the same as JSON Schema, with
//! a description of each.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Settings of a `[build.*]` table.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BuildSettings {
    pub(crate) package: Option<String>,
    pub(crate) output: Option<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) ldflags: Vec<String>,
    pub(crate) gcflags: Vec<String>,
    pub(crate) stamp: BTreeMap<String, String>,
    pub(crate) cgo: bool,
    pub(crate) trimpath: Option<bool>,
    pub(crate) buildmode: Option<BuildMode>,
    pub(crate) inputs: Option<Vec<String>>,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) proxy: Option<String>,
    pub(crate) companion: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum BuildMode {
    Default,
    Exe,
    Pie,
}

impl BuildMode {
    pub(crate) fn name(self) -> &'static str {
        match self {
            BuildMode::Default => "default",
            BuildMode::Exe => "exe",
            BuildMode::Pie => "pie",
        }
    }
}

impl BuildSettings {
    /// The package to build, the one in the build's folder if none is named.
    pub(crate) fn package(&self) -> &str {
        self.package.as_deref().unwrap_or(".")
    }
}
