//! Addresses that are looked for elsewhere.

/// Addresses that begin with `prefix` are looked for at `replacement` instead:
/// `https://registry.example/v2/` at `https://mirror.example/v2/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirror {
    /// The beginning of an address as plugins, locks and references state it.
    pub prefix: String,
    /// What stands there instead.
    pub replacement: String,
}

/// Where an address is really looked for. The longest fitting prefix counts.
pub fn mirrored(mirrors: &[Mirror], url: &str) -> String {
    let fitting = mirrors
        .iter()
        .filter(|mirror| !mirror.prefix.is_empty())
        .filter_map(|mirror| Some((mirror, url.strip_prefix(&mirror.prefix)?)))
        .max_by_key(|(mirror, _)| mirror.prefix.len());
    match fitting {
        Some((mirror, rest)) => format!("{}{rest}", mirror.replacement),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_fitting_prefix_is_replaced() {
        let mirror = |prefix: &str, replacement: &str| Mirror {
            prefix: prefix.into(),
            replacement: replacement.into(),
        };
        let mirrors = [
            mirror("https://go.dev/", "https://short.example/"),
            mirror("https://go.dev/dl/", "https://long.example/go/"),
            mirror("", "https://never.example/"),
        ];
        for (url, expected) in [
            ("https://go.dev/dl/a.zip", "https://long.example/go/a.zip"),
            ("https://go.dev/doc", "https://short.example/doc"),
            ("https://other.example/", "https://other.example/"),
        ] {
            assert_eq!(mirrored(&mirrors, url), expected);
        }
    }
}
