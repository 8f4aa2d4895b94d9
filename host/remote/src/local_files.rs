//! Contents of the store as files of this machine, to be sent.

use std::path::{Path, PathBuf};

use orch_model::{Digest, Fault};
use tempfile::TempDir;

use crate::hosts::ReadContent;

/// What is to be sent, as long as this lives.
pub(crate) struct LocalFiles<'a> {
    read: &'a ReadContent,
    folder: TempDir,
}

impl<'a> LocalFiles<'a> {
    /// In a folder below `place`.
    pub fn below(place: &Path, read: &'a ReadContent) -> Result<Self, Fault> {
        let folder = TempDir::with_prefix_in("files-", place);
        let folder = folder.map_err(|error| {
            Fault::internal(format!("could not make a temporary folder: {error}"))
        })?;
        Ok(Self { read, folder })
    }

    /// Where a content lies now.
    pub fn file(&self, digest: &Digest) -> Result<PathBuf, Fault> {
        let file = self.folder.path().join(digest.hex());
        let Some(bytes) = (self.read)(digest)? else {
            return Err(Fault::lost("a file of the build is missing from the store")
                .hint("run again: it will be made anew"));
        };
        std::fs::write(&file, bytes).map_err(|error| Fault::io("write", &file, &error))?;
        Ok(file)
    }
}
