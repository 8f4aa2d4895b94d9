//! Content by digest: written once, checked whenever it is read.

use std::fs::{File, Permissions};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use orch_model::{Digest, Fault, Hasher};

use crate::Store;

/// How much is read at once.
const CHUNK_BYTES: usize = 128 * 1024;

impl Store {
    /// Keeps bytes at hand.
    pub fn put_bytes(&self, bytes: &[u8]) -> Result<Digest, Fault> {
        let digest = Digest::of(bytes);
        // A blob that is there already is only believed after a look.
        if self.read(&digest)?.is_none() {
            self.write_blob(bytes, Path::new("memory"))?;
        }
        Ok(digest)
    }

    /// Keeps a file's content, read once; says its digest and size.
    pub fn put_file(&self, path: &Path) -> Result<(Digest, u64), Fault> {
        let file = File::open(path).map_err(|error| Fault::io("read", path, &error))?;
        self.write_blob(file, path)
    }

    /// Whether there is such a blob. Does not look into it.
    pub fn contains(&self, digest: &Digest) -> bool {
        self.path_of("blobs", digest)
            .symlink_metadata()
            .is_ok_and(|found| found.is_file())
    }

    /// All of a blob; `None` if it is missing. A damaged one is set aside and counts as
    /// missing, so that it is made again.
    pub fn read(&self, digest: &Digest) -> Result<Option<Vec<u8>>, Fault> {
        let mut bytes = Vec::new();
        Ok(self
            .copy_checked(digest, &mut bytes, Path::new("memory"))?
            .then_some(bytes))
    }

    /// A blob for reading from its beginning, after all of it has been checked; `None` if
    /// it is missing or damaged.
    pub fn open_blob(&self, digest: &Digest) -> Result<Option<File>, Fault> {
        let path = self.path_of("blobs", digest);
        let Some(mut file) = self.open_file(&path)? else {
            return Ok(None);
        };
        let failed = |error: io::Error| Fault::io("read", &path, &error);
        let (found, _) = Digest::of_reader(&mut file).map_err(failed)?;
        if found != *digest {
            self.quarantine(digest)?;
            return Ok(None);
        }
        file.rewind().map_err(failed)?;
        Ok(Some(file))
    }

    /// Copies a blob into `sink` while checking it. On `false` it was missing or damaged,
    /// and the sink may hold anything.
    pub(crate) fn copy_checked(
        &self,
        digest: &Digest,
        sink: &mut dyn Write,
        name: &Path,
    ) -> Result<bool, Fault> {
        let path = self.path_of("blobs", digest);
        let Some(file) = self.open_file(&path)? else {
            return Ok(false);
        };
        let (found, _) = copy_hashing(file, sink).map_err(|error| error.fault(&path, name))?;
        if found != *digest {
            self.quarantine(digest)?;
            return Ok(false);
        }
        Ok(true)
    }

    fn write_blob(&self, source: impl Read, name: &Path) -> Result<(Digest, u64), Fault> {
        let mut temporary = self.temporary_file()?;
        let (digest, bytes) = copy_hashing(source, temporary.as_file_mut())
            .map_err(|error| error.fault(name, &self.0.root))?;
        // The new file replaces one of the same name: a damaged blob is mended by that.
        let file = temporary.as_file();
        file.set_permissions(Permissions::from_mode(0o444))
            .and_then(|()| file.sync_data())
            .map_err(|error| Fault::io("write", temporary.path(), &error))?;
        self.persist(temporary, &self.path_of("blobs", &digest))?;
        Ok((digest, bytes))
    }

    fn open_file(&self, path: &Path) -> Result<Option<File>, Fault> {
        match File::open(path) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Fault::io("read", path, &error)),
        }
    }

    fn quarantine(&self, digest: &Digest) -> Result<(), Fault> {
        let path = self.path_of("blobs", digest);
        match std::fs::rename(&path, self.0.root.join("quarantine").join(digest.hex())) {
            // Another process may have set it aside already.
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Fault::io("set aside the damaged file", &path, &error))
            }
            _ => Ok(()),
        }
    }
}

/// Which side of a copy failed.
pub(crate) enum CopyError {
    Read(io::Error),
    Write(io::Error),
}

impl CopyError {
    fn fault(&self, source: &Path, sink: &Path) -> Fault {
        match self {
            CopyError::Read(error) => Fault::io("read", source, error),
            CopyError::Write(error) => Fault::io("write", sink, error),
        }
    }
}

fn copy_hashing(
    mut source: impl Read,
    sink: &mut (impl Write + ?Sized),
) -> Result<(Digest, u64), CopyError> {
    let mut hasher = Hasher::new();
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut bytes = 0;
    loop {
        let length = match source.read(&mut chunk) {
            Ok(0) => return Ok((hasher.finish(), bytes)),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(CopyError::Read(error)),
        };
        hasher.update(&chunk[..length]);
        sink.write_all(&chunk[..length]).map_err(CopyError::Write)?;
        bytes += length as u64;
    }
}
