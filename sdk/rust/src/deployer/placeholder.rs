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

/// What a program is given: a text that is known, or what is known when a release is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// The text.
    Known(String),
    /// Text and at least one placeholder.
    Later(Vec<Placeholder>),
}

impl Value {
    /// The value of a variable.
    ///
    /// # Errors
    ///
    /// That something between `${` and `}` is no placeholder, at `setting`.
    pub fn variable(setting: &str, text: &str) -> Result<Self, Problem> {
        let parts = placeholders(setting, text)?;
        Ok(match parts.as_slice() {
            [] => Self::Known(String::new()),
            [Placeholder::Text(text)] => Self::Known(text.clone()),
            _ => Self::Later(parts),
        })
    }

    /// An argument, which everybody on a machine can see.
    ///
    /// # Errors
    ///
    /// As for a variable, and where a secret stands in it.
    pub fn argument(setting: &str, text: &str) -> Result<Self, Problem> {
        let value = Self::variable(setting, text)?;
        let is_secret = |part: &Placeholder| matches!(part, Placeholder::Secret(_));
        match &value {
            Self::Later(parts) if parts.iter().any(is_secret) => Err(Problem::new(
                "everybody on the machine can see the arguments of a program",
            )
            .at(setting)
            .hint("hand the secret over in `environment`")),
            _ => Ok(value),
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
        let closed = after.split_once('}');
        let part = closed.and_then(|(inside, after)| Some((placeholder(inside)?, after)));
        let (part, after) = part.ok_or_else(|| no_placeholder(setting, after))?;
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

/// That what stands behind `${` is none, up to where it ends if it does.
fn no_placeholder(setting: &str, behind: &str) -> Problem {
    let length = behind.find('}').map_or(behind.len(), |end| end + 1);
    Problem::value(&format!("${{{}", &behind[..length]), "is no placeholder")
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
    fn a_secret_is_no_argument() {
        let known = |text: &str| Ok(Value::Known(text.to_owned()));
        assert_eq!(Value::argument("a", ""), known(""));
        assert_eq!(Value::argument("a", "$${X}"), known("${X}"));
        let later = Ok(Value::Later(vec![Placeholder::Release]));
        assert_eq!(Value::argument("a", "${release}"), later);
        assert!(Value::argument("a", "--token=${secret.a}").is_err());
        assert!(Value::variable("a", "${secret.a}").is_ok());
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
