//! Which releases of a toolchain a pipeline accepts, as people write it. Releases
//! themselves are not known here.

use semver::VersionReq;

/// Reads a requirement. Without an operator it means what people mean who name a
/// compiler: `1` any 1.x, `1.22` any 1.22.x, `1.22.10` just that one; empty or `*` any.
/// With an operator it is a semver requirement. The text of the result is canonical.
pub fn requirement(text: &str) -> Result<VersionReq, String> {
    if text.trim().is_empty() {
        return Ok(VersionReq::STAR);
    }
    let parts: Vec<String> = text.split(',').map(comparator).collect();
    VersionReq::parse(&parts.join(", ")).map_err(|error| error.to_string())
}

fn comparator(text: &str) -> String {
    let text = text.trim();
    let bare = text.starts_with(|first: char| first.is_ascii_digit());
    let wild = text.contains(['*', 'x', 'X']) && !text.contains(['-', '+']);
    if !bare || wild {
        return text.to_owned();
    }
    let release = text.split(['-', '+']).next().unwrap_or_default();
    match release.split('.').count() {
        1 => format!("{text}.*"),
        2 => format!("~{text}"),
        _ => format!("={text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_version_means_what_people_mean() {
        for (text, canonical) in [
            ("", "*"),
            ("*", "*"),
            ("1", "1.*"),
            ("1.22", "~1.22"),
            (" 1.22 ", "~1.22"),
            ("1.22.10", "=1.22.10"),
            ("1.23.0-rc.1", "=1.23.0-rc.1"),
            ("1.22.*", "1.22.*"),
            ("^1.22", "^1.22"),
            (">=1.21, <1.23", ">=1.21, <1.23"),
            ("1.22, <1.22.9", "~1.22, <1.22.9"),
        ] {
            assert_eq!(requirement(text).unwrap().to_string(), canonical, "{text}");
        }
    }

    #[test]
    fn what_is_canonical_stays_so() {
        for text in ["", "1", "1.22", "1.22.10", "1.22.*", ">=1.21, <1.23"] {
            let canonical = requirement(text).unwrap().to_string();
            assert_eq!(requirement(&canonical).unwrap().to_string(), canonical);
        }
    }

    #[test]
    fn what_is_no_requirement_is_refused() {
        for text in ["go1.22", "newest", "1.22.3.4", "1.22,", ">", "1..2", "1-rc"] {
            assert!(requirement(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_meaning_is_right() {
        let any_patch = requirement("1.22").unwrap();
        assert!(any_patch.matches(&"1.22.10".parse().unwrap()));
        assert!(!any_patch.matches(&"1.23.0".parse().unwrap()));
        let exact = requirement("1.22.10").unwrap();
        assert!(!exact.matches(&"1.22.11".parse().unwrap()));
    }
}
