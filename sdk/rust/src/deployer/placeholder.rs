//! What of a text is known only when a release is made, and how a text says that it is not meant.

use crate::Problem;

/// A piece of a text that may hold placeholders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Placeholder {
    /// Stands as it is.
    Text(String),
    /// `${release}`
    Release,
    /// `${host.X}`: `name`, `address`, or a variable that the fleet gives to a machine.
    Host(String),
    /// `${secret.X}`
    Secret(String),
    /// `${image.X}`: the image that a deploy pushed, by digest.
    Image(String),
}

impl Placeholder {
    /// As it is written in a proposal.
    pub fn written(&self) -> String {
        match self {
            Self::Text(text) => literal(text),
            Self::Release => "${release}".to_owned(),
            Self::Host(name) => format!("${{host.{name}}}"),
            Self::Secret(name) => format!("${{secret.{name}}}"),
            Self::Image(name) => format!("${{image.{name}}}"),
        }
    }
}

/// A text in which the host finds no placeholder: each `${` is written `$${`.
pub fn literal(text: &str) -> String {
    text.replace("${", "$${")
}

/// Splits a user's text at its placeholders. Neighbouring text is one part, and an empty text has
/// none; no text ends with `$` where a placeholder follows.
///
/// # Errors
///
/// That something between `${` and `}` is no placeholder, at `setting`.
pub fn placeholders(setting: &str, text: &str) -> Result<Vec<Placeholder>, Problem> {
    let mut parts = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        if let Some(before) = before.strip_suffix('$') {
            plain += before;
            plain += "${";
            rest = after;
            continue;
        }
        plain += before;
        let (inside, after) = after.split_once('}').unwrap_or((after, ""));
        let part = placeholder(inside).ok_or_else(|| no_placeholder(setting, inside))?;
        if !plain.is_empty() {
            parts.push(Placeholder::Text(std::mem::take(&mut plain)));
        }
        parts.push(part);
        rest = after;
    }
    plain += rest;
    if !plain.is_empty() {
        parts.push(Placeholder::Text(plain));
    }
    Ok(parts)
}

fn placeholder(inside: &str) -> Option<Placeholder> {
    if inside == "release" {
        return Some(Placeholder::Release);
    }
    let (kind, name) = inside.split_once('.')?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if name.is_empty() || !name.chars().all(is_plain) {
        return None;
    }
    let name = name.to_owned();
    match kind {
        "host" => Some(Placeholder::Host(name)),
        "secret" => Some(Placeholder::Secret(name)),
        "image" => Some(Placeholder::Image(name)),
        _ => None,
    }
}

fn no_placeholder(setting: &str, inside: &str) -> Problem {
    let shown: String = inside.chars().take(80).collect();
    Problem::new(format!("`${{{}}}` is no placeholder", shown.escape_debug()))
        .at(setting)
        .hint(
            "there are `${release}`, `${host.X}`, `${secret.X}` and `${image.X}`; write `$${` for \
             `${` itself",
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_split_and_written_again() {
        let text = "a $HOME $${X}${release}${host.zone}${secret.db-key}${image.web}$";
        let parts = placeholders("environment.A", text).unwrap();
        let expected = [
            Placeholder::Text("a $HOME ${X}".to_owned()),
            Placeholder::Release,
            Placeholder::Host("zone".to_owned()),
            Placeholder::Secret("db-key".to_owned()),
            Placeholder::Image("web".to_owned()),
            Placeholder::Text("$".to_owned()),
        ];
        assert_eq!(parts, expected);
        let written: String = parts.iter().map(Placeholder::written).collect();
        assert_eq!(written, text);
        for literally in ["${", "$${", "$$${release}", "${release}$"] {
            let expected = [Placeholder::Text(literally.to_owned())];
            assert_eq!(
                placeholders("", &literal(literally)).as_deref(),
                Ok(&expected[..])
            );
        }
        assert_eq!(placeholders("", ""), Ok(Vec::new()));
    }

    #[test]
    fn what_is_none_is_told() {
        for text in [
            "${HOME}",
            "${release",
            "${host.}",
            "${secret.a b}",
            "${x.y}",
        ] {
            let problem = placeholders("arguments[0]", text).unwrap_err();
            assert_eq!(problem.setting.as_deref(), Some("arguments[0]"), "{text}");
        }
    }
}
