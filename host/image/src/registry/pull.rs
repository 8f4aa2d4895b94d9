//! Fetches what an image is built upon: the pinned manifest, the right one of an index, the
//! config; layers only where an image must lie complete on disk.

use orch_model::{Digest, Fault};
use reqwest::Method;
use reqwest::header::{ACCEPT, HeaderValue};
use serde::Deserialize;

use super::Registry;
use super::address::{Purpose, shown};
use super::blob::{self, lied_about};
use super::client::Ask;
use super::session::Session;
use super::trouble::Trouble;
use crate::Cancelled;
use crate::base::Base;
use crate::document::{Config, DOCUMENT_BYTES, Descriptor, Index, Manifest, media, read};
use crate::layout::Layout;
use crate::platform::Platform;
use crate::reference::PinnedImage;

/// The largest layer, whatever anybody states.
const LAYER_BYTES: u64 = 16 << 30;

/// What a pinned digest may lead to.
enum Pinned {
    Index(Index),
    Manifest(Manifest),
}

/// By which fields a document is told to be one or the other.
#[derive(Deserialize)]
struct Shape {
    manifests: Option<serde::de::IgnoredAny>,
    layers: Option<serde::de::IgnoredAny>,
}

impl Registry {
    /// What to build upon, for each of the platforms and in their order.
    pub fn base(
        &self,
        image: &PinnedImage,
        platforms: &[Platform],
        cancelled: Cancelled<'_>,
    ) -> Result<Vec<Base>, Fault> {
        let found = self.client.run(cancelled, self.bases(image, platforms));
        found.map_err(|trouble| trouble.into_fault(&format!("could not fetch base `{image}`")))
    }

    /// Fetches the layers of a base that do not lie in the layout, so that it is complete.
    pub fn complete(&self, layout: &Layout, cancelled: Cancelled<'_>) -> Result<(), Fault> {
        for variant in layout.variants() {
            for layer in &variant.layers {
                if layout.blob(&layer.digest).is_some() {
                    continue;
                }
                let Some(base) = &variant.base else {
                    return Err(Fault::lost(format!(
                        "layer `{}` of the image is not there any more",
                        layer.digest
                    ))
                    .hint("write the image again"));
                };
                let fetched = self.client.run(cancelled, async {
                    let session = Session::new(self, base, Purpose::Pull, &[])?;
                    blob::fetch(&session, layer, layout.blobs()).await
                });
                fetched.map_err(|trouble| {
                    trouble.into_fault(&format!("could not fetch a layer of base `{base}`"))
                })?;
            }
        }
        Ok(())
    }

    async fn bases(
        &self,
        image: &PinnedImage,
        platforms: &[Platform],
    ) -> Result<Vec<Base>, Trouble> {
        let session = Session::new(self, &image.repository, Purpose::Pull, &[])?;
        let pinned = pinned(&session, &image.digest).await?;
        let mut bases = Vec::new();
        for platform in platforms {
            let (digest, manifest) = match &pinned {
                Pinned::Manifest(manifest) => (image.digest, manifest.clone()),
                Pinned::Index(index) => manifest_for(&session, index, platform).await?,
            };
            bases.push(base(&session, image, platform, digest, manifest).await?);
        }
        Ok(bases)
    }
}

/// The manifest of an index that a platform runs: the highest variant of those.
async fn manifest_for(
    session: &Session<'_>,
    index: &Index,
    platform: &Platform,
) -> Result<(Digest, Manifest), Trouble> {
    let of = |descriptor: &Descriptor| descriptor.platform.clone();
    let fitting = index
        .manifests
        .iter()
        .filter(|descriptor| of(descriptor).is_some_and(|offered| platform.runs(&offered)));
    let best = fitting.max_by_key(|descriptor| of(descriptor).and_then(|found| found.level()));
    let digest = match best {
        Some(descriptor) => descriptor.digest,
        None => return Err(not_for(platform, index.manifests.iter().filter_map(of))),
    };
    match pinned(session, &digest).await? {
        Pinned::Manifest(manifest) => Ok((digest, manifest)),
        Pinned::Index(_) => Err(Trouble::Final(format!(
            "its index names another index for `{platform}`, `{digest}`"
        ))),
    }
}

