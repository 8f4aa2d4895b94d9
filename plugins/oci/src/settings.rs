//! What a `[deploy.*]` table may set. The manifest has the same as JSON Schema, with a description
//! of each.

use std::collections::BTreeMap;

use orch_plugin::deployer::Compression;
use serde::Deserialize;

/// An image.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    pub(crate) repository: String,
    pub(crate) tags: Vec<String>,
    pub(crate) base: String,
    pub(crate) program: Option<String>,
    pub(crate) files: BTreeMap<String, String>,
    pub(crate) entrypoint: Vec<String>,
    pub(crate) arguments: Vec<String>,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) user: String,
    pub(crate) directory: String,
    pub(crate) ports: BTreeMap<String, u16>,
    pub(crate) labels: BTreeMap<String, String>,
    compression: Algorithm,
    pub(crate) certificates: bool,
    pub(crate) time_zones: bool,
}

/// How layers are compressed.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Algorithm {
    Zstd,
    Gzip,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            repository: String::new(),
            tags: vec!["latest".to_owned()],
            base: "scratch".to_owned(),
            program: None,
            files: BTreeMap::new(),
            entrypoint: Vec::new(),
            arguments: Vec::new(),
            environment: BTreeMap::new(),
            // Nobody in particular, as in the images of distroless.
            user: "65532:65532".to_owned(),
            directory: String::new(),
            ports: BTreeMap::new(),
            labels: BTreeMap::new(),
            compression: Algorithm::Gzip,
            certificates: false,
            time_zones: false,
        }
    }
}

impl Settings {
    pub(crate) fn compression(&self) -> Compression {
        match self.compression {
            Algorithm::Zstd => Compression::Zstd,
            Algorithm::Gzip => Compression::Gzip,
        }
    }
}
