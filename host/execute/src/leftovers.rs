//! What the last action in a sandbox's place left there: removed for the next one, but for
//! folders that it needs too, and files that its inputs may be written over.
//!
//! To make and to remove a file costs a file system far more than to write over one, and
//! the more so the more of them were removed lately. Only what looks as if `orch` had made
//! it is used again, so that nothing passes from one action to the next.

use std::collections::HashSet;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use rustix::io::Errno;

use crate::place::remove_tree;

/// The rights of a folder that an action finds.
const NEW_FOLDER: u32 = 0o755;

/// A larger file is not kept for another one to be written over it.
const LARGEST_REUSED_BYTES: u64 = 1 << 20;

/// Folders and files of a place that are there for the next action.
#[derive(Debug, Default)]
pub(crate) struct Leftovers {
    folders: HashSet<PathBuf>,
    files: HashSet<PathBuf>,
}

/// What of the leftovers may stay.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// Folders that the next action needs, and those above them.
    pub(crate) folders: HashSet<PathBuf>,
    /// Whether files may stay: nobody outside the place can hold one of them open.
    pub(crate) files: bool,
}

impl Leftovers {
    /// Removes all in a folder that is not wanted. The folder itself stays and gets, as all
    /// that stay, the rights of a new one.
    pub(crate) fn keep(&mut self, folder: &Path, wanted: &Wanted) -> io::Result<()> {
        let mode = folder.metadata()?.permissions().mode();
        if mode & 0o7777 != NEW_FOLDER {
            fs::set_permissions(folder, fs::Permissions::from_mode(NEW_FOLDER))?;
        }
        self.folders.insert(folder.to_owned());
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let path = entry.path();
            let is_wanted = wanted.folders.contains(&path);
            if entry.file_type()?.is_dir() {
                match is_wanted && has_no_attributes(&path) {
                    true => self.keep(&path, wanted)?,
                    false => remove_tree(&path)?,
                }
            } else if !is_wanted && wanted.files && is_reusable(&path, &entry.metadata()?) {
                self.files.insert(path);
            } else {
                fs::remove_file(&path)?;
            }
        }
        Ok(())
    }

    pub(crate) fn has_folder(&self, path: &Path) -> bool {
        self.folders.contains(path)
    }

    pub(crate) fn made_folder(&mut self, path: PathBuf) {
        self.folders.insert(path);
    }

    /// A file at `path` that holds nothing of interest, open for writing from its start. It
    /// may be longer than what is to be written.
    pub(crate) fn open(&mut self, path: &Path, mode: u32) -> io::Result<File> {
        if !self.files.remove(path) {
            let Some(other) = self.files.iter().next().cloned() else {
                return new_file(path, mode);
            };
            self.files.remove(&other);
            fs::rename(other, path)?;
        }
        OpenOptions::new()
            .write(true)
            .custom_flags(OFlags::NOFOLLOW.bits() as i32)
            .open(path)
    }

    /// Makes room for something that is not written over a file.
    pub(crate) fn make_room(&mut self, path: &Path) -> io::Result<()> {
        match self.files.remove(path) {
            true => fs::remove_file(path),
            false => Ok(()),
        }
    }

    /// Removes the files that nothing was written over.
    pub(crate) fn remove_files(&mut self) -> io::Result<()> {
        self.files.drain().try_for_each(fs::remove_file)
    }
}

fn new_file(path: &Path, mode: u32) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)
}

/// Whether a file has one name, and rights that let its owner write.
fn is_reusable(path: &Path, found: &Metadata) -> bool {
    found.is_file()
        && found.nlink() == 1
        && found.len() <= LARGEST_REUSED_BYTES
        && found.permissions().mode() & 0o200 != 0
        && has_no_attributes(path)
}

/// Access control lists, too, are extended attributes.
fn has_no_attributes(path: &Path) -> bool {
    match rustix::fs::llistxattr_query(path) {
        Ok(bytes) => bytes == 0,
        Err(error) => error == Errno::OPNOTSUPP,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::fs::symlink;

    use super::*;

    /// A place with folders, files with one name and files that must not be used again.
    fn left() -> tempfile::TempDir {
        let place = tempfile::tempdir().unwrap();
        let below = |path: &str| place.path().join(path);
        fs::create_dir_all(below("source/in/deep")).unwrap();
        fs::create_dir_all(below("source/other")).unwrap();
        fs::write(below("source/in/a"), "a long content").unwrap();
        fs::write(below("source/in/b"), "b").unwrap();
        fs::write(below("source/other/c"), "c").unwrap();
        fs::hard_link(below("source/in/b"), below("also-b")).unwrap();
        symlink("a", below("source/in/link")).unwrap();
        fs::write(below("source/read-only"), "").unwrap();
        let mode = fs::Permissions::from_mode(0o444);
        fs::set_permissions(below("source/read-only"), mode).unwrap();
        fs::write(below("source/folder"), "").unwrap();
        place
    }

    fn kept(place: &Path, files: bool) -> (Leftovers, Vec<String>) {
        let folders = ["source/in", "source/folder"].map(|folder| place.join(folder));
        let wanted = Wanted {
            folders: HashSet::from(folders),
            files,
        };
        let mut leftovers = Leftovers::default();
        leftovers.keep(&place.join("source"), &wanted).unwrap();
        (leftovers, names(place))
    }

    fn names(place: &Path) -> Vec<String> {
        walkdir::WalkDir::new(place)
            .min_depth(1)
            .sort_by_file_name()
            .into_iter()
            .map(|entry| entry.unwrap().into_path())
            .map(|path| path.strip_prefix(place).unwrap().display().to_string())
            .filter(|name| name != "also-b")
            .collect()
    }

    #[test]
    fn only_wanted_folders_stay() {
        let place = left();
        let (leftovers, names) = kept(place.path(), false);
        assert_eq!(names, ["source", "source/in"]);
        assert!(leftovers.has_folder(&place.path().join("source/in")));
        assert!(!leftovers.has_folder(&place.path().join("source/folder")));
    }

    #[test]
    fn a_file_is_written_over_only_if_nothing_of_it_can_show() {
        let place = left();
        let (mut leftovers, names) = kept(place.path(), true);
        assert_eq!(names, ["source", "source/in", "source/in/a"]);
        let to = place.path().join("source/in/new");
        let mut file = leftovers.open(&to, 0o644).unwrap();
        file.write_all(b"new").unwrap();
        file.set_len(3).unwrap();
        assert_eq!(fs::read_to_string(&to).unwrap(), "new");
        let second = place.path().join("source/in/second");
        leftovers.open(&second, 0o600).unwrap();
        assert_eq!(second.metadata().unwrap().len(), 0);
        let names_now = self::names(place.path());
        assert_eq!(names_now[2..], ["source/in/new", "source/in/second"]);
    }

    #[test]
    fn what_nothing_was_written_over_goes() {
        let place = left();
        let (mut leftovers, _) = kept(place.path(), true);
        leftovers.remove_files().unwrap();
        assert_eq!(names(place.path()), ["source", "source/in"]);
    }
}
