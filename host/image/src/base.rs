//! The image that another one is built upon, for one platform. What it says is known; its
//! layers still lie where they came from.

use orch_model::Digest;

use crate::document::{Config, Descriptor};
use crate::reference::PinnedImage;

/// The image that another one is built upon, for one platform. A registry tells it:
/// [`crate::Registry::base`].
#[derive(Clone, Debug)]
pub struct Base {
    /// By what name and digest it was asked for.
    pub(crate) image: PinnedImage,
    /// The digest of the manifest for this platform.
    pub(crate) manifest: Digest,
    /// Its config.
    pub(crate) config: Config,
    /// Its layers as they are packed, the lowest first; as many as the config has.
    pub(crate) layers: Vec<Descriptor>,
}
