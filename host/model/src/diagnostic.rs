//! A message about a text of the user's: what, where, why, and what next.
//! How it is drawn on a terminal is not known here.

use std::ops::Range;
use std::sync::Arc;

/// A range of bytes in a [`SourceText`].
pub type Span = Range<usize>;

/// A value with the place that it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// A value and its place.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }

    /// Another value at the same place.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Spanned<U> {
        Spanned::new(change(self.value), self.span)
    }
}

impl<T> std::ops::Deref for Spanned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// A text that diagnostics point into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceText {
    /// Its path as the user named it.
    pub name: String,
    /// All of it.
    pub text: Arc<str>,
}

/// How bad a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Warning,
    /// Nothing is done until it is mended.
    Error,
}

/// A place in the text, with a word about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Where.
    pub span: Span,
    /// What stands there; may be empty.
    pub label: String,
}

/// A message about a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong: lower case, names in backticks, no full stop.
    pub message: String,
    /// Where; the first is the one that the location line names.
    pub places: Vec<Place>,
    /// What to do.
    pub hint: Option<String>,
    /// How many problems it stands for: more than one where the rest is only counted.
    pub problems: usize,
}

impl Diagnostic {
    /// An error at a place.
    pub fn error(message: impl Into<String>, span: Span) -> Self {
        Self {
            severity: Severity::Error,
            message: message.into(),
            places: vec![Place {
                span,
                label: String::new(),
            }],
            hint: None,
            problems: 1,
        }
    }

    /// A warning at a place.
    pub fn warning(message: impl Into<String>, span: Span) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(message, span)
        }
    }

    /// The same with a word at the first place.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        if let Some(first) = self.places.first_mut() {
            first.label = label.into();
        }
        self
    }

    /// The same for a number of problems.
    pub fn standing_for(mut self, problems: usize) -> Self {
        self.problems = problems;
        self
    }

    /// The same with one more place.
    pub fn also(mut self, span: Span, label: impl Into<String>) -> Self {
        self.places.push(Place {
            span,
            label: label.into(),
        });
        self
    }

    /// The same with a hint.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same with a hint, where there is one.
    pub fn maybe_hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint.or(self.hint);
        self
    }
}
