//! Keeps compiled code under the host's own directory, by engine and content. What is
//! damaged, foreign or cannot be read counts as not there.
//!
//! Compiled code is machine code that runs inside `orch`: it is only ever read from a
//! directory that belongs to this user and that nobody else may write. The digest kept
//! with an entry guards against damage, not against somebody who can write there.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use orch_model::Digest;

/// Begins every entry; its last line counts versions of this format.
const MAGIC: &[u8; 16] = b"orch compiled 1\n";

/// Begins the names of entries that are being written.
const NEW: &str = ".new-";
/// An entry is written within this time, or never.
const WRITTEN_WITHIN: Duration = Duration::from_secs(60 * 60);
/// An engine that wrote no entry for this time has been replaced by another.
const USED_WITHIN: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Entries of one engine.
pub(crate) struct CodeCache {
    folder: PathBuf,
    /// The folder above, with the entries of other engines.
    above: PathBuf,
}

impl CodeCache {
    /// The entries of the engine with this fingerprint below the user's cache folder.
    /// Touches nothing.
    pub fn new(cache: &Path, engine: &Digest) -> Self {
        let above = cache.join("compiled");
        Self {
            folder: above.join(engine.short()),
            above,
        }
    }

    /// The code kept for some content, if there is any that can be relied on.
    pub fn read(&self, content: &Digest) -> Option<Vec<u8>> {
        [&self.above, &self.folder]
            .into_iter()
            .try_for_each(|folder| owned(&std::fs::symlink_metadata(folder)?))
            .ok()?;
        let mut file = OpenOptions::new()
            .read(true)
            .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits() as i32)
            .open(self.entry(content))
            .ok()?;
        let metadata = file.metadata().ok()?;
        if !metadata.is_file() || owned(&metadata).is_err() {
            return None;
        }
        let mut head = [0; HEAD_BYTES];
        file.read_exact(&mut head).ok()?;
        let mut code = Vec::with_capacity(usize::try_from(metadata.len()).ok()?);
        file.read_to_end(&mut code).ok()?;
        (head == self::head(&code)).then_some(code)
    }

    /// Keeps code for some content. Another process that does the same at the same time
    /// does no harm: entries appear in one step.
    pub fn write(&self, content: &Digest, code: &[u8]) -> io::Result<()> {
        self.sweep();
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.folder)?;
        for folder in [&self.above, &self.folder] {
            owned(&std::fs::symlink_metadata(folder)?)?;
        }
        let mut file = tempfile::Builder::new()
            .prefix(NEW)
            .tempfile_in(&self.folder)?;
        file.write_all(&head(code))?;
        file.write_all(code)?;
        // Not synced: what a power cut damages is compiled again.
        file.persist(self.entry(content))?;
        Ok(())
    }

    /// Removes what nobody will read again: files of processes that were killed while
    /// they wrote, and entries of engines that have made no code for long. What cannot be
    /// removed is in nobody's way.
    fn sweep(&self) {
        for (path, age) in with_ages(&self.folder) {
            let is_new = path
                .file_name()
                .is_some_and(|name| name.as_encoded_bytes().starts_with(NEW.as_bytes()));
            if is_new && age > WRITTEN_WITHIN {
                let _ = std::fs::remove_file(path);
            }
        }
        for (path, age) in with_ages(&self.above) {
            if path != self.folder && age > USED_WITHIN {
                let _ = std::fs::remove_dir_all(path);
            }
        }
    }

    /// Where the entries lie, for messages.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn entry(&self, content: &Digest) -> PathBuf {
        self.folder.join(format!("{}.cwasm", content.hex()))
    }
}

/// What lies in a folder, with the time since it was last written.
fn with_ages(folder: &Path) -> Vec<(PathBuf, Duration)> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let written = entry.metadata().ok()?.modified().ok()?;
            Some((entry.path(), written.elapsed().ok()?))
        })
        .collect()
}

const HEAD_BYTES: usize = MAGIC.len() + 32;

