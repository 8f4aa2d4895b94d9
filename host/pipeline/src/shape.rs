//! What a value of the pipeline file can look like: how each shape is read, with a
//! message where something else stands there, and its JSON Schema. Both come from the
//! same type, so an editor and `orch check` cannot disagree. Which keys have which
//! shape is not known here.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Value as Json, json};
use toml::de::DeValue;

use orch_model::{Diagnostic, Span, Spanned};

use crate::problems::Problems;
use crate::syntax::{Node, in_order, shorten};

/// What reading needs: the text, and where to complain.
pub(crate) struct Reader<'a> {
    /// All of the file.
    pub text: &'a str,
    /// What is wrong with it so far.
    pub problems: Problems,
}

/// A key, for messages.
#[derive(Clone, Copy)]
pub(crate) struct At<'a> {
    /// The table it stands in, e.g. `build.agent`; empty for the file itself.
    pub table: &'a str,
    /// The key.
    pub key: &'a str,
    /// Whether it is about one item of the list that the key has.
    pub item: bool,
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.item {
            f.write_str("an item of ")?;
        }
        match self.table {
            "" => write!(f, "`{}`", shorten(self.key)),
            table => write!(f, "`{}` of `{}`", shorten(self.key), shorten(table)),
        }
    }
}

/// A shape that a value can have.
pub(crate) trait Shape: Sized {
    /// With its article: `a string`.
    fn wanted() -> String;
    /// Several of them: `strings`.
    fn wanted_many() -> String;
    /// The value, or a complaint and nothing.
    fn read(node: &Node<'_>, at: At<'_>, reader: &mut Reader<'_>) -> Option<Self>;
    /// Its JSON Schema.
    fn schema() -> Json;
}

/// What is wrong with a string that has to have a form.
pub(crate) struct Complaint {
    /// A whole message, where the key needs no mention; else see `of_key`.
    pub message: String,
    /// Whether `message` goes on behind the key's name.
    pub of_key: bool,
    /// The bytes of the string that are wrong; all of them if `None`.
    pub range: Option<Span>,
    /// What to do.
    pub hint: Option<String>,
}

impl Complaint {
    /// A message that goes on behind the key's name.
    pub fn of_key(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            of_key: true,
            range: None,
            hint: None,
        }
    }

    /// The same with a hint.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// A shape that is written as a string.
pub(crate) trait FromText: Sized {
    /// What the string is, with its article.
    const WANTED: &'static str = "a string";
    /// Several of them.
    const WANTED_MANY: &'static str = "strings";
    /// How a value that was written without quotes should be written.
    fn quoted(written: &str) -> String {
        format!("put it in quotes: `\"{written}\"`")
    }
    /// The value behind the text.
    fn from_text(text: &str) -> Result<Self, Complaint>;
    /// Its JSON Schema.
    fn schema() -> Json {
        json!({ "type": "string" })
    }
}

impl FromText for String {
    fn from_text(text: &str) -> Result<Self, Complaint> {
        Ok(text.to_owned())
    }
}

impl<T: FromText> Shape for T {
    fn wanted() -> String {
        T::WANTED.to_owned()
    }

    fn wanted_many() -> String {
        T::WANTED_MANY.to_owned()
    }

    fn read(node: &Node<'_>, at: At<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let DeValue::String(text) = node.get_ref() else {
            let bare = !matches!(node.get_ref(), DeValue::Array(_) | DeValue::Table(_));
            let hint = bare.then(|| T::quoted(&shorten(written(node, reader))));
            wrong_type::<T>(node, at, hint, reader);
            return None;
        };
        match T::from_text(text) {
            Ok(value) => Some(value),
            Err(complaint) => {
                let whole = node.span();
                let span = match &complaint.range {
                    Some(range) => inside(reader.text, whole, text, range),
                    None => whole,
                };
                let message = match complaint.of_key {
                    true => format!("{at} {}", complaint.message),
                    false => complaint.message,
                };
                reader
                    .problems
                    .add(Diagnostic::error(message, span).maybe_hint(complaint.hint));
                None
            }
        }
    }

    fn schema() -> Json {
        <T as FromText>::schema()
    }
}

/// The place of a part of a string, where the file has it letter by letter; all of the
/// string where it is written with escapes.
pub(crate) fn inside(text: &str, whole: Span, value: &str, range: &Span) -> Span {
    let verbatim = whole.start + 1..whole.end.saturating_sub(1);
    if text.get(verbatim.clone()) == Some(value) {
        verbatim.start + range.start..verbatim.start + range.end
    } else {
        whole
    }
}

