//! What a run asks about a project's files, and the way to note what an answer rests on.

use std::path::Path;

use orch_model::RelativePath;

use crate::file_memory::FileMemory;
use crate::look::{Look, Sight};

/// A question about a project's files. Two nodes that ask the same get the same answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Question {
    /// Which files do these patterns mean, and what do they hold?
    Inputs(Vec<String>),
    /// Does that which belongs at these places lie there?
    Places(Vec<RelativePath>),
}

/// A question while its answer is looked for. All that is looked at is noted when this is
/// dropped.
#[derive(Debug)]
pub(crate) struct Asking<'a> {
    memory: &'a FileMemory,
    question: Option<Question>,
    looks: Vec<(String, Option<Look>)>,
}

impl<'a> Asking<'a> {
    pub fn new(memory: &'a FileMemory, question: Question) -> Self {
        Self {
            memory,
            question: Some(question),
            looks: Vec::new(),
        }
    }

    /// Notes how a file or a link looked on which the answer rests.
    pub fn saw(&mut self, path: &str, sight: &Sight) {
        if !self.memory.proves(path, sight) {
            self.memory.doubt();
        }
        self.looks.push((path.to_owned(), Some(sight.look())));
    }

    /// Notes that the answer rests on there being nothing of this name.
    pub fn saw_nothing(&mut self, path: &str) {
        self.looks.push((path.to_owned(), None));
    }

    /// Notes how a folder, named below the root, looked before its names were read.
    pub fn saw_folder(&mut self, below: &Path, sight: &Sight) {
        let name = match below.as_os_str().is_empty() {
            true => ".".into(),
            false => below.to_string_lossy(),
        };
        self.saw(&name, sight);
        self.memory.walked_through(&name);
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        if let Some(question) = self.question.take() {
            self.memory
                .answered(question, std::mem::take(&mut self.looks));
        }
    }
}
