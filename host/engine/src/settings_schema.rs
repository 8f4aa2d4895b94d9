//! Checks a plugin's settings against the JSON Schema in its manifest, and turns every
//! violation into a message at its place of the pipeline file. Which plugin is asked,
//! and what it does with its settings, is not known here.

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{JsonType, ValidationError};
use serde_json::Value;

use orch_model::{Diagnostic, Settings, Span, nearest};

/// More than anybody reads at once; a file of a million wrong keys stays bounded.
const SHOWN: usize = 100;

/// How long a value may be in a message.
const VALUE_CHARACTERS: usize = 60;

/// Everything in `settings` that `schema` does not allow, in the order of the file.
/// `owner` is whose settings they are, as messages name it: ``builder `go` ``. A schema
/// that is itself broken gives one message that blames the plugin.
pub(crate) fn check(settings: &Settings, schema: &Value, owner: &str) -> Vec<Diagnostic> {
    let validator = match jsonschema::validator_for(schema) {
        Ok(validator) => validator,
        Err(error) => return vec![broken(settings, owner, &error)],
    };
    let instance = Value::Object(settings.values.clone());
    let mut found = Found {
        settings,
        schema,
        owner,
        diagnostics: Vec::new(),
        more: 0,
    };
    for error in validator.iter_errors(&instance).take(SHOWN * 10) {
        found.violation(&error);
    }
    found.finish()
}

fn broken(settings: &Settings, owner: &str, error: &ValidationError<'_>) -> Diagnostic {
    let place = error.schema_path().as_str();
    let at = if place.is_empty() { "/" } else { place };
    Diagnostic::error(
        format!("the settings of {owner} cannot be checked: its schema is not valid"),
        settings.span("").unwrap_or_default(),
    )
    .label(shorten(&format!("at `{at}`: {}", error.masked()), 300))
    .hint("this is a mistake in the plugin; its author has to mend it")
}

/// What was found so far.
struct Found<'a> {
    settings: &'a Settings,
    schema: &'a Value,
    owner: &'a str,
    diagnostics: Vec<Diagnostic>,
    more: usize,
}

