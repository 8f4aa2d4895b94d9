//! What a registry answers to somebody it does not know: `WWW-Authenticate`, by RFC 9110 and
//! the distribution specification's scheme of tokens.

use std::collections::BTreeMap;

use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};

/// How a registry wants to be shown who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Challenge {
    /// By user and password with each request.
    Basic,
    /// By a token that another server gives.
    Bearer {
        realm: String,
        service: Option<String>,
        scope: Option<String>,
    },
}

/// The challenge of an answer; a token is preferred to a password.
pub(super) fn of(headers: &HeaderMap) -> Option<Challenge> {
    let texts = headers.get_all(WWW_AUTHENTICATE);
    let challenges = texts.iter().filter_map(|text| parsed(text.to_str().ok()?));
    challenges.max_by_key(|challenge| matches!(challenge, Challenge::Bearer { .. }))
}

fn parsed(text: &str) -> Option<Challenge> {
    let (scheme, rest) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
    if scheme.eq_ignore_ascii_case("basic") {
        return Some(Challenge::Basic);
    }
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let mut parameters = parameters(rest);
    Some(Challenge::Bearer {
        realm: parameters.remove("realm")?,
        service: parameters.remove("service"),
        scope: parameters.remove("scope"),
    })
}

/// `name="value, with commas",other=value`, by lower-case name.
fn parameters(mut text: &str) -> BTreeMap<String, String> {
    let mut parameters = BTreeMap::new();
    while let Some((name, rest)) = text.split_once('=') {
        let name = name.trim_matches([' ', ',']).to_ascii_lowercase();
        let (value, after) = match rest.strip_prefix('"') {
            Some(quoted) => unquoted(quoted),
            None => {
                let (value, after) = rest.split_once(',').unwrap_or((rest, ""));
                (value.trim().to_owned(), after)
            }
        };
        parameters.insert(name, value);
        text = after;
    }
    parameters
}

/// The text up to the closing quote, and what stands behind it.
fn unquoted(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, &text[at + 1..]),
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            plain => value.push(plain),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_are_read() {
        let bearer = |realm: &str, service: Option<&str>, scope: Option<&str>| {
            Some(Challenge::Bearer {
                realm: realm.into(),
                service: service.map(Into::into),
                scope: scope.map(Into::into),
            })
        };
        for (text, expected) in [
            ("Basic realm=\"x\"", Some(Challenge::Basic)),
            ("basic", Some(Challenge::Basic)),
            (
                "Bearer realm=\"https://a.example/token\",service=\"a b\",scope=\"repository:x:pull,push\"",
                bearer(
                    "https://a.example/token",
                    Some("a b"),
                    Some("repository:x:pull,push"),
                ),
            ),
            (
                "bearer  service=a , Realm=\"https://a.example/?a=\\\"b\\\"\"",
                bearer("https://a.example/?a=\"b\"", Some("a"), None),
            ),
            ("Bearer realm=\"open", bearer("open", None, None)),
            ("Bearer", None),
            ("Bearer service=a", None),
            ("Negotiate", None),
            ("", None),
        ] {
            assert_eq!(parsed(text), expected, "{text}");
        }
    }
}
