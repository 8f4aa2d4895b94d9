//! The JSON documents of an image: descriptor, index, manifest and config, as the OCI image
//! specification 1.1 states them. Knows how they are written, not what stands in them.
//!
//! The types of `oci-spec` were looked at first: they keep labels and annotations in hash
//! maps, so that their order, and with it the digest, is another in every run.

use std::collections::BTreeMap;

use orch_model::{Digest, Fault};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::platform::Platform;

/// Media types, by the OCI image specification.
pub(crate) mod media {
    pub(crate) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
    pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
    pub(crate) const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
    pub(crate) const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
    pub(crate) const LAYER_GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
    pub(crate) const LAYER_ZSTD: &str = "application/vnd.oci.image.layer.v1.tar+zstd";
    /// What docker called an index before there was a specification.
    pub(crate) const DOCKER_INDEX: &str =
        "application/vnd.docker.distribution.manifest.list.v2+json";
    /// The same of a manifest.
    pub(crate) const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
    /// The same of a layer.
    pub(crate) const DOCKER_LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";
}

/// Annotations that the specification names.
pub(crate) mod annotation {
    pub(crate) const REFERENCE: &str = "org.opencontainers.image.ref.name";
    pub(crate) const BASE_NAME: &str = "org.opencontainers.image.base.name";
    pub(crate) const BASE_DIGEST: &str = "org.opencontainers.image.base.digest";
}

/// The largest document that is read: registries take no manifest above 4 MiB.
pub(crate) const DOCUMENT_BYTES: u64 = 4 << 20;

/// Says of content what it is, how large it is and which bytes it has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// What kind of content it is.
    pub media_type: String,
    /// Which bytes it has.
    pub digest: Digest,
    /// How many bytes these are.
    pub size: u64,
    /// What a manifest is for; in indexes only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// What else is said of it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

impl Descriptor {
    pub(crate) fn new(media_type: &str, digest: Digest, size: u64) -> Self {
        Self {
            media_type: media_type.to_owned(),
            digest,
            size,
            platform: None,
            annotations: BTreeMap::new(),
        }
    }
}

/// Manifests of one image for several platforms; or, as `index.json`, all that a layout holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Index {
    pub(crate) schema_version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) media_type: Option<String>,
    pub(crate) manifests: Vec<Descriptor>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) annotations: BTreeMap<String, String>,
}

/// One image for one platform.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Manifest {
    pub(crate) schema_version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) media_type: Option<String>,
    pub(crate) config: Descriptor,
    pub(crate) layers: Vec<Descriptor>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) annotations: BTreeMap<String, String>,
}

/// How containers of an image are made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Config {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) created: Option<String>,
    #[serde(flatten)]
    pub(crate) platform: Platform,
    #[serde(default, deserialize_with = "null_is_default")]
    pub(crate) config: Execution,
    pub(crate) rootfs: RootFilesystem,
    #[serde(default, deserialize_with = "null_is_default")]
    pub(crate) history: Vec<History>,
}

/// What is started in a container, and what it starts with. Empty ones are not written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Execution {
    #[serde(skip_serializing_if = "String::is_empty")]
    #[serde(deserialize_with = "null_is_default")]
    pub(crate) user: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[serde(deserialize_with = "null_is_default")]
    pub(crate) exposed_ports: BTreeMap<String, Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[serde(deserialize_with = "null_is_default")]
    pub(crate) env: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[serde(deserialize_with = "null_is_default")]
    pub(crate) entrypoint: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[serde(deserialize_with = "null_is_default")]
    pub(crate) cmd: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    #[serde(deserialize_with = "null_is_default")]
    pub(crate) working_dir: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[serde(deserialize_with = "null_is_default")]
    pub(crate) labels: BTreeMap<String, String>,
    /// What a base says beside, such as its health check: kept as it is.
    #[serde(flatten)]
    pub(crate) others: BTreeMap<String, Value>,
}

/// The layers as they are unpacked, the lowest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RootFilesystem {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) diff_ids: Vec<Digest>,
}

/// What made a layer, for people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct History {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) created: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) created_by: Option<String>,
    /// What a base says beside: kept as it is.
    #[serde(flatten)]
    pub(crate) others: BTreeMap<String, Value>,
}

/// The bytes of a document: one line, keys in the order of the types above.
pub(crate) fn written(document: &impl Serialize) -> Result<Vec<u8>, Fault> {
    serde_json::to_vec(document)
        .map_err(|error| Fault::internal(format!("could not write a document: {error}")))
}

/// A document that somebody else wrote; what is wrong with it otherwise, in words.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    serde_json::from_slice(bytes).map_err(|error| error.to_string())
}

/// Go writes empty lists and maps as `null`.
fn null_is_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
