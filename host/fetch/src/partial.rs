//! A download that grows: its file, what the server calls that version of it, and the
//! digest of what has come so far. Survives the process.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek as _, Write as _};
use std::path::PathBuf;

use orch_model::{Digest, Fault, Hasher};

use crate::cache::Cache;

/// A download that grows. Its digest must be locked by whoever holds this.
pub(crate) struct Partial {
    path: PathBuf,
    validator_path: PathBuf,
    file: File,
    hasher: Hasher,
    length: u64,
    /// Whether some of the content is from an earlier attempt.
    resumed: bool,
}

impl Partial {
    /// Opens what there is of the download, and hashes it.
    pub(crate) fn open(cache: &Cache, digest: &Digest) -> Result<Self, Fault> {
        let path = cache.download(digest).with_extension("part");
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(|error| Fault::io("open", &path, &error))?;
        let mut hasher = Hasher::new();
        let length =
            io::copy(&mut file, &mut hasher).map_err(|error| Fault::io("read", &path, &error))?;
        Ok(Self {
            validator_path: path.with_extension("validator"),
            path,
            file,
            hasher,
            length,
            resumed: length > 0,
        })
    }

    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    pub(crate) fn is_resumed(&self) -> bool {
        self.resumed
    }

    /// The digest of what has come so far.
    pub(crate) fn digest(&self) -> Digest {
        self.hasher.clone().finish()
    }

    /// What the server calls the version that the content is from.
    pub(crate) fn validator(&self) -> Option<String> {
        fs::read_to_string(&self.validator_path).ok()
    }

    /// Remembers that the content is of this version from now on.
    pub(crate) fn set_validator(&self, validator: Option<&str>) -> Result<(), Fault> {
        let path = &self.validator_path;
        match validator {
            Some(validator) => {
                fs::write(path, validator).map_err(|error| Fault::io("write", path, &error))
            }
            None => match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    Err(Fault::io("remove", path, &error))
                }
                _ => Ok(()),
            },
        }
    }

    /// Marks what is there as left by an earlier attempt.
    pub(crate) fn resume(&mut self) {
        self.resumed = self.length > 0;
    }

    pub(crate) fn append(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.file
            .write_all(bytes)
            .map_err(|error| Fault::io("write", &self.path, &error))?;
        self.hasher.update(bytes);
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Throws away all that has come.
    pub(crate) fn restart(&mut self) -> Result<(), Fault> {
        self.file
            .set_len(0)
            .and_then(|()| self.file.rewind())
            .map_err(|error| Fault::io("empty", &self.path, &error))?;
        self.set_validator(None)?;
        self.hasher = Hasher::new();
        self.length = 0;
        self.resumed = false;
        Ok(())
    }

    /// Removes the file: what came is of no use.
    pub(crate) fn discard(self) -> Result<(), Fault> {
        self.set_validator(None)?;
        fs::remove_file(&self.path).map_err(|error| Fault::io("remove", &self.path, &error))
    }

    /// Moves the file, whose digest is right, to where verified downloads lie.
    pub(crate) fn complete(self, cache: &Cache, digest: &Digest) -> Result<PathBuf, Fault> {
        self.set_validator(None)?;
        let place = cache.download(digest);
        fs::rename(&self.path, &place)
            .map_err(|error| Fault::io("put in place", &place, &error))?;
        Ok(place)
    }
}
