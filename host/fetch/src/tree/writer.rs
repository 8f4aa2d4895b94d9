//! Writes the files of a tree and counts their bytes. Which files may be there is
//! decided by [`super::Tree`].

use std::io::{self, Read, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions};
use orch_engine::Cancel;
use orch_model::{Digest, Fault, Hasher, RelativePath};

use super::Refused;

/// How much may be unpacked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Files, links and directories.
    pub(crate) entries: usize,
    /// Bytes of all files.
    pub(crate) bytes: u64,
    /// Bytes of one archive, unpacked, that are always fine.
    pub(crate) archive_bytes: u64,
    /// Above that, how many times larger than the archive they may be.
    pub(crate) ratio: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            entries: 500_000,
            bytes: 8 << 30,
            archive_bytes: 1 << 30,
            ratio: 200,
        }
    }
}

/// Writes files of a tree, from several threads at once.
pub(crate) struct Writer {
    pub(super) root: Dir,
    pub(super) limits: Limits,
    /// How many bytes may still come, in all and of this archive.
    left: AtomicU64,
    archive_left: AtomicU64,
}

impl Writer {
    /// Writes below an empty folder.
    pub(super) fn new(folder: &Path, limits: Limits) -> Result<Self, Fault> {
        let root = Dir::open_ambient_dir(folder, ambient_authority())
            .map_err(|error| Fault::io("open", folder, &error))?;
        Ok(Self {
            root,
            limits,
            left: AtomicU64::new(limits.bytes),
            archive_left: AtomicU64::new(0),
        })
    }

    /// Says that the next files are of an archive of this size.
    pub(super) fn begin_archive(&self, bytes: u64) {
        let most = bytes
            .saturating_mul(self.limits.ratio)
            .max(self.limits.archive_bytes);
        self.archive_left.store(most, Ordering::Relaxed);
    }

    /// Writes a file for which [`Tree::file`] made room, and gives its digest and size.
    /// Nobody may write to it after; whether it may be executed is the only other thing
    /// that is kept of its mode.
    pub(crate) fn write(
        &self,
        path: &RelativePath,
        executable: bool,
        mut content: impl Read,
        cancel: &Cancel,
        buffer: &mut [u8],
    ) -> Result<(Digest, u64), Refused> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use cap_std::fs::OpenOptionsExt as _;
            options.mode(if executable { 0o555 } else { 0o444 });
        }
        let mut file = self
            .root
            .open_with(path.as_str(), &options)
            .map_err(|error| Refused::from_io("make", path, &error))?;
        let mut hasher = Hasher::new();
        let mut bytes = 0;
        loop {
            let read = match content.read(buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    return Err(Refused::entry(path, &format!("cannot be read: {error}")));
                }
            };
            if cancel.is_cancelled() {
                return Err(Refused::Cancelled);
            }
            self.take(read as u64, path)?;
            hasher.update(&buffer[..read]);
            file.write_all(&buffer[..read])
                .map_err(|error| Refused::from_io("write", path, &error))?;
            bytes += read as u64;
        }
        Ok((hasher.finish(), bytes))
    }

    /// Counts bytes that were unpacked and are not kept, such as headers.
    pub(crate) fn pass_over(&self, bytes: u64) -> Result<(), Refused> {
        if taken(&self.archive_left, bytes) {
            return Ok(());
        }
        Err(Refused::Archive("grows far beyond its packed size".into()))
    }

    /// Takes a file's bytes off what may still come.
    fn take(&self, bytes: u64, path: &RelativePath) -> Result<(), Refused> {
        if !taken(&self.left, bytes) {
            let most = self.limits.bytes;
            return Err(Refused::entry(
                path,
                &format!("makes the toolchain larger than {most} bytes"),
            ));
        }
        if !taken(&self.archive_left, bytes) {
            return Err(Refused::entry(
                path,
                "grows far beyond the archive's packed size",
            ));
        }
        Ok(())
    }
}

/// Takes bytes off what is left; false if there are not so many.
fn taken(left: &AtomicU64, bytes: u64) -> bool {
    let update = |left: u64| left.checked_sub(bytes);
    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, update)
        .is_ok()
}