async fn base(
    session: &Session<'_>,
    image: &PinnedImage,
    platform: &Platform,
    digest: Digest,
    manifest: Manifest,
) -> Result<Base, Trouble> {
    let url = session.url(&format!("blobs/{}", manifest.config.digest))?;
    let config = verified(session, Ask::new(Method::GET, url), &manifest.config.digest).await?;
    let config: Config = understood(&config, "config")?;
    if !platform.runs(&config.platform) {
        return Err(not_for(platform, [config.platform].into_iter()));
    }
    if config.rootfs.diff_ids.len() != manifest.layers.len() {
        return Err(Trouble::Final(format!(
            "its manifest has {} layers and its config {}",
            manifest.layers.len(),
            config.rootfs.diff_ids.len()
        )));
    }
    Ok(Base {
        image: image.clone(),
        manifest: digest,
        config,
        layers: manifest
            .layers
            .into_iter()
            .map(layer)
            .collect::<Result<_, _>>()?,
    })
}

/// A layer of a base as one of ours: what docker called otherwise has the same bytes.
fn layer(descriptor: Descriptor) -> Result<Descriptor, Trouble> {
    let media_type = match descriptor.media_type.as_str() {
        media::DOCKER_LAYER => media::LAYER_GZIP,
        media::LAYER => media::LAYER,
        media::LAYER_GZIP => media::LAYER_GZIP,
        media::LAYER_ZSTD => media::LAYER_ZSTD,
        other => {
            let other: String = other.escape_debug().take(100).collect();
            return Err(Trouble::Final(format!(
                "its layer `{}` is of kind `{other}`, which cannot be carried over",
                descriptor.digest
            )));
        }
    };
    if descriptor.size > LAYER_BYTES {
        return Err(Trouble::Final(format!(
            "its layer `{}` has {} bytes, more than any may have",
            descriptor.digest, descriptor.size
        )));
    }
    Ok(Descriptor::new(
        media_type,
        descriptor.digest,
        descriptor.size,
    ))
}

fn not_for(platform: &Platform, offered: impl Iterator<Item = Platform>) -> Trouble {
    let offered: Vec<String> = offered.map(|platform| format!("`{platform}`")).collect();
    Trouble::Final(format!(
        "it is not for `{platform}`, only for {}",
        offered.join(", ")
    ))
}

async fn pinned(session: &Session<'_>, digest: &Digest) -> Result<Pinned, Trouble> {
    let mut ask = Ask::new(Method::GET, session.url(&format!("manifests/{digest}"))?);
    for kind in [
        media::INDEX,
        media::MANIFEST,
        media::DOCKER_INDEX,
        media::DOCKER_MANIFEST,
    ] {
        ask.headers.append(ACCEPT, HeaderValue::from_static(kind));
    }
    let bytes = verified(session, ask, digest).await?;
    let shape: Shape = understood(&bytes, "manifest")?;
    match (shape.manifests, shape.layers) {
        (Some(_), None) => understood(&bytes, "index").map(Pinned::Index),
        (None, Some(_)) => understood(&bytes, "manifest").map(Pinned::Manifest),
        // Who reads one as the other would get another image under the same digest.
        _ => Err(Trouble::Final(format!(
            "`{digest}` is neither an index nor a manifest"
        ))),
    }
}

/// A document whose bytes are those that were asked for.
async fn verified(session: &Session<'_>, ask: Ask, digest: &Digest) -> Result<Vec<u8>, Trouble> {
    let mut attempts = session.attempts();
    loop {
        let attempt = async {
            let answer = session.ask_once(&ask).await?;
            session.registry.client.whole(answer, DOCUMENT_BYTES).await
        };
        match attempt.await {
            Ok(bytes) => {
                let found = Digest::of(&bytes);
                return match found == *digest {
                    true => Ok(bytes),
                    false => Err(lied_about(&ask.url, digest, &found)),
                };
            }
            Err(Trouble::Passing(why, wait)) => attempts.wait(why, wait).await?,
            Err(Trouble::Absent(_)) => {
                let shown = shown(&ask.url);
                return Err(Trouble::Absent(format!("the registry has no `{shown}`")));
            }
            Err(trouble) => return Err(trouble),
        }
    }
}

fn understood<T: serde::de::DeserializeOwned>(bytes: &[u8], what: &str) -> Result<T, Trouble> {
    read(bytes).map_err(|why| Trouble::Final(format!("its {what} cannot be read: {why}")))
}