impl Found<'_> {
    fn violation(&mut self, error: &ValidationError<'_>) {
        let pointer = error.instance_path().as_str();
        let owner = self.owner;
        let of = |verb: &str| match setting_name(pointer) {
            Some(name) => format!("`{name}` of {owner} {verb}"),
            None => format!("the settings of {owner}, as a whole, {verb}"),
        };
        let about = self.description(error);
        let say = |verb: String| {
            Diagnostic::error(of(&verb), self.place(pointer)).maybe_hint(about.clone())
        };
        let diagnostic = match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected }
            | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
                return self.unknown(pointer, unexpected, error);
            }
            ValidationErrorKind::AnyOf { context }
            | ValidationErrorKind::OneOfNotValid { context } => {
                return self.no_alternative(error, context);
            }
            ValidationErrorKind::Required { property } => {
                let name = property.as_str().unwrap_or_default();
                let inside = match setting_name(pointer) {
                    Some(outer) => format!("{outer}.{name}"),
                    None => name.to_owned(),
                };
                let about = self
                    .schema_around(error)
                    .and_then(|schema| schema.get("properties")?.get(name)?.get("description"))
                    .and_then(Value::as_str)
                    .map(|about| format!("`{inside}`: {about}"));
                Diagnostic::error(
                    format!("{owner} needs the setting `{inside}`"),
                    self.settings.key_span(pointer).unwrap_or_default(),
                )
                .maybe_hint(about)
            }
            ValidationErrorKind::Type { kind } => say(format!(
                "must be {}, found {}",
                wanted(kind),
                found_type(error.instance())
            )),
            ValidationErrorKind::Enum { options } => {
                let options = options.as_array().map(Vec::as_slice).unwrap_or_default();
                let value = error.instance();
                Diagnostic::error(
                    of(&format!("cannot be {}", shown(value))),
                    self.place(pointer),
                )
                .hint(choices(value, options))
            }
            ValidationErrorKind::Constant { expected_value } => say(format!(
                "must be {}, found {}",
                shown(expected_value),
                shown(error.instance())
            )),
            ValidationErrorKind::Minimum { limit } => say(format!("must be at least {limit}")),
            ValidationErrorKind::Maximum { limit } => say(format!("must be at most {limit}")),
            ValidationErrorKind::ExclusiveMinimum { limit } => {
                say(format!("must be more than {limit}"))
            }
            ValidationErrorKind::ExclusiveMaximum { limit } => {
                say(format!("must be less than {limit}"))
            }
            ValidationErrorKind::MultipleOf { multiple_of } => {
                say(format!("must be a multiple of {multiple_of}"))
            }
            ValidationErrorKind::MinLength { limit: 1 } => say("must not be empty".to_owned()),
            ValidationErrorKind::MinLength { limit } => {
                say(format!("must be at least {limit} characters long"))
            }
            ValidationErrorKind::MaxLength { limit } => {
                say(format!("must be at most {limit} characters long"))
            }
            ValidationErrorKind::MinItems { limit } => {
                say(format!("must have at least {}", counted(*limit, "item")))
            }
            ValidationErrorKind::MaxItems { limit } => {
                say(format!("must have at most {}", counted(*limit, "item")))
            }
            ValidationErrorKind::MinProperties { limit } => {
                say(format!("must have at least {}", counted(*limit, "key")))
            }
            ValidationErrorKind::MaxProperties { limit } => {
                say(format!("must have at most {}", counted(*limit, "key")))
            }
            ValidationErrorKind::UniqueItems => say("holds an item twice".to_owned()),
            ValidationErrorKind::Pattern { pattern } => say(format!(
                "is {}, which does not fit the pattern `{pattern}`",
                shown(error.instance())
            )),
            ValidationErrorKind::FalseSchema => say("cannot be set here".to_owned()),
            ValidationErrorKind::OneOfMultipleValid { .. } => {
                say("fits several of the forms that exclude each other".to_owned())
            }
            _ => say(format!("is wrong: {}", error.masked_with("it"))),
        };
        self.add(diagnostic);
    }

    /// Keys that the schema does not know.
    fn unknown(&mut self, pointer: &str, unexpected: &[String], error: &ValidationError<'_>) {
        let known: Vec<String> = self
            .schema_around(error)
            .and_then(|schema| schema.get("properties")?.as_object())
            .map(|properties| properties.keys().cloned().collect())
            .unwrap_or_default();
        for key in unexpected {
            if self.diagnostics.len() >= SHOWN {
                self.more += 1;
                continue;
            }
            let place = format!("{pointer}/{}", escaped(key));
            let name = setting_name(&place).unwrap_or_default();
            let span = self.settings.key_span(&place).unwrap_or_default();
            let hint = match nearest(key, known.iter().map(String::as_str)) {
                Some(meant) => Some(format!("did you mean `{meant}`?")),
                None if known.is_empty() => None,
                None => Some(format!("it knows {}", quoted(known.iter().take(30)))),
            };
            let owner = self.owner;
            self.add(
                Diagnostic::error(format!("unknown setting `{name}` of {owner}"), span)
                    .maybe_hint(hint),
            );
        }
    }

    /// None of several forms fits. Where the value's type leaves one form, what is wrong
    /// with that one is said; else the types of all.
    fn no_alternative(
        &mut self,
        error: &ValidationError<'_>,
        context: &[Vec<ValidationError<'static>>],
    ) {
        let pointer = error.instance_path().as_str();
        let wrong_type = |inner: &&ValidationError<'static>| {
            inner.instance_path().as_str() == pointer
                && matches!(inner.kind(), ValidationErrorKind::Type { .. })
        };
        let mut fitting = context
            .iter()
            .filter(|branch| !branch.iter().any(|inner| wrong_type(&inner)));
        if let (Some(branch), None) = (fitting.next(), fitting.next()) {
            for inner in branch {
                self.violation(inner);
            }
            return;
        }
        let mut types: Vec<String> = Vec::new();
        for inner in context.iter().flatten().filter(wrong_type) {
            if let ValidationErrorKind::Type { kind } = inner.kind() {
                let wanted = wanted(kind);
                if !types.contains(&wanted) {
                    types.push(wanted);
                }
            }
        }
        let name = setting_name(pointer).unwrap_or_default();
        let owner = self.owner;
        let message = if types.len() == context.len() {
            let found = found_type(error.instance());
            format!(
                "`{name}` of {owner} must be {}, found {found}",
                types.join(" or ")
            )
        } else {
            format!("`{name}` of {owner} fits none of its forms")
        };
        let hint = self.description(error);
        self.add(Diagnostic::error(message, self.place(pointer)).maybe_hint(hint));
    }

    fn place(&self, pointer: &str) -> Span {
        self.settings.span(pointer).unwrap_or_default()
    }

    /// The part of the schema that holds the violated keyword.
    fn schema_around(&self, error: &ValidationError<'_>) -> Option<&Value> {
        let path = error.schema_path().as_str();
        self.schema.pointer(&path[..path.rfind('/')?])
    }

    /// What the plugin's author wrote about the setting.
    fn description(&self, error: &ValidationError<'_>) -> Option<String> {
        let name = setting_name(error.instance_path().as_str())?;
        let about = self.schema_around(error)?.get("description")?.as_str()?;
        Some(shorten(&format!("`{name}`: {about}"), 300))
    }

    fn add(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.len() >= SHOWN {
            self.more += 1;
        } else if !self.diagnostics.contains(&diagnostic) {
            self.diagnostics.push(diagnostic);
        }
    }

    fn finish(mut self) -> Vec<Diagnostic> {
        let start = |diagnostic: &Diagnostic| diagnostic.places.first().map(|p| p.span.start);
        self.diagnostics.sort_by_key(start);
        if self.more > 0 {
            let span = self.settings.span("").unwrap_or_default();
            let message = format!("and {} more in the settings of {}", self.more, self.owner);
            self.diagnostics.push(Diagnostic::error(message, span));
        }
        self.diagnostics
    }
}

