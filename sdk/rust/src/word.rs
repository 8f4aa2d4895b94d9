//! Arguments and values of variables: text, places, or both joined with nothing between.

use crate::{Part, Path, Word};

/// Whatever can stand as one argument or one value.
pub trait IntoWord {
    /// The parts, joined with nothing between them.
    fn into_word(self) -> Word;
}

impl IntoWord for &str {
    fn into_word(self) -> Word {
        vec![Part::Text(self.to_owned())]
    }
}

impl IntoWord for String {
    fn into_word(self) -> Word {
        vec![Part::Text(self)]
    }
}

impl IntoWord for &String {
    fn into_word(self) -> Word {
        self.as_str().into_word()
    }
}

impl IntoWord for Path {
    fn into_word(self) -> Word {
        vec![Part::Path(self)]
    }
}

impl IntoWord for Word {
    fn into_word(self) -> Word {
        self
    }
}

/// Text and a place behind it, e.g. `("-I", tool("zig", "lib"))`.
impl<A: IntoWord, B: IntoWord> IntoWord for (A, B) {
    fn into_word(self) -> Word {
        let mut parts = self.0.into_word();
        parts.extend(self.1.into_word());
        parts
    }
}

/// How a person reads a word, places in braces: for messages and tests.
pub fn word(word: &Word) -> String {
    word.iter()
        .map(|part| match part {
            Part::Text(text) => text.clone(),
            Part::Path(path) => format!("{{{}}}", path.text()),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output;

    #[test]
    fn text_and_places_join() {
        let joined = ("--out=", (output("a"), ".o")).into_word();
        assert_eq!(word(&joined), "--out={output/a}.o");
        assert_eq!(word(&"".into_word()), "");
    }
}
