//! The fetcher's folders in the cache, and the record of each installed toolchain.
//!
//! ```text
//! downloads/DIGEST           verified archives on their way to be unpacked
//! downloads/DIGEST.part      what has come of one so far, beside its DIGEST.validator
//! locks/                     one empty file for whatever only one process may do
//! toolchains/RECIPE/tree/    an unpacked toolchain; nobody writes below it
//! toolchains/RECIPE/install.json
//! toolchains/.new-NAME/      one being unpacked, under locks/new-NAME
//! toolchains/.gone-NAME/     one being removed, by anybody
//! ```

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use orch_engine::Cancel;
use orch_engine::port::InstalledTree;
use orch_model::{Digest, Fault};
use serde::{Deserialize, Serialize};

use crate::last_use;
use crate::lock::Lock;

const VERSION: u32 = 1;
const RECORD: &str = "install.json";

/// A toolchain that lies in the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstalledRelease {
    /// What it was installed from and how.
    pub recipe: Digest,
    /// What it was called when it was installed, e.g. `go 1.22.10`.
    pub label: String,
    /// Where it lies and what it holds.
    pub tree: InstalledTree,
}

/// The text of `install.json`.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    version: u32,
    recipe: Digest,
    tree: Digest,
    bytes: u64,
    files: u64,
    #[serde(default)]
    left_out_bytes: u64,
    label: String,
}

/// The fetcher's folders in the cache.
#[derive(Debug)]
pub(crate) struct Cache {
    root: PathBuf,
}

/// A folder for a toolchain that is being unpacked. Removed when dropped, unless it was
/// put in place.
#[derive(Debug)]
pub(crate) struct NewFolder<'a> {
    cache: &'a Cache,
    path: PathBuf,
    lock_path: PathBuf,
    _lock: Lock,
}

impl Cache {
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Makes the folders.
    pub(crate) fn prepare(&self) -> Result<(), Fault> {
        for folder in [self.downloads(), self.locks(), self.toolchains()] {
            fs::create_dir_all(&folder)
                .map_err(|error| Fault::io("make folder", &folder, &error))?;
        }
        Ok(())
    }

    pub(crate) fn downloads(&self) -> PathBuf {
        self.root.join("downloads")
    }

    fn toolchains(&self) -> PathBuf {
        self.root.join("toolchains")
    }

    fn locks(&self) -> PathBuf {
        self.root.join("locks")
    }

    /// Where a verified archive lies until it is unpacked.
    pub(crate) fn download(&self, digest: &Digest) -> PathBuf {
        self.downloads().join(digest.hex())
    }

    /// Waits until nobody else downloads or unpacks the archive.
    pub(crate) fn lock_download(&self, digest: &Digest, cancel: &Cancel) -> Result<Lock, Fault> {
        Lock::take(
            &self.locks().join(format!("download-{}", digest.hex())),
            cancel,
        )
    }

    /// Waits until nobody else installs the toolchain.
    pub(crate) fn lock_toolchain(&self, recipe: &Digest, cancel: &Cancel) -> Result<Lock, Fault> {
        Lock::take(
            &self.locks().join(format!("toolchain-{}", recipe.hex())),
            cancel,
        )
    }

    /// The toolchain, if its record can be read and its tree is there. Reads one file, and
    /// notes, at most once a day, that it was used.
    pub(crate) fn installed(&self, recipe: &Digest) -> Option<InstalledRelease> {
        let release = self.look(recipe)?;
        last_use::note(&self.toolchains().join(recipe.hex()).join(RECORD));
        Some(release)
    }

    fn look(&self, recipe: &Digest) -> Option<InstalledRelease> {
        let folder = self.toolchains().join(recipe.hex());
        let text = fs::read(folder.join(RECORD)).ok()?;
        let record: Record = serde_json::from_slice(&text).ok()?;
        let root = folder.join("tree");
        if record.version != VERSION || record.recipe != *recipe || !root.is_dir() {
            return None;
        }
        Some(InstalledRelease {
            recipe: record.recipe,
            label: record.label,
            tree: InstalledTree {
                root,
                tree: record.tree,
                bytes: record.bytes,
                files: record.files,
                left_out_bytes: record.left_out_bytes,
                programs: Vec::new(),
            },
        })
    }

