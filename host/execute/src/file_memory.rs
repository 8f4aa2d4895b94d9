//! What is known of a project's files without reading them: the digest of each as it last
//! looked, and what this run has looked at.
//!
//! The memory is a hint, kept in `.orch/files`. A lost, damaged or foreign one costs a look
//! into the files, never a wrong digest.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

use orch_model::{Digest, Fault};
use orch_store::remove_abandoned;

use crate::look::{FileClock, Look, now_ns};
use crate::look_file::{self, Entry, Writer};

/// What is known of the files below one folder. Shared by whoever reads or writes there.
#[derive(Debug)]
pub struct FileMemory {
    root: PathBuf,
    clock: FileClock,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    known: HashMap<String, (Look, Digest)>,
    /// What was put in place here, as it looked then.
    placed: BTreeMap<String, Look>,
    /// What this run put in place or, with no look, took away.
    ours: HashMap<String, Option<Look>>,
    changed: bool,
    /// Whether nothing is written any more.
    is_closed: bool,
    seen: HashMap<String, Option<Look>>,
    /// Folders whose names were read.
    walked: HashSet<String>,
    /// Whether something that was looked at may have changed without showing it.
    doubtful: bool,
}

/// What a run looked at: name, and how it looked if it was there.
pub(crate) type Seen = Vec<(String, Option<Look>)>;

impl FileMemory {
    /// What is remembered of the files below `root`, the absolute path of a pipeline's
    /// folder.
    pub fn open(root: PathBuf) -> Self {
        // What a killed `orch` was writing is nobody's any more.
        let _ = remove_abandoned(&root.join(".orch"));
        let state = fs::read(memory_path(&root))
            .ok()
            .and_then(|bytes| Some(State::of_entries(&look_file::read(&bytes)?.1)))
            .unwrap_or_default();
        Self {
            root,
            clock: FileClock::default(),
            state: Mutex::new(state),
        }
    }

    /// Writes down what is known, if there is anything new in it.
    pub fn save(&self) -> Result<(), Fault> {
        let path = memory_path(&self.root);
        let mut state = self.state();
        if !state.changed || state.is_closed {
            return Ok(());
        }
        let mut writer = Writer::new(b"");
        for (path, (look, digest)) in &state.known {
            writer.push(Entry {
                path,
                look: Some(*look),
                digest: Some(*digest),
            });
        }
        // What has a digest is a memory of content, what has none one of a place.
        for (path, look) in &state.placed {
            writer.push(Entry {
                path,
                look: Some(*look),
                digest: None,
            });
        }
        make_folder(&path)
            .and_then(|()| writer.write(&path))
            .map_err(|error| Fault::io("write", &path, &error))?;
        state.changed = false;
        Ok(())
    }

    /// Writes nothing from now on: whoever goes on looking long after a run must not write
    /// over what a later run knows.
    pub(crate) fn close(&self) {
        self.state().is_closed = true;
    }

    /// The digest of a plain file of the project, which is read only if it may have changed
    /// since it was read last. `metadata` must not be older than the call.
    pub(crate) fn digest(&self, path: &str, metadata: &Metadata) -> io::Result<(Digest, u64)> {
        let look = Look::of(metadata);
        if let Some(digest) = self.known(path, look) {
            self.saw(path, Some(look));
            return Ok((digest, look.size));
        }
        let looked_ns = now_ns();
        let file = File::open(self.root.join(path))?;
        let before = file.metadata()?;
        let (digest, bytes) = Digest::of_reader(&file)?;
        let after = file.metadata()?;
        // One that is being written looks different before and after, or is another file.
        let whole = Look::of(&before) == look && Look::of(&after) == look;
        // Who was told of an earlier content has worked with that.
        self.saw(path, Some(Look::of(&after)));
        self.note(path, &after, digest, looked_ns, whole);
        Ok((digest, bytes))
    }

    /// The digest of the file as it looks, if that is known.
    pub(crate) fn known(&self, path: &str, look: Look) -> Option<Digest> {
        let state = self.state();
        let (known, digest) = state.known.get(path)?;
        (*known == look).then_some(*digest)
    }

