//! What plugins have asked about the project's files while a plan was made, also if none
//! came of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use orch_engine::port::FactSource;
use orch_model::{Answer, Change, Question, RecordedFact, Refusal};
use walkdir::WalkDir;

use crate::facts;
use crate::kept_plan::still_true;

use super::basis::way_to;

/// Answers, and notes those about the project's files.
pub struct AskedFacts {
    folder: PathBuf,
    facts: Arc<dyn FactSource>,
    noted: Mutex<BTreeMap<String, RecordedFact>>,
}

impl AskedFacts {
    /// Answers as `facts` does, for the project in `folder`.
    pub fn new(folder: &Path, facts: Arc<dyn FactSource>) -> Self {
        Self {
            folder: folder.to_owned(),
            facts,
            noted: Mutex::default(),
        }
    }

    /// The files and patterns that were asked for.
    pub fn names(&self) -> Vec<String> {
        self.noted().keys().cloned().collect()
    }

    /// Those that would be answered otherwise now.
    pub fn changes(&self) -> BTreeMap<String, Change> {
        let noted = self.noted();
        let changed = noted
            .iter()
            .filter(|(_, fact)| !still_true(&*self.facts, fact));
        changed
            .map(|(name, _)| (name.clone(), Change::Modified))
            .collect()
    }

    /// The folders in which that must show.
    pub fn folders(&self) -> BTreeSet<PathBuf> {
        let noted = self.noted();
        let folders = noted.iter().flat_map(|(name, fact)| match &fact.question {
            Question::Glob(pattern) => self.folders_of(pattern),
            _ => way_to(&self.folder.join(name)),
        });
        folders.collect()
    }

    /// The folders in which a file may lie that a pattern means.
    fn folders_of(&self, pattern: &str) -> Vec<PathBuf> {
        let wildcard = |part: &&str| part.contains(['*', '?', '[', '{', '\\']);
        let parts: Vec<&str> = pattern.split('/').collect();
        let fixed: PathBuf = parts.iter().take_while(|part| !wildcard(part)).collect();
        let start = self.folder.join(&fixed);
        // Without `**`, and without `{`, which may hold a `/`, a part is one folder.
        let depth = match pattern.contains("**") || pattern.contains('{') {
            true => usize::MAX,
            // The last part is the file's own name.
            false => parts.len().saturating_sub(fixed.components().count() + 1),
        };
        let walk = WalkDir::new(&start).max_depth(depth).into_iter();
        let below = walk
            .filter_entry(|entry| {
                entry.file_type().is_dir()
                    && (entry.path().parent() != Some(&self.folder)
                        || !facts::is_ours(entry.file_name()))
            })
            .flatten()
            .map(|entry| entry.into_path());
        way_to(&start).into_iter().chain(below).collect()
    }

    fn noted(&self) -> MutexGuard<'_, BTreeMap<String, RecordedFact>> {
        self.noted.lock().expect("nobody panics with it")
    }
}

impl FactSource for AskedFacts {
    fn answer(&self, question: &Question) -> Result<Answer, Refusal> {
        let answer = self.facts.answer(question);
        let name = match question {
            Question::Read(path) => Some(path.to_string()),
            Question::Glob(pattern) => Some(pattern.clone()),
            _ => None,
        };
        if let Some(name) = name {
            let fact = RecordedFact::new(question.clone(), &answer);
            // Who was told otherwise before has worked with that.
            self.noted().entry(name).or_insert(fact);
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Reads files, and lists those of a folder.
    struct Files(PathBuf);

    impl FactSource for Files {
        fn answer(&self, question: &Question) -> Result<Answer, Refusal> {
            match question {
                Question::Read(path) => fs::read(path.below(&self.0))
                    .map(Answer::Bytes)
                    .map_err(|_| Refusal::Absent),
                Question::Glob(_) => {
                    let entries = fs::read_dir(self.0.join("src")).into_iter().flatten();
                    let names = entries.flatten().map(|entry| entry.file_name());
                    let mut names: Vec<String> = names
                        .map(|name| name.to_string_lossy().into_owned())
                        .collect();
                    names.sort();
                    Ok(Answer::List(names))
                }
                _ => Err(Refusal::Absent),
            }
        }
    }

    fn read(path: &str) -> Question {
        Question::Read(orch_model::RelativePath::new(path).unwrap())
    }

    #[test]
    fn another_answer_is_a_change_and_another_question_is_none() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("src")).unwrap();
        fs::write(folder.path().join("go.mod"), "1").unwrap();
        let asked = AskedFacts::new(folder.path(), Arc::new(Files(folder.path().to_owned())));
        for question in [
            read("go.mod"),
            read("a/go.sum"),
            Question::Glob("src/*.go".into()),
            Question::Variable("CI".into()),
        ] {
            let _ = asked.answer(&question);
        }
        assert_eq!(asked.names(), ["a/go.sum", "go.mod", "src/*.go"]);
        assert!(asked.changes().is_empty());
        fs::write(folder.path().join("go.mod"), "2").unwrap();
        fs::write(folder.path().join("src/x.go"), "").unwrap();
        // An answer that is asked for once more does not make the first one true.
        let _ = asked.answer(&read("go.mod"));
        let changes = asked.changes();
        let changed: Vec<&String> = changes.keys().collect();
        assert_eq!(changed, ["go.mod", "src/*.go"]);
    }

    #[test]
    fn a_pattern_shows_in_the_folders_that_it_reaches() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["src/a/b", "out/x", "other"] {
            fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        let folders = |pattern: &str| {
            let asked = AskedFacts::new(folder.path(), Arc::new(Files(folder.path().to_owned())));
            let _ = asked.answer(&Question::Glob(pattern.into()));
            let folders = asked.folders();
            let below = folders
                .iter()
                .filter_map(|path| path.strip_prefix(folder.path()).ok());
            below
                .map(|path| path.display().to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(folders("src/*.go"), ["", "src"]);
        assert_eq!(folders("src/*/*.go"), ["", "src", "src/a"]);
        assert_eq!(folders("**/*.go"), ["", "other", "src", "src/a", "src/a/b"]);
    }
}
