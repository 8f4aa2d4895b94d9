//! An OCI image layout on disk: written as a whole or not at all, and read back with every
//! document checked. Knows no registry.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use orch_model::{Digest, Fault};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use serde::de::DeserializeOwned;

use crate::Cancelled;
use crate::assemble::assemble;
use crate::blobs::Blobs;
use crate::description::Image;
use crate::document::{self, Descriptor, Index, Manifest, annotation, written};
use crate::reference::{PinnedImage, Repository, Tag};

/// The file by which a folder is known for a layout, and all that stands in it.
const MARK: (&str, &str) = ("oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}");
const INDEX_FILE: &str = "index.json";
/// The largest `index.json` that is read.
const INDEX_BYTES: u64 = document::DOCUMENT_BYTES;

/// An image on disk. Layers of a base need not lie in it: where they can be had is known.
#[derive(Clone, Debug)]
pub struct Layout {
    blobs: Blobs,
    index: Descriptor,
    variants: Vec<LayoutVariant>,
}

/// An image on disk, for one platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayoutVariant {
    /// Its manifest, with the platform.
    pub manifest: Descriptor,
    /// Its config.
    pub config: Descriptor,
    /// Its layers, the lowest first.
    pub layers: Vec<Descriptor>,
    /// Where layers are that do not lie here.
    pub base: Option<Repository>,
}

impl Layout {
    /// Makes an image and puts it into `folder`, in place of a layout that is there. Nobody
    /// ever sees half of one. Every tag becomes a name by which tools find the image in there.
    pub fn write(
        folder: &Path,
        image: &Image,
        tags: &[Tag],
        cancelled: Cancelled<'_>,
    ) -> Result<Self, Fault> {
        check_replaceable(folder)?;
        let above = match folder.parent() {
            Some(above) if !above.as_os_str().is_empty() => above,
            _ => Path::new("."),
        };
        fs::create_dir_all(above).map_err(|error| Fault::io("make", above, &error))?;
        let staging = tempfile::Builder::new()
            .prefix(".orch-image-")
            .permissions(Permissions::from_mode(0o755))
            .tempdir_in(above)
            .map_err(|error| Fault::io("write in", above, &error))?;
        let blobs = Blobs::of_layout(staging.path());
        blobs.create()?;
        let index = assemble(image, &blobs, cancelled)?;
        let names = written(&names(index, tags))?;
        for (name, content) in [(MARK.0, MARK.1.as_bytes()), (INDEX_FILE, &names)] {
            let path = staging.path().join(name);
            fs::write(&path, content).map_err(|error| Fault::io("write", &path, &error))?;
        }
        put_in_place(staging.path(), folder)?;
        Self::open(folder)
    }

    /// The image that lies in `folder`.
    pub fn open(folder: &Path) -> Result<Self, Fault> {
        let path = folder.join(INDEX_FILE);
        let size = fs::metadata(&path).map_or(0, |file| file.len());
        let bytes = match size > INDEX_BYTES {
            true => Err(io::Error::other("it is too large")),
            false => fs::read(&path),
        };
        let bytes = bytes.map_err(|error| Fault::io("read", &path, &error))?;
        let names: Index = parsed(&path, &bytes)?;
        let index = names.manifests.first().cloned().ok_or_else(|| {
            Fault::usage(format!(
                "image layout `{}` holds no image",
                folder.display()
            ))
        })?;
        let blobs = Blobs::of_layout(folder);
        let document: Index = parsed(&path, &blobs.read(&index.digest)?)?;
        let variants = document
            .manifests
            .into_iter()
            .map(|manifest| variant(&blobs, manifest))
            .collect::<Result<_, Fault>>()?;
        Ok(Self {
            blobs,
            index: Descriptor {
                annotations: Default::default(),
                ..index
            },
            variants,
        })
    }

    /// The digest of the index: the one by which the image is known everywhere.
    pub fn digest(&self) -> Digest {
        self.index.digest
    }

    /// What it holds for each platform.
    pub fn variants(&self) -> &[LayoutVariant] {
        &self.variants
    }

    /// Where a blob lies, if it does.
    pub fn blob(&self, digest: &Digest) -> Option<PathBuf> {
        self.blobs.has(digest).then(|| self.blobs.path(digest))
    }

    pub(crate) fn index(&self) -> &Descriptor {
        &self.index
    }

    pub(crate) fn blobs(&self) -> &Blobs {
        &self.blobs
    }
}

fn variant(blobs: &Blobs, descriptor: Descriptor) -> Result<LayoutVariant, Fault> {
    let path = blobs.path(&descriptor.digest);
    let manifest: Manifest = parsed(&path, &blobs.read(&descriptor.digest)?)?;
    // Where there is no base, the annotation may be the user's, and say anything.
    let base = manifest.annotations.get(annotation::BASE_NAME);
    let base = base.and_then(|name| name.parse::<PinnedImage>().ok());
    Ok(LayoutVariant {
        manifest: descriptor,
        config: manifest.config,
        layers: manifest.layers,
        base: base.map(|image| image.repository),
    })
}

/// What stands in `index.json`: the image once for each name.
fn names(index: Descriptor, tags: &[Tag]) -> Index {
    let named = |tag: &Tag| {
        let mut named = index.clone();
        named
            .annotations
            .insert(annotation::REFERENCE.into(), tag.to_string());
        named
    };
    Index {
        schema_version: 2,
        media_type: None,
        manifests: match tags {
            [] => vec![index],
            tags => tags.iter().map(named).collect(),
        },
        annotations: Default::default(),
    }
}

fn parsed<T: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T, Fault> {
    document::read(bytes).map_err(|why| {
        Fault::usage(format!(
            "`{}` is no document of an image: {why}",
            path.display()
        ))
    })
}

/// Refuses to replace what somebody else put there.
fn check_replaceable(folder: &Path) -> Result<(), Fault> {
    let is_empty = match fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => true,
        Err(error) => return Err(Fault::io("write", folder, &error)),
    };
    if is_empty || folder.join(MARK.0).is_file() {
        return Ok(());
    }
    Err(Fault::usage(format!(
        "`{}` holds other things than an image",
        folder.display()
    ))
    .hint("name a folder for the image alone"))
}

/// Puts a complete folder where another may be, which takes its place and goes with it.
fn put_in_place(staging: &Path, folder: &Path) -> Result<(), Fault> {
    let failed = |error: io::Error| Fault::io("write", folder, &error);
    if !folder.exists() {
        return fs::rename(staging, folder).map_err(failed);
    }
    let exchanged = renameat_with(CWD, staging, CWD, folder, RenameFlags::EXCHANGE);
    match exchanged.map_err(io::Error::from) {
        Ok(()) => Ok(()),
        // Some network file systems cannot; there it is two steps.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
            fs::remove_dir_all(folder).map_err(failed)?;
            fs::rename(staging, folder).map_err(failed)
        }
        Err(error) => Err(failed(error)),
    }
}
