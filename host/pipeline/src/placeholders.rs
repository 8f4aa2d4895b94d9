//! What stands between `${` and `}` in the texts of a deploy, with the place of each. What it stands
//! for is known when a release is made.

use serde_json::Value as Json;

use orch_model::{Diagnostic, Placeholder, Settings, Span, Spanned, parse_placeholders};

use crate::shape::inside;

/// What `${host.X}` may name whatever the fleet says.
pub(crate) const OF_EVERY_HOST: [&str; 2] = ["name", "address"];

/// The placeholders of a text that stands at `whole`, in a file that is all of `file`; or what is
/// wrong with one.
pub(crate) fn of_text(
    text: &str,
    whole: &Span,
    file: &str,
) -> Result<Vec<Spanned<Placeholder>>, Diagnostic> {
    let parts = parse_placeholders(text).map_err(|error| {
        let place = inside(file, whole.clone(), text, &error.range);
        Diagnostic::error(error.message, place).hint("a literal `${` is written `$${`")
    })?;
    let found = parts.into_iter().filter_map(|part| {
        let written = written(&part)?;
        let range = text.find(&written).map(|at| at..at + written.len());
        let place = range.map_or(whole.clone(), |range| {
            inside(file, whole.clone(), text, &range)
        });
        Some(Spanned::new(part, place))
    });
    Ok(found.collect())
}

/// A placeholder as it is written; `None` for plain text.
fn written(placeholder: &Placeholder) -> Option<String> {
    match placeholder {
        Placeholder::Text(_) => None,
        Placeholder::Release => Some("${release}".to_owned()),
        Placeholder::Host(name) => Some(format!("${{host.{name}}}")),
        Placeholder::Secret(name) => Some(format!("${{secret.{name}}}")),
        Placeholder::Image(name) => Some(format!("${{image.{name}}}")),
    }
}

/// The names of the images in settings whose placeholders are sound.
pub(crate) fn images(settings: &Settings, file: &str) -> Vec<Spanned<String>> {
    let texts = texts(settings).into_iter();
    let sound = texts.filter_map(|(text, span)| of_text(text, &span, file).ok());
    let images = sound.flatten().filter_map(|found| match found.value {
        Placeholder::Image(name) => Some(Spanned::new(name, found.span)),
        _ => None,
    });
    images.collect()
}

/// Every text of settings with its place.
pub(crate) fn texts(settings: &Settings) -> Vec<(&str, Span)> {
    let mut texts = Vec::new();
    for (key, value) in &settings.values {
        collect(value, format!("/{}", escaped(key)), settings, &mut texts);
    }
    texts
}

fn collect<'s>(
    value: &'s Json,
    pointer: String,
    settings: &Settings,
    texts: &mut Vec<(&'s str, Span)>,
) {
    match value {
        Json::String(text) => texts.push((text, settings.span(&pointer).unwrap_or_default())),
        Json::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                collect(item, format!("{pointer}/{index}"), settings, texts);
            }
        }
        Json::Object(entries) => {
            for (key, value) in entries {
                collect(
                    value,
                    format!("{pointer}/{}", escaped(key)),
                    settings,
                    texts,
                );
            }
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

/// A key as a JSON pointer holds it.
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
