//! One of a few words. What they mean is not known here.

use serde_json::{Value as Json, json};

use crate::nearest;
use crate::shape::{Complaint, FromText};
use crate::syntax::shorten;

/// A type of which a pipeline names one value.
pub(crate) trait Choice: Copy + 'static {
    /// Every value as it is written; the first one is what holds where nothing is written.
    const ALL: &'static [(&'static str, Self)];
}

/// The value that was named.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chosen<T>(pub T);

impl<T: Choice> FromText for Chosen<T> {
    fn from_text(text: &str) -> Result<Self, Complaint> {
        let found = T::ALL.iter().find(|(word, _)| *word == text);
        found.map(|(_, value)| Self(*value)).ok_or_else(|| {
            let words = T::ALL.iter().map(|(word, _)| *word);
            let complaint = Complaint::of_key(format!("cannot be `{}`", shorten(text)));
            Complaint {
                hint: nearest::hint(text, words, "there are"),
                ..complaint
            }
        })
    }

    fn schema() -> Json {
        let words: Vec<&str> = T::ALL.iter().map(|(word, _)| *word).collect();
        json!({ "enum": words })
    }
}
