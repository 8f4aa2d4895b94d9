//! What is known of a project's files without reading them: the digest of each as it last
//! looked, and what this run has looked at.
//!
//! The memory is a hint, kept in `.orch/files`. A lost, damaged or foreign one costs a look
//! into the files, never a wrong digest.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

use orch_model::{Digest, Fault};
use orch_store::remove_abandoned;

use crate::known_files::{Kind, KnownFiles, Record};
use crate::look::{FileClock, Look, Sight, open_plain};
use crate::question::{Asking, Question};
use crate::seen::Seen;

/// What is known of the files below one folder. Shared by whoever reads or writes there.
#[derive(Debug)]
pub struct FileMemory {
    root: PathBuf,
    clock: FileClock,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    known: KnownFiles,
    /// What this run put in place or, with no look, took away.
    ours: HashMap<String, Option<Look>>,
    changed: bool,
    /// Whether nothing is written any more.
    is_closed: bool,
    seen: Seen,
    /// Folders whose names were read.
    walked: HashSet<String>,
}

impl FileMemory {
    /// What is remembered of the files below `root`, the absolute path of a pipeline's
    /// folder.
    pub fn open(root: PathBuf) -> Self {
        // What a killed `orch` was writing is nobody's any more.
        let _ = remove_abandoned(&root.join(".orch"));
        let bytes = fs::read(memory_path(&root)).unwrap_or_default();
        Self {
            root,
            clock: FileClock::default(),
            state: Mutex::new(State {
                known: KnownFiles::new(bytes),
                ours: HashMap::new(),
                changed: false,
                is_closed: false,
                seen: Seen::default(),
                walked: HashSet::new(),
            }),
        }
    }

    /// Writes down what is known, if there is anything new in it.
    pub fn save(&self) -> Result<(), Fault> {
        let path = memory_path(&self.root);
        let mut state = self.state();
        if !state.changed || state.is_closed {
            return Ok(());
        }
        make_folder(&path)
            .and_then(|()| state.known.write(&path))
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
    /// since it was read last. `sight` must not be older than the call.
    pub(crate) fn digest(&self, path: &str, sight: &Sight) -> io::Result<(Digest, u64)> {
        let look = sight.look();
        if let Some(digest) = self.known(path, look) {
            return Ok((digest, look.size));
        }
        let file = open_plain(&self.root.join(path))?
            .ok_or_else(|| io::Error::other("it is no longer a plain file"))?;
        let before = Look::of(&file.metadata()?);
        let (digest, bytes) = Digest::of_reader(&file)?;
        let after = Look::of(&file.metadata()?);
        // One that is being written looks different before and after, or is another file.
        let whole = before == look && after == look;
        self.learn(path, sight, whole.then_some(digest));
        Ok((digest, bytes))
    }

    /// The digest of the file as it looks, if that is known.
    pub(crate) fn known(&self, path: &str, look: Look) -> Option<Digest> {
        let state = self.state();
        let known = state.known.get(path, Kind::Content)?;
        (known.look == look).then_some(known.digest)
    }

    /// Notes a file that was just put in place with a content of this digest. `sight` is of
    /// the written file itself, not of whatever has its name.
    pub(crate) fn wrote(&self, path: &str, sight: &Sight, digest: Digest) {
        self.learn(path, sight, Some(digest));
        let mut state = self.state();
        let look = sight.look();
        state.known.put(path, Kind::Place, Record { look, digest });
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
        let known = match place {
            "" => state.known.range("", None),
            // `0` comes behind `/`, and what lies between both is no name below the place.
            _ => state.known.range(place, Some(&format!("{place}0"))),
        };
        let below = format!("{place}/");
        let is_at = |path: &str| place.is_empty() || path == place || path.starts_with(&below);
        known
            .into_iter()
            .filter(|(path, kind, _)| *kind == Kind::Place && is_at(path))
            .map(|(path, _, record)| (path, record.look))
            .collect()
    }

    /// Forgets a file that was put in place.
    pub(crate) fn forget(&self, path: &str) {
        let mut state = self.state();
        state.known.remove(path, Kind::Place);
        state.known.remove(path, Kind::Content);
        state.changed = true;
    }

    /// Remembers what a file of this look holds, where an equal look will prove it.
    fn learn(&self, path: &str, sight: &Sight, digest: Option<Digest>) {
        let proven = digest.filter(|_| self.proves(path, sight));
        let mut state = self.state();
        match proven {
            Some(digest) => {
                let look = sight.look();
                state
                    .known
                    .put(path, Kind::Content, Record { look, digest });
                state.changed = true;
            }
            None => state.changed |= state.known.remove(path, Kind::Content),
        }
    }

    /// Begins to look for the answer to a question, which notes all that it rests on.
    pub(crate) fn ask(&self, question: Question) -> Asking<'_> {
        Asking::new(self, question)
    }

    /// Notes all that the answer to a question rests on.
    pub(crate) fn answered(&self, question: Question, looks: Vec<(String, Option<Look>)>) {
        self.state().seen.answered(question, looks);
    }

    /// Notes that something was looked at that may change without showing it.
    pub(crate) fn doubt(&self) {
        self.state().seen.doubt();
    }

    /// Notes a folder whose names were read.
    pub(crate) fn walked_through(&self, name: &str) {
        self.state().walked.insert(name.to_owned());
    }

    /// The folders whose names this run has read, below the root; the root itself is `.`.
    pub(crate) fn walked(&self) -> Vec<String> {
        self.state().walked.iter().cloned().collect()
    }

    /// Whether an equal look will prove an equal content; `path` is below the root, or absolute.
    pub(crate) fn proves(&self, path: &str, sight: &Sight) -> bool {
        self.clock.proves(&self.root.join(path), sight)
    }

    /// All that this run looked at; `None` if equal looks would not prove that nothing has
    /// changed.
    pub(crate) fn seen(&self) -> Option<Seen> {
        let state = self.state();
        (!state.seen.is_doubtful()).then(|| state.seen.clone())
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

#[cfg(test)]
mod tests {
    use std::fs::File;

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
        memory.digest("x", &Sight::of_path(&file).unwrap()).unwrap();
        memory.save().unwrap();
        (folder, file)
    }

    fn known(folder: &tempfile::TempDir, file: &Path) -> Option<Digest> {
        let look = Look::of_path(file).unwrap();
        FileMemory::open(folder.path().to_owned()).known("x", look)
    }

    #[test]
    fn a_file_that_nobody_touched_is_known_in_the_next_run() {
        let (folder, file) = remembered();
        let proven = FileClock::default().proves(&file, &Sight::of_path(&file).unwrap());
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
    fn what_was_put_in_place_is_ours_until_somebody_changes_it() {
        let (folder, file) = remembered();
        let memory = FileMemory::open(folder.path().to_owned());
        assert!(!memory.is_ours("x"));
        memory.wrote("x", &Sight::of_path(&file).unwrap(), Digest::of("right"));
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
        // Like a task that has the file among its inputs.
        let read = || {
            let sight = Sight::of_path(&file).unwrap();
            let mut asking = memory.ask(Question::Inputs(vec!["x".to_owned()]));
            asking.saw("x", &sight);
            memory.digest("x", &sight).unwrap().0
        };
        assert_eq!(read(), Digest::of("right"));
        assert!(memory.seen().is_some());
        fs::write(&file, "changed").unwrap();
        assert_eq!(read(), Digest::of("changed"));
        assert!(memory.seen().is_none());
    }
}