/// What stands in front of the code: the format and the code's digest.
fn head(code: &[u8]) -> [u8; HEAD_BYTES] {
    let mut head = [0; HEAD_BYTES];
    head[..MAGIC.len()].copy_from_slice(MAGIC);
    head[MAGIC.len()..].copy_from_slice(Digest::of(code).bytes());
    head
}

/// Whether only this user can have written what the metadata belongs to.
fn owned(metadata: &std::fs::Metadata) -> io::Result<()> {
    let ours = metadata.uid() == rustix::process::geteuid().as_raw();
    let closed = metadata.mode() & 0o022 == 0;
    if ours && closed && !metadata.is_symlink() {
        Ok(())
    } else {
        Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "it belongs to another user, or others may write there",
        ))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn cache() -> (tempfile::TempDir, CodeCache, Digest) {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let cache = CodeCache::new(folder.path(), &Digest::of("engine"));
        (folder, cache, Digest::of("component"))
    }

    #[test]
    fn code_comes_back() {
        let (_folder, cache, content) = cache();
        assert_eq!(cache.read(&content), None);
        cache.write(&content, b"code").expect("it can be kept");
        assert_eq!(cache.read(&content).as_deref(), Some(b"code".as_slice()));
    }

    #[test]
    fn no_damaged_entry_is_read() {
        let (_folder, cache, content) = cache();
        cache.write(&content, b"some code").expect("it can be kept");
        let good = std::fs::read(cache.entry(&content)).expect("it is there");
        for place in 0..good.len() {
            let mut bad = good.clone();
            bad[place] ^= 1;
            std::fs::write(cache.entry(&content), &bad).expect("it can be damaged");
            assert_eq!(cache.read(&content), None, "byte {place} was changed");
            std::fs::write(cache.entry(&content), &good[..place]).expect("it can be cut");
            assert_eq!(cache.read(&content), None, "cut at byte {place}");
        }
    }

    #[test]
    fn nothing_is_read_where_others_may_write() {
        let (_folder, cache, content) = cache();
        cache.write(&content, b"code").expect("it can be kept");
        let open = |path: &Path, mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
                .expect("modes can be changed")
        };
        for path in [
            cache.entry(&content),
            cache.folder.clone(),
            cache.above.clone(),
        ] {
            let mode = std::fs::metadata(&path).expect("it is there").mode();
            open(&path, mode | 0o002);
            assert_eq!(cache.read(&content), None, "{}", path.display());
            open(&path, mode);
        }
        assert!(cache.read(&content).is_some());
    }

    /// Makes a file or folder look as if it was last written so long ago.
    fn age(path: &Path, by: Duration) {
        let file = std::fs::File::open(path).expect("it is there");
        file.set_modified(std::time::SystemTime::now() - by)
            .expect("times can be changed");
    }

    #[test]
    fn what_nobody_reads_again_is_removed() {
        let (_folder, cache, content) = cache();
        cache.write(&content, b"code").expect("it can be kept");
        let place = |name: &str| cache.folder.join(name);
        for name in [".new-dead", ".new-live"] {
            std::fs::write(place(name), "half").expect("a file");
        }
        for name in ["old", "recent"] {
            std::fs::create_dir(cache.above.join(name)).expect("a folder");
        }
        age(&place(".new-dead"), WRITTEN_WITHIN * 2);
        age(&cache.above.join("old"), USED_WITHIN * 2);
        age(&cache.entry(&content), USED_WITHIN * 2);
        cache.write(&Digest::of("other"), b"code").expect("kept");
        assert!(!place(".new-dead").exists() && place(".new-live").exists());
        assert!(!cache.above.join("old").exists() && cache.above.join("recent").exists());
        assert!(cache.read(&content).is_some());
    }

    #[test]
    fn a_link_is_not_followed() {
        let (_folder, cache, content) = cache();
        cache.write(&content, b"code").expect("it can be kept");
        let elsewhere = cache.folder.join("elsewhere");
        std::fs::rename(cache.entry(&content), &elsewhere).expect("it can be moved");
        std::os::unix::fs::symlink(&elsewhere, cache.entry(&content)).expect("it can be linked");
        assert_eq!(cache.read(&content), None);
    }
}