    /// Every toolchain that lies here, by label.
    pub(crate) fn list_installed(&self) -> Result<Vec<InstalledRelease>, Fault> {
        let mut releases = Vec::new();
        for name in names(&self.toolchains())? {
            if let Ok(recipe) = format!("sha256:{name}").parse() {
                releases.extend(self.look(&recipe));
            }
        }
        releases.sort_by(|a, b| (&a.label, a.recipe).cmp(&(&b.label, b.recipe)));
        Ok(releases)
    }

    /// When the toolchain was last used, to the day; `None` if it does not lie here.
    pub(crate) fn last_used(&self, recipe: &Digest) -> Option<SystemTime> {
        let record = self.toolchains().join(recipe.hex()).join(RECORD);
        last_use::at(&record)
    }

    /// Removes a toolchain: out of everybody's sight in one step, then from the disk.
    pub(crate) fn remove(&self, recipe: &Digest) -> Result<(), Fault> {
        let place = self.toolchains().join(recipe.hex());
        let aside = self.toolchains().join(format!(".gone-{}", recipe.hex()));
        remove(&aside)?;
        match fs::rename(&place, &aside) {
            Ok(()) => remove(&aside),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(Fault::io("put aside", &place, &error)),
        }
    }

    /// Removes what processes that were killed have left behind. What cannot be removed
    /// stays for a later install: it is in nobody's way.
    pub(crate) fn sweep(&self) -> Result<(), Fault> {
        // While this is held nobody makes a new folder, so one without a holder is dead.
        let Some(_guard) = Lock::try_take(&self.locks().join("new"))? else {
            return Ok(());
        };
        for name in names(&self.toolchains())? {
            let path = self.toolchains().join(&name);
            if name.starts_with(".gone-") {
                let _ = remove(&path);
            } else if let Some(own) = name.strip_prefix(".new-") {
                let lock_path = self.locks().join(format!("new-{own}"));
                if let Ok(Some(_dead)) = Lock::try_take(&lock_path) {
                    let _ = remove(&path).and_then(|()| remove(&lock_path));
                }
            }
        }
        Ok(())
    }

    /// An empty folder on the same file system as the place where it will go.
    pub(crate) fn new_folder(&self, cancel: &Cancel) -> Result<NewFolder<'_>, Fault> {
        let _guard = Lock::take(&self.locks().join("new"), cancel)?;
        let parent = self.toolchains();
        let path = tempfile::Builder::new()
            .prefix(".new-")
            .tempdir_in(&parent)
            .map_err(|error| Fault::io("make a folder in", &parent, &error))?
            .keep();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let lock_path = self.locks().join(&name[1..]);
        Ok(NewFolder {
            cache: self,
            _lock: Lock::take(&lock_path, cancel)?,
            path,
            lock_path,
        })
    }
}

impl NewFolder<'_> {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the record, and sees that all of the folder is on the disk.
    pub(crate) fn complete(
        &self,
        recipe: &Digest,
        label: String,
        tree: &InstalledTree,
    ) -> Result<(), Fault> {
        let record = Record {
            version: VERSION,
            recipe: *recipe,
            tree: tree.tree,
            bytes: tree.bytes,
            files: tree.files,
            left_out_bytes: tree.left_out_bytes,
            label,
        };
        let record_path = self.path.join(RECORD);
        let text = serde_json::to_vec_pretty(&record)
            .map_err(|error| Fault::internal(format!("could not write `{RECORD}`: {error}")))?;
        fs::write(&record_path, text).map_err(|error| Fault::io("write", &record_path, &error))?;
        open_up(&self.path)?;
        flush(&self.path)
    }

    /// Moves the complete folder to where [`Cache::installed`] finds it, in one step. Whatever
    /// lies there already is damaged, since a good one would have been used; it is put aside.
    pub(crate) fn put_in_place(
        self,
        recipe: Digest,
        cancel: &Cancel,
    ) -> Result<InstalledRelease, Fault> {
        let parent = self.cache.toolchains();
        let place = parent.join(recipe.hex());
        let aside = parent.join(
            self.path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .replacen(".new-", ".gone-", 1),
        );
        match fs::rename(&place, &aside) {
            // What cannot be removed now is swept away by a later install.
            Ok(()) => _ = remove(&aside),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(Fault::io("put aside", &place, &error)),
        }
        // While this is held nobody sweeps, so the folder needs no lock of its own any more;
        // once it is in place, nobody would remove that.
        let guard = Lock::take(&self.cache.locks().join("new"), cancel)?;
        remove(&self.lock_path)?;
        fs::rename(&self.path, &place)
            .map_err(|error| Fault::io("put in place", &place, &error))?;
        drop(guard);
        fs::File::open(&parent)
            .and_then(|folder| folder.sync_all())
            .map_err(|error| Fault::io("write", &parent, &error))?;
        self.cache.installed(&recipe).ok_or_else(|| {
            Fault::internal(format!("`{}` is not as it was written", place.display()))
        })
    }
}

