//! All that a run looked at, and for which question.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use crate::look::Look;
use crate::question::Question;

/// How something looked; without a look it was not there.
pub(crate) type Looked<'a> = (&'a str, Option<Look>);

/// All that a run looked at.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    looks: HashMap<Arc<str>, Option<Look>>,
    answers: HashMap<Question, Vec<Arc<str>>>,
    doubtful: bool,
}

impl Seen {
    /// Notes what an answer rests on. What looked different earlier in the run is in doubt.
    pub fn answered(&mut self, question: Question, looks: Vec<(String, Option<Look>)>) {
        let mut names = Vec::with_capacity(looks.len());
        for (path, look) in looks {
            match self.looks.entry(path.into()) {
                Entry::Vacant(new) => {
                    names.push(new.key().clone());
                    new.insert(look);
                }
                Entry::Occupied(earlier) => {
                    self.doubtful |= *earlier.get() != look;
                    names.push(earlier.key().clone());
                }
            }
        }
        // Whoever asks once more may be told more.
        self.answers.entry(question).or_default().extend(names);
    }

    /// Notes that an equal look would prove nothing.
    pub fn doubt(&mut self) {
        self.doubtful = true;
    }

    pub fn is_doubtful(&self) -> bool {
        self.doubtful
    }

    /// Everything, in no order.
    pub fn all(&self) -> impl Iterator<Item = Looked<'_>> {
        self.looks.iter().map(|(path, look)| (&**path, *look))
    }

    /// What the answer to a question rests on; `None` if nobody asked.
    pub fn answer(&self, question: &Question) -> Option<impl Iterator<Item = Looked<'_>>> {
        let names = self.answers.get(question)?;
        Some(names.iter().map(|path| (&**path, self.looks[path])))
    }
}
