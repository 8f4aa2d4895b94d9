//! From text to TOML values with their places, or every syntax error at once. What the
//! values mean is not known here.

use toml::Spanned;
use toml::de::{DeTable, DeValue, Error};
use toml_parser::lexer::TokenKind;

use orch_model::{Diagnostic, Span};

use crate::problems::Problems;

/// Parts of one key; tables that nest deeper than this and the parser's own limit on
/// brackets allow would be too much for the stack.
const KEY_PARTS: usize = 16;

/// A value of the file with its place.
pub(crate) type Node<'i> = Spanned<DeValue<'i>>;

/// A key of the file with its place.
pub(crate) type Key<'i> = Spanned<std::borrow::Cow<'i, str>>;

/// The file's values. `None` where so much is unreadable that looking at the rest would
/// only tell of things that are there, but were skipped.
pub(crate) fn document<'i>(text: &'i str, problems: &mut Problems) -> Option<DeTable<'i>> {
    let brackets = Brackets::of(text);
    if let Some(span) = brackets.long_key {
        problems.add(
            Diagnostic::error(format!("a key has more than {KEY_PARTS} parts"), span)
                .hint("nothing in a pipeline nests that deep"),
        );
        return None;
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut whole = true;
    let mut last: Option<Span> = None;
    let unclosed = unclosed(&errors);
    for error in errors.iter().take(unclosed.unwrap_or(errors.len())) {
        // What follows from an error at the same place is no news.
        let span = visible(text, error.span().unwrap_or_default());
        if last.replace(span.clone()) == Some(span.clone()) {
            continue;
        }
        let duplicate = error.message() == "duplicate key";
        whole &= duplicate;
        problems.add_with(|| match duplicate {
            true => defined_twice(text, span),
            false => worded(text, error, span),
        });
    }
    if let Some(first) = unclosed {
        whole = false;
        problems.add(never_closed(text, &errors[first], brackets.open));
    }
    whole.then(|| table.into_inner())
}

/// The entries of a table in the order of the file.
pub(crate) fn in_order<'t, 'i>(table: &'t DeTable<'i>) -> Vec<(&'t Key<'i>, &'t Node<'i>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_unstable_by_key(|(key, _)| key.span().start);
    entries
}

/// The first of the errors that come of a bracket that is never closed: all that
/// follows is read as if it stood inside, which tells nothing.
fn unclosed(errors: &[Error]) -> Option<usize> {
    let inside = |error: &Error| {
        let message = error.message();
        message.contains("array")
            || message.contains("inline table")
            || message.contains("key-value pairs")
            || message.contains("max recursion depth")
    };
    let at = errors.iter().position(|error| {
        let message = error.message();
        message.starts_with("unclosed array,") || message.starts_with("unclosed inline table")
    })?;
    let run = errors[..at]
        .iter()
        .rev()
        .take_while(|error| inside(error))
        .count();
    Some(at - run)
}

fn never_closed(text: &str, error: &Error, open: Option<Span>) -> Diagnostic {
    let span = visible(text, error.span().unwrap_or_default());
    if error.message().contains("max recursion depth") {
        return worded(text, error, span);
    }
    let diagnostic = match open {
        Some(open) => {
            Diagnostic::error("this bracket is never closed", open).also(span, "here at the latest")
        }
        None => Diagnostic::error("a bracket is never closed", span),
    };
    diagnostic.hint("close it; what stands behind it is not looked at before")
}

/// What the brackets and dots of a text tell before it is parsed.
#[derive(Default)]
struct Brackets {
    /// A key with so many parts that its tables would nest too deep for the stack.
    long_key: Option<Span>,
    /// The bracket of a value that is still open at the end.
    open: Option<Span>,
}

impl Brackets {
    fn of(text: &str) -> Self {
        let mut found = Self::default();
        let mut open: Vec<Span> = Vec::new();
        // Brackets in front of a statement's `=` are those of a table's header.
        let mut in_value = false;
        let mut dots = 0;
        for token in toml_parser::Source::new(text).lex() {
            let span = token.span().start()..token.span().end();
            match token.kind() {
                TokenKind::Dot => {
                    dots += 1;
                    if dots >= KEY_PARTS && found.long_key.is_none() {
                        found.long_key = Some(span);
                    }
                    continue;
                }
                TokenKind::Atom | TokenKind::Whitespace => continue,
                TokenKind::BasicString | TokenKind::LiteralString => continue,
                TokenKind::Equals => in_value = true,
                TokenKind::Newline if open.is_empty() => in_value = false,
                TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket if in_value => {
                    open.push(span);
                }
                TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket => {
                    open.pop();
                }
                _ => {}
            }
            dots = 0;
        }
        found.open = open.into_iter().next();
        found
    }
}

/// Complains about a key that its table has already.
pub(crate) fn defined_twice(text: &str, span: Span) -> Diagnostic {
    let key = text.get(span.clone()).unwrap_or_default();
    Diagnostic::error(format!("`{}` is defined twice", shorten(key)), span)
        .hint("keep one of them, or join the two")
}

fn worded(text: &str, error: &Error, span: Span) -> Diagnostic {
    let there = text.get(span.clone()).unwrap_or_default().trim();
    let bare = error.message().starts_with("string values must be quoted");
    let message = match error.message() {
        "cannot recurse further; max recursion depth met" => "brackets are nested too deep",
        "recursion limit" => "a key has too many parts",
        "invalid basic string, expected `\"`" => "this string is never closed",
        "invalid literal string, expected `'`" => "this string is never closed",
        _ if bare && there.is_empty() => "a value is missing",
        _ if bare => "this is no value",
        message => message,
    };
    let quotes = bare && !there.is_empty();
    let hint = quotes.then(|| format!("a string stands in quotes: `\"{}\"`", shorten(there)));
    Diagnostic::error(message.replace('\n', " "), span).maybe_hint(hint)
}

/// A place that can be shown: inside the text, at the bounds of characters.
fn visible(text: &str, span: Span) -> Span {
    let mut start = span.start.min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let mut end = span.end.clamp(start, text.len());
    while !text.is_char_boundary(end) {
        end += 1;
    }
    start..end
}

/// A text of the user's as it may stand in a message: on one line, not too long.
pub(crate) fn shorten(text: &str) -> String {
    let mut short = String::new();
    for (at, character) in text.chars().enumerate() {
        if at == 60 {
            short.push('…');
            break;
        }
        match character.is_control() {
            true => short.extend(character.escape_default()),
            false => short.push(character),
        }
    }
    short
}