    /// Notes a file that was just put in place with a content of this digest. `metadata` is
    /// that of the written file itself, not of whatever has its name.
    pub(crate) fn wrote(&self, path: &str, metadata: &Metadata, digest: Digest) {
        self.note(path, metadata, digest, now_ns(), true);
        let mut state = self.state();
        let look = Look::of(metadata);
        state.placed.insert(path.to_owned(), look);
        state.ours.insert(path.to_owned(), Some(look));
        state.changed = true;
    }

    /// Notes a file that was put in place once and that this run took away.
    pub(crate) fn removed(&self, path: &str) {
        self.state().ours.insert(path.to_owned(), None);
    }

    /// Whether something is as this run left it: as it was put in place, or taken away.
    pub(crate) fn is_ours(&self, path: &str) -> bool {
        let state = self.state();
        let Some(left) = state.ours.get(path) else {
            return false;
        };
        let found = self.root.join(path).symlink_metadata();
        found.ok().map(|found| Look::of(&found)) == *left
    }

    /// What was put at or below a place, as it looked then.
    pub(crate) fn placed_at(&self, place: &str) -> Vec<(String, Look)> {
        let state = self.state();
        let owned = |(path, look): (&String, &Look)| (path.clone(), *look);
        if place.is_empty() {
            return state.placed.iter().map(owned).collect();
        }
        // `0` comes behind `/`.
        let below = format!("{place}/")..format!("{place}0");
        let itself = state.placed.get_key_value(place);
        itself
            .into_iter()
            .chain(state.placed.range(below))
            .map(owned)
            .collect()
    }

    /// Forgets a file that was put in place.
    pub(crate) fn forget(&self, path: &str) {
        let mut state = self.state();
        state.placed.remove(path);
        state.known.remove(path);
        state.changed = true;
    }

    fn note(&self, path: &str, metadata: &Metadata, digest: Digest, looked_ns: i64, whole: bool) {
        let look = Look::of(metadata);
        let proven = whole
            && self
                .clock
                .proves(&self.root.join(path), metadata, looked_ns);
        let mut state = self.state();
        state.doubtful |= !proven;
        if proven {
            state.known.insert(path.to_owned(), (look, digest));
            state.changed = true;
        } else {
            state.changed |= state.known.remove(path).is_some();
        }
        state.seen.insert(path.to_owned(), Some(look));
    }

    /// Notes how something looked, or that it was not there.
    pub(crate) fn saw(&self, path: &str, look: Option<Look>) {
        let mut state = self.state();
        match state.seen.get(path) {
            None => drop(state.seen.insert(path.to_owned(), look)),
            Some(earlier) if *earlier == look => {}
            Some(_) => state.doubtful = true,
        }
    }

    /// Notes how a folder, named below the root, looked before its names were read.
    pub(crate) fn saw_folder(&self, below: &Path, metadata: &Metadata) {
        let proven = self
            .clock
            .proves(&self.root.join(below), metadata, now_ns());
        self.state().doubtful |= !proven;
        let name = match below.as_os_str().is_empty() {
            true => ".".into(),
            false => below.to_string_lossy(),
        };
        self.saw(&name, Some(Look::of(metadata)));
        self.state().walked.insert(name.into_owned());
    }

    /// The folders whose names this run has read, below the root; the root itself is `.`.
    pub(crate) fn walked(&self) -> Vec<String> {
        self.state().walked.iter().cloned().collect()
    }

    /// All that this run looked at, by name below the root; `None` if equal looks would not
    /// prove that nothing has changed.
    pub(crate) fn seen(&self) -> Option<Seen> {
        let state = self.state();
        let seen = || state.seen.iter().map(|(path, look)| (path.clone(), *look));
        (!state.doubtful).then(|| seen().collect())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics with it")
    }
}

impl Drop for FileMemory {
    fn drop(&mut self) {
        // Without it the files are read the next time.
        let _ = self.save();
    }
}

