//! The project's inputs as a run got them, held against what it would get now.
//!
//! What counts is the content, as for a run: a file that was saved without a change, or
//! changed and changed back, is the same. What the run itself put in place is no change.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use orch_engine::port::{SourceFile, Sources};
use orch_model::{Change, Digest, Fault, RelativePath};

use crate::file_memory::FileMemory;
use crate::patterns::Patterns;
use crate::sources::{ProjectSources, is_never_walked};

/// A project's files, with a note of every answer.
#[derive(Debug)]
pub struct NotedSources {
    root: PathBuf,
    sources: ProjectSources,
    memory: Arc<FileMemory>,
    notes: Mutex<Notes>,
}

#[derive(Debug, Default)]
struct Notes {
    /// What was asked for, and why it was refused if it was.
    asked: HashMap<Vec<String>, Option<String>>,
    files: BTreeMap<RelativePath, Content>,
    /// Files that were not the same each time that they were asked for.
    unsteady: BTreeSet<RelativePath>,
}

/// All of a file that a run depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Content {
    digest: Digest,
    is_executable: bool,
    is_link: bool,
}

impl Content {
    fn of(file: &SourceFile) -> Self {
        Self {
            digest: file.digest,
            is_executable: file.executable,
            is_link: file.link.is_some(),
        }
    }
}

impl NotedSources {
    /// Notes what `sources` answer. `root` and `memory` are those that they have.
    pub fn new(root: PathBuf, sources: ProjectSources, memory: Arc<FileMemory>) -> Self {
        Self {
            root,
            sources,
            memory,
            notes: Mutex::default(),
        }
    }

    /// The run is over: from now on nothing is written about the project's files, since
    /// another run may know more of them.
    pub fn close(&self) {
        self.memory.close();
    }

    /// How many files the run got.
    pub fn count(&self) -> usize {
        self.notes().files.len()
    }

    /// What others have done to the inputs since the run got them, by name. Where files can
    /// be had now that could not, or the other way round, the patterns are the name.
    pub fn changes(&self) -> BTreeMap<String, Change> {
        let notes = self.notes();
        let mut now: BTreeMap<RelativePath, Content> = BTreeMap::new();
        let mut turned = BTreeMap::new();
        for (patterns, refusal) in &notes.asked {
            let found = self.sources.files(patterns);
            if refusal.as_ref() != found.as_ref().err().map(|fault| &fault.message) {
                turned.insert(patterns.join(" "), Change::Modified);
            }
            let files = found.unwrap_or_default().into_iter();
            now.extend(files.map(|file| (file.path.clone(), Content::of(&file))));
        }
        match turned.is_empty() {
            true => self.differences(&notes, &now),
            false => turned,
        }
    }

    fn differences(
        &self,
        notes: &Notes,
        now: &BTreeMap<RelativePath, Content>,
    ) -> BTreeMap<String, Change> {
        let change = |path: &RelativePath| match notes.unsteady.contains(path) {
            true => Some(Change::Modified),
            false => Change::between(notes.files.get(path), now.get(path)),
        };
        let paths = notes.files.keys().chain(now.keys());
        paths
            .filter_map(|path| Some((path, change(path)?)))
            .filter(|(path, _)| !self.memory.is_ours(path.as_str()))
            .map(|(path, change)| (path.to_string(), change))
            .collect()
    }

    /// The folders in which a change of the inputs must show: those that were walked, and
    /// what was asked for with all that lies on the way to it, be it there or not.
    pub fn folders(&self) -> BTreeSet<PathBuf> {
        let walked = self.memory.walked();
        let mut folders: BTreeSet<PathBuf> =
            walked.iter().map(|name| self.root.join(name)).collect();
        for patterns in self.notes().asked.keys() {
            // One that cannot be read was refused.
            let Ok(patterns) = Patterns::new(patterns) else {
                continue;
            };
            let beginnings = patterns.beginnings().into_iter();
            for beginning in beginnings.filter(|beginning| !is_never_walked(beginning)) {
                let way = Path::new(beginning).ancestors();
                folders.extend(way.map(|folder| self.root.join(folder)));
            }
        }
        folders.insert(self.root.clone());
        folders
    }

    fn notes(&self) -> std::sync::MutexGuard<'_, Notes> {
        self.notes.lock().expect("nobody panics with it")
    }
}

impl Sources for NotedSources {
    fn files(&self, patterns: &[String]) -> Result<Vec<SourceFile>, Fault> {
        let found = self.sources.files(patterns);
        let mut notes = self.notes();
        let refusal = found.as_ref().err().map(|fault| fault.message.clone());
        notes.asked.insert(patterns.to_vec(), refusal);
        for file in found.iter().flatten() {
            let content = Content::of(file);
            let earlier = notes.files.insert(file.path.clone(), content);
            if earlier.is_some_and(|earlier| earlier != content) {
                notes.unsteady.insert(file.path.clone());
            }
        }
        found
    }
}
