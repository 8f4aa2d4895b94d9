//! The substitutions that a pipeline may write: `${target.name}`, `${env.X}` and
//! `${secret.X}`. Finds them in a text; what they stand for is not known here.

use std::fmt;
use std::ops::Range;

/// A piece of a text with substitutions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplatePart {
    /// Stands as it is.
    Text(String),
    /// `${target.name}`
    TargetName,
    /// `${env.X}`, by the variable's name.
    Environment(String),
    /// `${secret.X}`, by the secret's name.
    Secret(String),
}

/// A substitution that is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError {
    /// The bytes of the text that are wrong.
    pub range: Range<usize>,
    /// What is wrong with them: lower case, no full stop.
    pub message: String,
}

/// Splits a text at its substitutions. Neighbouring text is one part, and an empty text
/// has none. `$${` stands for a literal `${`; any other `$` stands for itself.
pub fn parse_template(text: &str) -> Result<Vec<TemplatePart>, TemplateError> {
    split(text, TemplatePart::Text, substitution)
}

/// Splits a text at each `${…}`, of which `part` makes what it stands for.
pub(crate) fn split<T>(
    text: &str,
    as_text: impl Fn(String) -> T,
    part: impl Fn(&str) -> Result<T, String>,
) -> Result<Vec<T>, TemplateError> {
    let mut parts = Vec::new();
    let mut literal = String::new();
    let mut at = 0;
    while let Some(found) = text[at..].find("${") {
        let start = at + found;
        if let Some(before) = text[at..start].strip_suffix('$') {
            literal.push_str(before);
            literal.push_str("${");
            at = start + 2;
            continue;
        }
        literal.push_str(&text[at..start]);
        let inside = &text[start + 2..];
        let Some(length) = inside.find('}') else {
            return Err(TemplateError {
                range: start..text.len(),
                message: "`${` is never closed".to_owned(),
            });
        };
        let end = start + 2 + length + 1;
        let part = part(&inside[..length]).map_err(|message| TemplateError {
            range: start..end,
            message,
        })?;
        if !literal.is_empty() {
            parts.push(as_text(std::mem::take(&mut literal)));
        }
        parts.push(part);
        at = end;
    }
    literal.push_str(&text[at..]);
    if !literal.is_empty() {
        parts.push(as_text(literal));
    }
    Ok(parts)
}

/// What stands between `${` and `}`.
fn substitution(name: &str) -> Result<TemplatePart, String> {
    let shown: String = name.chars().take(80).collect();
    if name == "target.name" {
        Ok(TemplatePart::TargetName)
    } else if let Some(variable) = name.strip_prefix("env.") {
        match is_variable(variable) {
            true => Ok(TemplatePart::Environment(variable.to_owned())),
            false => Err(format!("`${{{shown}}}` names no environment variable")),
        }
    } else if let Some(secret) = name.strip_prefix("secret.") {
        match is_name(secret) {
            true => Ok(TemplatePart::Secret(secret.to_owned())),
            false => Err(format!("`${{{shown}}}` names no secret")),
        }
    } else {
        Err(format!("`${{{shown}}}` is no substitution"))
    }
}

fn is_variable(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Whether it may name a secret, a machine's variable or an image.
pub(crate) fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for TemplateError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> TemplatePart {
        TemplatePart::Text(text.to_owned())
    }

    #[test]
    fn substitutions_are_found_between_text() {
        assert_eq!(parse_template(""), Ok(vec![]));
        assert_eq!(parse_template("a$b}"), Ok(vec![text("a$b}")]));
        assert_eq!(
            parse_template("dist/${target.name}/${env.CI_1}${secret.deploy-key}"),
            Ok(vec![
                text("dist/"),
                TemplatePart::TargetName,
                text("/"),
                TemplatePart::Environment("CI_1".into()),
                TemplatePart::Secret("deploy-key".into()),
            ])
        );
    }

    #[test]
    fn a_doubled_dollar_before_a_brace_is_a_literal() {
        assert_eq!(
            parse_template("echo $$ $${HOME} ${env.X}"),
            Ok(vec![
                text("echo $$ ${HOME} "),
                TemplatePart::Environment("X".into())
            ])
        );
        assert_eq!(parse_template("$$${x}"), Ok(vec![text("$${x}")]));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (text, range, message) in [
            ("a${b", 1..4, "`${` is never closed"),
            ("a${HOME}b", 1..8, "`${HOME}` is no substitution"),
            ("${}", 0..3, "`${}` is no substitution"),
            (
                "é${env.1}",
                2..10,
                "`${env.1}` names no environment variable",
            ),
            ("${secret.}", 0..10, "`${secret.}` names no secret"),
        ] {
            let message = message.to_owned();
            assert_eq!(parse_template(text), Err(TemplateError { range, message }));
        }
    }
}