impl Shape for bool {
    fn wanted() -> String {
        "`true` or `false`".to_owned()
    }

    fn wanted_many() -> String {
        "truth values".to_owned()
    }

    fn read(node: &Node<'_>, at: At<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let value = node.get_ref().as_bool();
        if value.is_none() {
            let bare = node
                .get_ref()
                .as_str()
                .filter(|text| matches!(*text, "true" | "false"));
            let hint = bare.map(|text| format!("leave the quotes out: `{text}`"));
            wrong_type::<Self>(node, at, hint, reader);
        }
        value
    }

    fn schema() -> Json {
        json!({ "type": "boolean" })
    }
}

impl Shape for u64 {
    fn wanted() -> String {
        "a whole number".to_owned()
    }

    fn wanted_many() -> String {
        "whole numbers".to_owned()
    }

    fn read(node: &Node<'_>, at: At<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let value = match node.get_ref() {
            DeValue::Integer(digits) => u64::from_str_radix(digits.as_str(), digits.radix()).ok(),
            _ => None,
        };
        if value.is_none() {
            let bare = node
                .get_ref()
                .as_str()
                .filter(|text| text.parse::<u64>().is_ok());
            let hint = bare.map(|text| format!("leave the quotes out: `{text}`"));
            wrong_type::<Self>(node, at, hint, reader);
        }
        value
    }

    fn schema() -> Json {
        json!({ "type": "integer", "minimum": 0 })
    }
}

impl<T: Shape> Shape for Spanned<T> {
    fn wanted() -> String {
        T::wanted()
    }

    fn wanted_many() -> String {
        T::wanted_many()
    }

    fn read(node: &Node<'_>, at: At<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        T::read(node, at, reader).map(|value| Spanned::new(value, node.span()))
    }

    fn schema() -> Json {
        T::schema()
    }
}

impl<T: Shape> Shape for Vec<T> {
    fn wanted() -> String {
        format!("a list of {}", T::wanted_many())
    }

    fn wanted_many() -> String {
        format!("lists of {}", T::wanted_many())
    }

    fn read(node: &Node<'_>, at: At<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let DeValue::Array(items) = node.get_ref() else {
            let raw = written(node, reader);
            let single = node.get_ref().as_str().is_some() && !raw.contains('\n');
            let hint = single.then(|| format!("write `[{}]`", shorten(raw)));
            wrong_type::<Self>(node, at, hint, reader);
            return None;
        };
        let at = At { item: true, ..at };
        let read: Vec<T> = items
            .iter()
            .filter_map(|item| T::read(item, at, reader))
            .collect();
        // A list with a hole would be complained about as if it were all there.
        (read.len() == items.len()).then_some(read)
    }

    fn schema() -> Json {
        json!({ "type": "array", "items": T::schema() })
    }
}

impl<T: Shape> Shape for BTreeMap<String, T> {
    fn wanted() -> String {
        format!("a table of {}", T::wanted_many())
    }

    fn wanted_many() -> String {
        format!("tables of {}", T::wanted_many())
    }

    fn read(node: &Node<'_>, at: At<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let DeValue::Table(table) = node.get_ref() else {
            wrong_type::<Self>(node, at, None, reader);
            return None;
        };
        let path = match at.table {
            "" => at.key.to_owned(),
            table => format!("{table}.{}", at.key),
        };
        let mut read = BTreeMap::new();
        for (key, value) in in_order(table) {
            let inner = At {
                table: &path,
                key: key.get_ref(),
                item: false,
            };
            if let Some(value) = T::read(value, inner, reader) {
                read.insert(key.get_ref().to_string(), value);
            }
        }
        Some(read)
    }

    fn schema() -> Json {
        json!({ "type": "object", "additionalProperties": T::schema() })
    }
}

/// The letters of the file behind a value.
fn written<'a>(node: &Node<'_>, reader: &Reader<'a>) -> &'a str {
    reader.text.get(node.span()).unwrap_or_default()
}

/// Complains that something of another type stands there.
pub(crate) fn wrong_type<T: Shape>(
    node: &Node<'_>,
    at: At<'_>,
    hint: Option<String>,
    reader: &mut Reader<'_>,
) {
    let found = type_name(node.get_ref());
    reader.problems.add_with(|| {
        let message = format!("{at} must be {}, found {found}", T::wanted());
        Diagnostic::error(message, node.span()).maybe_hint(hint)
    });
}

/// A type of TOML with its article.
pub(crate) fn type_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "a truth value",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
