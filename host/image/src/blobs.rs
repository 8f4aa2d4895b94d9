//! The folder `blobs/sha256` of an image layout: content under its digest, complete or not
//! there at all. Knows no documents.

use std::fs::{self, File, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use orch_model::{Digest, Fault};
use tempfile::NamedTempFile;

use crate::document::{DOCUMENT_BYTES, Descriptor};

/// Everybody may read an image layout.
const BLOB_MODE: u32 = 0o644;

/// The blobs of one image layout.
#[derive(Clone, Debug)]
pub(crate) struct Blobs(PathBuf);

impl Blobs {
    /// The blobs of a layout that lies in `folder`.
    pub(crate) fn of_layout(folder: &Path) -> Self {
        Self(folder.join("blobs/sha256"))
    }

    /// Makes the folder.
    pub(crate) fn create(&self) -> Result<(), Fault> {
        fs::create_dir_all(&self.0).map_err(|error| Fault::io("make", &self.0, &error))
    }

    /// Where a blob lies, if it does.
    pub(crate) fn path(&self, digest: &Digest) -> PathBuf {
        self.0.join(digest.hex())
    }

    /// Whether a blob is there. It came there complete, so its size need not be looked at.
    pub(crate) fn has(&self, digest: &Digest) -> bool {
        self.path(digest).is_file()
    }

    /// A file for a blob whose digest is not known yet.
    pub(crate) fn temporary(&self) -> Result<NamedTempFile, Fault> {
        tempfile::Builder::new()
            .prefix(".new-")
            .permissions(Permissions::from_mode(BLOB_MODE))
            .tempfile_in(&self.0)
            .map_err(|error| Fault::io("write in", &self.0, &error))
    }

    /// Gives a complete blob its name.
    pub(crate) fn keep(&self, temporary: NamedTempFile, digest: &Digest) -> Result<(), Fault> {
        let path = self.path(digest);
        let failed = |error: io::Error| Fault::io("write", &path, &error);
        temporary.as_file().sync_all().map_err(failed)?;
        temporary
            .persist(&path)
            .map_err(|error| failed(error.error))?;
        Ok(())
    }

    /// Keeps bytes at hand.
    pub(crate) fn add(&self, media_type: &str, bytes: &[u8]) -> Result<Descriptor, Fault> {
        let digest = Digest::of(bytes);
        let mut temporary = self.temporary()?;
        temporary
            .write_all(bytes)
            .map_err(|error| Fault::io("write", temporary.path(), &error))?;
        self.keep(temporary, &digest)?;
        Ok(Descriptor::new(media_type, digest, bytes.len() as u64))
    }

    /// The bytes of a document, which must be those that its digest says.
    pub(crate) fn read(&self, digest: &Digest) -> Result<Vec<u8>, Fault> {
        let path = self.path(digest);
        let mut bytes = Vec::new();
        File::open(&path)
            .and_then(|file| file.take(DOCUMENT_BYTES).read_to_end(&mut bytes))
            .map_err(|error| Fault::io("read", &path, &error))?;
        if Digest::of(&bytes) != *digest {
            return Err(Fault::lost(format!(
                "`{}` does not hold what its name says",
                path.display()
            ))
            .hint("write the image again"));
        }
        Ok(bytes)
    }
}
