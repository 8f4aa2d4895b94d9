//! Files of a build as files of this machine, while a deploy runs.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;

use orch_model::{Digest, Fault};
use tempfile::TempDir;

/// The content behind a digest, if this machine has it.
pub type ReadContent = dyn Fn(&Digest) -> Result<Option<Vec<u8>>, Fault> + Send + Sync;

/// What was written out so far, once for all machines.
pub(crate) struct LocalFiles<'a> {
    read: &'a ReadContent,
    folder: TempDir,
    known: Mutex<BTreeMap<Digest, Option<PathBuf>>>,
}

impl<'a> LocalFiles<'a> {
    pub fn new(read: &'a ReadContent) -> Result<Self, Fault> {
        let folder = TempDir::with_prefix("orch-deploy-").map_err(|error| {
            Fault::internal(format!("could not make a temporary folder: {error}"))
        })?;
        Ok(Self {
            read,
            folder,
            known: Mutex::default(),
        })
    }

    /// Where the content lies; none if this machine does not have it.
    pub fn file(&self, digest: &Digest) -> Result<Option<PathBuf>, Fault> {
        let mut known = self.known.lock().expect("nobody panics with it");
        if let Some(file) = known.get(digest) {
            return Ok(file.clone());
        }
        let file = match (self.read)(digest)? {
            None => None,
            Some(bytes) => {
                let file = self.folder.path().join(digest.hex());
                std::fs::write(&file, bytes).map_err(|error| Fault::io("write", &file, &error))?;
                Some(file)
            }
        };
        known.insert(*digest, file.clone());
        Ok(file)
    }
}