/// The setting behind a JSON pointer, as people write it: `/targets/2/cpu` is
/// `targets[2].cpu`. `None` for the settings as a whole.
fn setting_name(pointer: &str) -> Option<String> {
    let mut name = String::new();
    for part in pointer.split('/').skip(1) {
        let part = part.replace("~1", "/").replace("~0", "~");
        if !name.is_empty() && !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()) {
            name.push_str(&format!("[{part}]"));
        } else {
            if !name.is_empty() {
                name.push('.');
            }
            name.push_str(&part);
        }
    }
    (!name.is_empty()).then(|| shorten(&name, 200))
}

fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

fn wanted(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(kind) => type_name(*kind).to_owned(),
        TypeKind::Multiple(kinds) => {
            let names: Vec<_> = kinds.iter().map(type_name).collect();
            names.join(" or ")
        }
    }
}

/// A type in the words of the pipeline file, not of JSON.
fn type_name(kind: JsonType) -> &'static str {
    match kind {
        JsonType::Array => "a list",
        JsonType::Boolean => "`true` or `false`",
        JsonType::Integer => "a whole number",
        JsonType::Null => "nothing",
        JsonType::Number => "a number",
        JsonType::Object => "a table",
        JsonType::String => "a string",
    }
}

fn found_type(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => shown(value),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a table".to_owned(),
    }
}

fn shown(value: &Value) -> String {
    let text = match value {
        Value::String(text) => format!("\"{text}\""),
        value => value.to_string(),
    };
    format!("`{}`", shorten(&text, VALUE_CHARACTERS))
}

fn choices(value: &Value, options: &[Value]) -> String {
    let texts: Vec<String> = options
        .iter()
        .filter_map(|option| option.as_str().map(str::to_owned))
        .collect();
    let listed = options
        .iter()
        .take(30)
        .map(shown)
        .collect::<Vec<_>>()
        .join(", ");
    let meant = value
        .as_str()
        .and_then(|value| nearest(value, texts.iter().map(String::as_str)));
    match meant {
        Some(meant) => format!("did you mean `\"{meant}\"`? It may be {listed}"),
        None => format!("it may be {listed}"),
    }
}

fn quoted<'a>(names: impl Iterator<Item = &'a String>) -> String {
    names
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

fn counted(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

fn shorten(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
