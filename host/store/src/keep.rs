//! Takes content in: hashed while it is written under a temporary name, compressed where
//! that pays, then renamed to its digest.

use std::fs::{File, Permissions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt};
use std::path::Path;

use rustix::io::Errno;
use tempfile::NamedTempFile;
use zstd::stream::write::Encoder;

use orch_model::{Digest, Fault};

use crate::Store;
use crate::copy::{CHUNK_BYTES, CopyError, copy_hashing};
use crate::form::{Form, HEADER_BYTES, Header};

/// Content from this size on is compressed where that pays.
const COMPRESSED_FROM_BYTES: usize = 64 * 1024;
/// A file from this size on reaches the disk before it gets its name.
const SYNCED_FROM_BYTES: u64 = 256 * 1024;
/// The quickest of the usual levels: the store is read and written far more often than it
/// is full.
const LEVEL: i32 = 1;

impl Store {
    /// Keeps bytes at hand.
    pub fn put_bytes(&self, bytes: &[u8]) -> Result<Digest, Fault> {
        let digest = Digest::of(bytes);
        // A blob that is there already is only believed after a look.
        if self.read(&digest)?.is_none() {
            self.keep(bytes, Path::new("memory"))?;
        }
        Ok(digest)
    }

    /// Keeps a file's content, read once; says its digest and size.
    pub fn put_file(&self, path: &Path) -> Result<(Digest, u64), Fault> {
        let file = File::open(path).map_err(|error| Fault::io("read", path, &error))?;
        self.keep(file, path)
    }

    /// Keeps a file's content as [`Store::put_file`] does, and may take the file itself for
    /// that. Nobody may be able to change it any more: it is hashed where it lies.
    pub fn take_file(&self, path: &Path) -> Result<(Digest, u64), Fault> {
        let failed = |error: io::Error| Fault::io("read", path, &error);
        let file = File::open(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        let is_small = metadata.len() < COMPRESSED_FROM_BYTES as u64;
        if !metadata.is_file() || metadata.nlink() != 1 || !is_small {
            return self.keep(file, path);
        }
        let mut content = Vec::with_capacity(metadata.len() as usize + 1);
        (&file).read_to_end(&mut content).map_err(failed)?;
        let digest = Digest::of(&content);
        let taken = self.holds_plain(&digest, &content) || self.take(path, &file, &digest);
        match taken {
            true => Ok((digest, content.len() as u64)),
            false => self.keep(content.as_slice(), path),
        }
    }

    /// Whether there is such a blob, and it is right.
    fn holds_plain(&self, digest: &Digest, content: &[u8]) -> bool {
        let path = self.path_of("blobs", digest);
        self.contains_sized(digest, content.len() as u64)
            && std::fs::read(path).is_ok_and(|kept| kept == content)
    }

    /// Gives a file the name of a blob. Says whether that could be done: it cannot where
    /// something has that name already, or on another file system.
    fn take(&self, path: &Path, file: &File, digest: &Digest) -> bool {
        let to = self.path_of("blobs", digest);
        let folder = to.parent().expect("a file of the store has a folder");
        let renamed = file
            .set_permissions(Permissions::from_mode(0o444))
            .and_then(|()| match rename_new(path, &to) {
                Err(Errno::NOENT) => {
                    std::fs::create_dir_all(folder)?;
                    Ok(rename_new(path, &to)?)
                }
                renamed => Ok(renamed?),
            });
        let taken = renamed.is_ok();
        if taken {
            self.0.unsettled.add(to);
        }
        taken
    }

    /// Keeps all of `source`. The new file replaces one of the same name: a damaged blob is
    /// mended by that.
    fn keep(&self, mut source: impl Read, name: &Path) -> Result<(Digest, u64), Fault> {
        let failed = |error: CopyError| error.fault(name, &self.0.root);
        let mut first = Vec::new();
        (&mut source)
            .take(CHUNK_BYTES as u64)
            .read_to_end(&mut first)
            .map_err(|error| Fault::io("read", name, &error))?;
        let source = first.as_slice().chain(source);
        let mut temporary = self.temporary_file()?;
        if !seems_to_pay(&first) {
            let (digest, bytes) = copy_hashing(source, temporary.as_file_mut()).map_err(failed)?;
            self.put_in_place(temporary, &digest, Form::Plain)?;
            return Ok((digest, bytes));
        }
        let (digest, header) = compress(source, temporary.as_file_mut()).map_err(failed)?;
        if pays(header.content_bytes, header.file_bytes) {
            self.put_in_place(temporary, &digest, Form::Compressed)?;
        } else {
            // Only its beginning was worth it.
            let plain = self.expanded(&temporary)?;
            self.put_in_place(plain, &digest, Form::Plain)?;
        }
        Ok((digest, header.content_bytes))
    }

    fn expanded(&self, compressed: &NamedTempFile) -> Result<NamedTempFile, Fault> {
        let mut plain = self.temporary_file()?;
        compressed
            .reopen()
            .and_then(|file| zstd::stream::copy_decode(file, plain.as_file_mut()))
            .map_err(|error| Fault::io("write", plain.path(), &error))?;
        Ok(plain)
    }

    fn put_in_place(
        &self,
        temporary: NamedTempFile,
        digest: &Digest,
        form: Form,
    ) -> Result<(), Fault> {
        let path = form.beside(&self.path_of("blobs", digest));
        let file = temporary.as_file();
        let synced = file
            .set_permissions(Permissions::from_mode(0o444))
            .and_then(|()| sync_large(file))
            .map_err(|error| Fault::io("write", temporary.path(), &error))?;
        self.persist(temporary, &path)?;
        if !synced {
            self.0.unsettled.add(path);
        }
        Ok(())
    }
}

/// Renames a file, unless something has the new name.
#[cfg(target_os = "linux")]
fn rename_new(from: &Path, to: &Path) -> rustix::io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE)
}

#[cfg(not(target_os = "linux"))]
fn rename_new(_from: &Path, _to: &Path) -> rustix::io::Result<()> {
    Err(Errno::NOSYS)
}

/// Says whether the file was large, and so is on the disk now.
fn sync_large(file: &File) -> io::Result<bool> {
    let large = file.metadata()?.len() >= SYNCED_FROM_BYTES;
    if large {
        file.sync_data()?;
    }
    Ok(large)
}

/// Goes by the first chunk: most content is the same all through.
fn seems_to_pay(first: &[u8]) -> bool {
    first.len() >= COMPRESSED_FROM_BYTES
        && zstd::bulk::compress(first, LEVEL)
            .is_ok_and(|compressed| pays(first.len() as u64, compressed.len() as u64))
}

/// Whether at least a tenth is saved.
fn pays(content_bytes: u64, file_bytes: u64) -> bool {
    file_bytes <= content_bytes - content_bytes / 10
}

/// Writes all of `source` compressed into an empty file, and the header once the sizes are
/// known.
fn compress(source: impl Read, file: &mut File) -> Result<(Digest, Header), CopyError> {
    file.write_all(&[0; HEADER_BYTES])
        .map_err(CopyError::Write)?;
    let mut encoder = Encoder::new(&mut *file, LEVEL).map_err(CopyError::Write)?;
    let (digest, content_bytes) = copy_hashing(source, &mut encoder)?;
    encoder.finish().map_err(CopyError::Write)?;
    let header = (|| {
        let file_bytes = file.seek(SeekFrom::End(0))?;
        let header = Header {
            content_bytes,
            file_bytes,
        };
        file.write_all_at(&header.bytes(), 0)?;
        Ok(header)
    })();
    Ok((digest, header.map_err(CopyError::Write)?))
}
