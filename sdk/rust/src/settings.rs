//! Settings: JSON from the host, the author's own type in the plugin.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::{Error, Problem};

/// For a role that has no settings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoSettings {}

/// Reads settings as the host hands them over: a JSON object, or nothing at all for none.
/// What does not fit is [`Error::Invalid`] with the setting named.
pub fn settings<S: DeserializeOwned>(json: &str) -> Result<S, Error> {
    let json = if json.is_empty() { "{}" } else { json };
    let mut deserializer = serde_json::Deserializer::from_str(json);
    serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let setting = error.path().to_string();
        let message = error.into_inner().to_string();
        // The place in the JSON text means nothing to somebody who wrote TOML.
        let message = message.split(" at line ").next().unwrap_or_default();
        let problem = Problem::new(message);
        match setting.as_str() {
            "." => problem.into(),
            _ => problem.at(setting).into(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "kebab-case")]
    struct Board {
        #[serde(default)]
        flags: Vec<String>,
        page_bytes: Option<u32>,
    }

    fn problem(json: &str) -> Problem {
        match settings::<Board>(json) {
            Err(Error::Invalid(mut problems)) => problems.remove(0),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_setting_at_fault_is_named() {
        let wrong = problem(r#"{"flags": ["a", "b", 3]}"#);
        assert_eq!(wrong.setting.as_deref(), Some("flags[2]"));
        assert_eq!(
            wrong.message,
            "invalid type: integer `3`, expected a string"
        );

        let unknown = problem(r#"{"pages": 3}"#);
        assert_eq!(unknown.setting.as_deref(), Some("pages"));
        assert_eq!(
            unknown.message,
            "unknown field `pages`, expected `flags` or `page-bytes`"
        );
    }

    #[test]
    fn no_settings_are_an_empty_object() {
        let none = Board {
            flags: vec![],
            page_bytes: None,
        };
        assert_eq!(settings::<Board>("").unwrap(), none);
        assert_eq!(settings::<Board>("{}").unwrap(), none);
        assert!(settings::<NoSettings>(r#"{"a": 1}"#).is_err());
    }
}
