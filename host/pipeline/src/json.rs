//! JSON as the values that TOML gives, with the place of each, so that both are read alike. What the
//! values mean is not known here.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use orch_model::{Diagnostic, Span};

use crate::problems::Problems;
use crate::syntax::{self, Node};

/// Deeper than any list of machines; each level is read once more for what is in it.
const DEPTH: usize = 16;

/// The document's value; `None` where there is none. What is wrong with parts of it is noted, and
/// they are left out.
pub(crate) fn document<'i>(text: &'i str, problems: &mut Problems) -> Option<Node<'i>> {
    match serde_json::from_str::<&RawValue>(text) {
        Ok(raw) => Converter { text, problems }.value(raw, 0),
        Err(error) => {
            problems.add(no_json(text, &error));
            None
        }
    }
}

/// Where serde_json stopped reading, and why.
fn no_json(text: &str, error: &serde_json::Error) -> Diagnostic {
    let lines = text
        .split_inclusive('\n')
        .take(error.line().saturating_sub(1));
    let before: usize = lines.map(str::len).sum();
    let at = (before + error.column().saturating_sub(1)).min(text.len());
    let at = (0..=at)
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or_default();
    let length = text[at..].chars().next().map_or(0, char::len_utf8);
    // The place is shown; serde_json writes it too.
    let message = error.to_string();
    let reason = message.split(" at line ").next().unwrap_or_default();
    Diagnostic::error(format!("this is no JSON: {reason}"), at..at + length)
}

struct Converter<'i, 'p> {
    text: &'i str,
    problems: &'p mut Problems,
}

impl<'i> Converter<'i, '_> {
    /// Where a part of the text stands in it.
    fn span(&self, raw: &RawValue) -> Span {
        let start = raw.get().as_ptr().addr() - self.text.as_ptr().addr();
        start..start + raw.get().len()
    }

    fn value(&mut self, raw: &'i RawValue, depth: usize) -> Option<Node<'i>> {
        let (text, span) = (raw.get(), self.span(raw));
        if depth > DEPTH {
            return self.complain("brackets are nested too deep", span);
        }
        let value = match text.as_bytes().first()? {
            b'{' => DeValue::Table(self.table(raw, depth)?),
            b'[' => DeValue::Array(self.list(raw, depth)?),
            b'"' => DeValue::String(self.string(raw)?),
            b't' | b'f' => DeValue::Boolean(text == "true"),
            b'n' => return self.complain("`null` is nothing that can stand here", span),
            // A number of JSON is one of TOML too.
            _ => match DeValue::parse(text) {
                Ok(number) => number.into_inner(),
                Err(_) => return self.complain("this number cannot be read", span),
            },
        };
        Some(Spanned::new(span, value))
    }

    /// A key with `null` counts as left out. `None` where a value cannot be read: its key would
    /// be missed.
    fn table(&mut self, raw: &'i RawValue, depth: usize) -> Option<DeTable<'i>> {
        let entries: Entries<'i> = self.parse(raw)?;
        let mut table = DeTable::new();
        let mut whole = true;
        for (key, value) in entries.0 {
            let (name, span) = (self.string(key)?, self.span(key));
            if value.get() == "null" {
                continue;
            }
            let Some(value) = self.value(value, depth + 1) else {
                whole = false;
                continue;
            };
            let key = Spanned::new(span.clone(), name);
            if table.insert(key, value).is_some() {
                let unquoted = span.start + 1..span.end - 1;
                let problem = syntax::defined_twice(self.text, unquoted);
                self.problems.add(problem);
            }
        }
        whole.then_some(table)
    }

    /// Without the items that cannot be read.
    fn list(&mut self, raw: &'i RawValue, depth: usize) -> Option<DeArray<'i>> {
        let items: Vec<&RawValue> = self.parse(raw)?;
        let mut list = DeArray::new();
        for item in items {
            if let Some(item) = self.value(item, depth + 1) {
                list.push(item);
            }
        }
        Some(list)
    }

    fn string(&mut self, raw: &'i RawValue) -> Option<Cow<'i, str>> {
        self.parse::<String>(raw).map(Cow::Owned)
    }

    /// What is sound JSON can still hold half a character of UTF-16.
    fn parse<T: Deserialize<'i>>(&mut self, raw: &'i RawValue) -> Option<T> {
        match serde_json::from_str(raw.get()) {
            Ok(value) => Some(value),
            Err(_) => self.complain("this text cannot be read", self.span(raw)),
        }
    }

    fn complain<T>(&mut self, message: &str, span: Span) -> Option<T> {
        self.problems.add(Diagnostic::error(message, span));
        None
    }
}

/// The entries of an object in their order, keys with their quotes.
struct Entries<'i>(Vec<(&'i RawValue, &'i RawValue)>);

impl<'i> Deserialize<'i> for Entries<'i> {
    fn deserialize<D: Deserializer<'i>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'i> Visitor<'i> for Object {
            type Value = Entries<'i>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'i>>(self, mut object: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = object.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(Object)
    }
}