impl Drop for NewFolder<'_> {
    fn drop(&mut self) {
        // What cannot be removed now is swept away by a later install.
        let _ = remove(&self.path);
        let _ = remove(&self.lock_path);
    }
}

/// Temporary folders are private; a toolchain may be read by all whom its cache lets in.
fn open_up(folder: &Path) -> Result<(), Fault> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755))
            .map_err(|error| Fault::io("open up", folder, &error))?;
    }
    Ok(())
}

/// Thousands of files reach the disk much sooner together than one by one.
fn flush(folder: &Path) -> Result<(), Fault> {
    let handle = fs::File::open(folder).map_err(|error| Fault::io("open", folder, &error))?;
    #[cfg(target_os = "linux")]
    rustix::fs::syncfs(&handle).map_err(|error| Fault::io("write", folder, &error.into()))?;
    #[cfg(not(target_os = "linux"))]
    handle
        .sync_all()
        .map_err(|error| Fault::io("write", folder, &error))?;
    Ok(())
}

/// Removes a file or a whole folder; what is not there is fine.
fn remove(path: &Path) -> Result<(), Fault> {
    let removed = match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Fault::io("remove", path, &error))
        }
        _ => Ok(()),
    }
}

/// The names in a folder; none if it is not there.
fn names(folder: &Path) -> Result<Vec<String>, Fault> {
    let failed = |error: io::Error| Fault::io("list", folder, &error);
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed)?,
    };
    let mut names = Vec::new();
    for entry in entries {
        names.extend(entry.map_err(failed)?.file_name().into_string());
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_nobody_holds_is_swept_away() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path().to_owned());
        cache.prepare().unwrap();
        let live = cache.new_folder(&Cancel::new()).unwrap();
        let dead = cache.toolchains().join(".new-dead");
        let gone = cache.toolchains().join(".gone-half");
        for path in [&dead, &gone] {
            fs::create_dir_all(path.join("tree/d")).unwrap();
        }
        fs::write(cache.locks().join("new-dead"), "").unwrap();
        cache.sweep().unwrap();
        assert!(live.path().is_dir());
        assert!(!dead.exists() && !gone.exists());
        let path = live.path().to_owned();
        drop(live);
        assert!(!path.exists());
        assert_eq!(names(&cache.locks()).unwrap(), ["new"]);
    }

    #[test]
    fn what_cannot_be_removed_is_in_nobodys_way() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path().to_owned());
        cache.prepare().unwrap();
        // Not even root can remove this: its lock is no file.
        fs::create_dir_all(cache.toolchains().join(".new-stuck")).unwrap();
        fs::create_dir_all(cache.locks().join("new-stuck")).unwrap();
        let gone = cache.toolchains().join(".gone-half");
        fs::create_dir_all(&gone).unwrap();
        cache.sweep().unwrap();
        assert!(!gone.exists());
    }

    #[test]
    fn one_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let first = Lock::try_take(&path).unwrap();
        assert!(first.is_some());
        assert!(Lock::try_take(&path).unwrap().is_none());
        drop(first);
        assert!(Lock::try_take(&path).unwrap().is_some());
    }
}
