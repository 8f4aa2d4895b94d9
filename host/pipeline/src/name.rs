//! How tables may be named: such that a name fits into paths, node names and lists.

/// What a name is made of, for hints.
pub(crate) const RULE: &str = "a name has lower-case letters, digits, `-` and `_`, begins with a letter or digit, and is at most 64 long";

/// The same as a pattern of JSON Schema.
pub(crate) const PATTERN: &str = "^[a-z0-9][a-z0-9_-]{0,63}$";

/// Complains about a name, as the end of a sentence.
pub(crate) fn check(name: &str) -> Result<(), &'static str> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if name.is_empty() {
        Err("has an empty name")
    } else if name.len() > 64 {
        Err("has too long a name")
    } else if !name.chars().all(allowed) || name.starts_with(['-', '_']) {
        Err("is no name for a table")
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_into_paths_and_node_names() {
        for name in ["a", "pi5", "sensor-agent", "a_b", "1"] {
            assert_eq!(check(name), Ok(()), "{name}");
        }
        let long = "a".repeat(65);
        for name in [
            "", "A", "a.b", "a/b", "a@b", "-a", "_a", "..", "é", "a b", &long,
        ] {
            assert!(check(name).is_err(), "{name}");
        }
    }
}
