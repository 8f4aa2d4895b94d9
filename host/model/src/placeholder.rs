//! What a deployer's texts hold that is known only when a release is made. Finds them; what they
//! stand for is not known here.

use crate::template::{TemplateError, is_name, split};

/// A piece of a deployer's text.
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
    /// `${image.X}`: the image that a deploy pushed.
    Image(String),
}

/// Splits a text at its placeholders. Neighbouring text is one part, and an empty text has none.
/// `$${` stands for a literal `${`; any other `$` stands for itself.
pub fn parse_placeholders(text: &str) -> Result<Vec<Placeholder>, TemplateError> {
    split(text, Placeholder::Text, |inside| {
        let named = |prefix| inside.strip_prefix(prefix).filter(|name| is_name(name));
        let named = |prefix| named(prefix).map(str::to_owned);
        if inside == "release" {
            Some(Placeholder::Release)
        } else if let Some(name) = named("host.") {
            Some(Placeholder::Host(name))
        } else if let Some(name) = named("secret.") {
            Some(Placeholder::Secret(name))
        } else {
            named("image.").map(Placeholder::Image)
        }
        .ok_or_else(|| {
            let shown: String = inside.chars().take(80).collect();
            format!(
                "`${{{shown}}}` is no placeholder: there are `${{release}}`, `${{host.X}}`, \
                 `${{secret.X}}` and `${{image.X}}`"
            )
        })
    })
}

/// The text itself, where it holds no placeholder: `$${` has become `${`.
pub fn without_placeholders(text: &str) -> Option<String> {
    let parts = parse_placeholders(text).ok()?.into_iter();
    parts
        .map(|part| match part {
            Placeholder::Text(text) => Some(text),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_found_between_text() {
        assert_eq!(
            parse_placeholders("/opt/${release}/${host.zone}$${X}${secret.db-key}${image.web}"),
            Ok(vec![
                Placeholder::Text("/opt/".into()),
                Placeholder::Release,
                Placeholder::Text("/".into()),
                Placeholder::Host("zone".into()),
                Placeholder::Text("${X}".into()),
                Placeholder::Secret("db-key".into()),
                Placeholder::Image("web".into()),
            ])
        );
    }

    #[test]
    fn a_text_without_any_is_itself() {
        assert_eq!(without_placeholders("a $${b}"), Some("a ${b}".into()));
        assert_eq!(without_placeholders("a ${release}"), None);
    }

    #[test]
    fn what_is_none_is_told() {
        let error = parse_placeholders("a ${HOME}").unwrap_err();
        assert_eq!(error.range, 2..9);
        assert!(error.message.starts_with("`${HOME}` is no placeholder"));
        assert!(parse_placeholders("${host.}").is_err());
        assert!(parse_placeholders("${release").is_err());
    }
}
