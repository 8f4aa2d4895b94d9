//! Contents by digest as files of this machine, from which they are put onto others.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use orch_model::{Digest, Fault};
use tempfile::TempDir;

/// The content behind a digest, if this machine has it.
pub type ReadContent = dyn Fn(&Digest) -> Result<Option<Vec<u8>>, Fault> + Send + Sync;

/// What was written out so far, once for all machines; it is removed when this is dropped.
pub struct LocalFiles<'a> {
    read: &'a ReadContent,
    folder: TempDir,
    known: Mutex<BTreeMap<Digest, Option<PathBuf>>>,
}

impl<'a> LocalFiles<'a> {
    /// In a folder of this machine's own for what is temporary.
    pub fn new(read: &'a ReadContent) -> Result<Self, Fault> {
        Self::in_folder(TempDir::with_prefix("orch-files-"), read)
    }

    /// In a folder below `place`.
    pub fn below(place: &Path, read: &'a ReadContent) -> Result<Self, Fault> {
        Self::in_folder(TempDir::with_prefix_in("files-", place), read)
    }

    fn in_folder(made: io::Result<TempDir>, read: &'a ReadContent) -> Result<Self, Fault> {
        let folder = made.map_err(|error| {
            Fault::internal(format!("could not make a temporary folder: {error}"))
        })?;
        Ok(Self {
            read,
            folder,
            known: Mutex::default(),
        })
    }

    /// Where a content lies; none if this machine does not have it.
    pub fn find(&self, digest: &Digest) -> Result<Option<PathBuf>, Fault> {
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

    /// Where the content of a file lies that was made here, and that people know by a name.
    pub fn file(&self, digest: &Digest, name: &str) -> Result<PathBuf, Fault> {
        self.find(digest)?.ok_or_else(|| {
            Fault::lost(format!("`{name}` is missing from the store"))
                .hint("run again: it will be made anew")
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use orch_model::FaultKind;

    use super::*;

    #[test]
    fn a_content_is_read_once_and_gone_with_the_folder() {
        let there = Digest::of("content");
        let reads = AtomicUsize::new(0);
        let read = move |digest: &Digest| {
            let before = reads.fetch_add(1, Ordering::Relaxed);
            assert!(before < 2, "each is read once");
            Ok((*digest == there).then(|| b"content".to_vec()))
        };
        let files = LocalFiles::new(&read).unwrap();
        let file = files.file(&there, "agent").unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), b"content");
        assert_eq!(files.find(&there).unwrap().as_ref(), Some(&file));
        let missing = Digest::of("other");
        assert_eq!(files.find(&missing).unwrap(), None);
        let fault = files.file(&missing, "agent").unwrap_err();
        assert_eq!(fault.kind, FaultKind::Lost);
        assert_eq!(fault.message, "`agent` is missing from the store");
        drop(files);
        assert!(!file.exists());
    }
}