/// The folder of what `orch` remembers of a project.
pub(crate) fn make_folder(file: &Path) -> io::Result<()> {
    fs::create_dir_all(file.parent().unwrap_or(Path::new(".")))
}

fn memory_path(root: &Path) -> PathBuf {
    root.join(".orch").join("files")
}

impl State {
    fn of_entries(entries: &[Entry<'_>]) -> Self {
        let mut state = Self::default();
        for entry in entries {
            let path = entry.path.to_owned();
            match (entry.look, entry.digest) {
                (Some(look), Some(digest)) => drop(state.known.insert(path, (look, digest))),
                (Some(look), None) => drop(state.placed.insert(path, look)),
                (None, _) => {}
            }
        }
        state
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A project with one file, and a memory that has read it once.
    fn remembered() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x");
        fs::write(&file, "right").unwrap();
        // The clock of any file system in use has gone on by then.
        let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(60);
        File::open(&file).unwrap().set_modified(long_ago).unwrap();
        let memory = FileMemory::open(folder.path().to_owned());
        memory
            .digest("x", &file.symlink_metadata().unwrap())
            .unwrap();
        memory.save().unwrap();
        (folder, file)
    }

    fn known(folder: &tempfile::TempDir, file: &Path) -> Option<Digest> {
        let look = Look::of(&file.symlink_metadata().unwrap());
        FileMemory::open(folder.path().to_owned()).known("x", look)
    }

    #[test]
    fn a_file_that_nobody_touched_is_known_in_the_next_run() {
        let (folder, file) = remembered();
        let metadata = file.symlink_metadata().unwrap();
        let proven = FileClock::default().proves(&file, &metadata, now_ns());
        assert_eq!(known(&folder, &file), proven.then(|| Digest::of("right")));
    }

    #[test]
    fn a_file_of_the_same_size_and_time_but_other_content_is_not_known() {
        let (folder, file) = remembered();
        let time = file.metadata().unwrap().modified().unwrap();
        fs::write(&file, "wrong").unwrap();
        File::open(&file).unwrap().set_modified(time).unwrap();
        assert_eq!(known(&folder, &file), None);
    }

    #[test]
    fn a_file_that_was_moved_in_place_of_another_is_not_known() {
        let (folder, file) = remembered();
        let time = file.metadata().unwrap().modified().unwrap();
        let other = folder.path().join("y");
        fs::write(&other, "wrong").unwrap();
        File::open(&other).unwrap().set_modified(time).unwrap();
        fs::rename(&other, &file).unwrap();
        assert_eq!(known(&folder, &file), None);
    }

    #[test]
    fn two_contents_of_a_file_in_one_run_prove_nothing() {
        let (folder, file) = remembered();
        let memory = FileMemory::open(folder.path().to_owned());
        let digest = || {
            memory
                .digest("x", &file.symlink_metadata().unwrap())
                .unwrap()
        };
        digest();
        fs::write(&file, "other").unwrap();
        digest();
        assert_eq!(memory.seen(), None);
    }

    #[test]
    fn what_was_put_in_place_is_ours_until_somebody_changes_it() {
        let (folder, file) = remembered();
        let memory = FileMemory::open(folder.path().to_owned());
        assert!(!memory.is_ours("x"));
        memory.wrote("x", &file.symlink_metadata().unwrap(), Digest::of("right"));
        assert!(memory.is_ours("x"));
        fs::write(&file, "theirs").unwrap();
        assert!(!memory.is_ours("x"));
        memory.removed("x");
        assert!(!memory.is_ours("x"));
        fs::remove_file(&file).unwrap();
        assert!(memory.is_ours("x"));
    }

    #[test]
    fn what_looked_different_twice_in_one_run_proves_nothing() {
        let (folder, file) = remembered();
        let memory = FileMemory::open(folder.path().to_owned());
        let saw = || memory.saw("x", Some(Look::of(&file.symlink_metadata().unwrap())));
        saw();
        assert!(memory.seen().is_some());
        fs::write(&file, "changed").unwrap();
        saw();
        assert_eq!(memory.seen(), None);
    }
}
