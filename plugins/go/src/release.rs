//! How Go spells its releases, and what of a release's abilities depends on its version.

use semver::{Version, VersionReq};

/// A release as it is spelt (`go1.22`, `1.23rc1`, `1.22.10`) as a semantic version;
/// nothing for what is no release.
pub fn version(spelt: &str) -> Option<Version> {
    let spelt = spelt.strip_prefix("go").unwrap_or(spelt);
    if let Ok(version) = Version::parse(spelt) {
        return Some(version);
    }
    let split = spelt
        .find(|c: char| c != '.' && !c.is_ascii_digit())
        .unwrap_or(spelt.len());
    let (numbers, candidate) = spelt.split_at(split);
    let mut parts = numbers.split('.').map(|part| part.parse::<u64>().ok());
    let mut version = Version::new(parts.next()??, parts.next()??, 0);
    match parts.next() {
        Some(patch) => version.patch = patch?,
        None => {}
    }
    if parts.next().is_some() {
        return None;
    }
    if !candidate.is_empty() {
        let digits = candidate.find(|c: char| c.is_ascii_digit())?;
        let (kind, number) = candidate.split_at(digits);
        if !matches!(kind, "rc" | "beta") {
            return None;
        }
        version.pre = semver::Prerelease::new(&format!("{kind}.{number}")).ok()?;
    }
    Some(version)
}

/// The releases that a requirement allows, newest first.
pub fn matching(requirement: &VersionReq, known: &[Version]) -> Vec<Version> {
    let mut matching: Vec<_> = known
        .iter()
        .filter(|version| requirement.matches(version))
        .cloned()
        .collect();
    matching.sort();
    matching.dedup();
    matching.reverse();
    matching
}

/// Up to six releases around a requirement that none satisfies, oldest first: those that
/// share what it names of a version, or else the newest.
pub fn nearest(requirement: &VersionReq, known: &[Version]) -> Vec<String> {
    let mut known: Vec<_> = known
        .iter()
        .filter(|version| version.pre.is_empty())
        .collect();
    known.sort();
    known.dedup();
    let wanted = requirement.comparators.first().map(|first| {
        Version::new(
            first.major,
            first.minor.unwrap_or(0),
            first.patch.unwrap_or(0),
        )
    });
    let at = match wanted {
        Some(wanted) => known.partition_point(|version| **version < wanted),
        None => known.len(),
    };
    let from = at.saturating_sub(3);
    let to = (at + 3).min(known.len());
    known[from..to]
        .iter()
        .map(|version| version.to_string())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gos_own_spelling_is_read() {
        for (spelt, expected) in [
            ("go1.22", "1.22.0"),
            ("1.22.10", "1.22.10"),
            ("go1.23rc1", "1.23.0-rc.1"),
            ("1.21.0-beta.2", "1.21.0-beta.2"),
        ] {
            assert_eq!(version(spelt).unwrap().to_string(), expected);
        }
        for spelt in ["", "go", "weekly", "1", "1.2.3.4", "1.22.10.post1", "1.x"] {
            assert_eq!(version(spelt), None, "{spelt}");
        }
    }

    #[test]
    fn the_releases_around_a_wish_are_shown() {
        let known: Vec<_> = [
            "1.21.12", "1.21.13", "1.22.9", "1.22.10", "1.23.0", "1.23.1", "1.24.0",
        ]
        .iter()
        .map(|spelt| version(spelt).unwrap())
        .collect();
        let requirement = VersionReq::parse("=1.22.99").unwrap();
        assert!(matching(&requirement, &known).is_empty());
        assert_eq!(
            nearest(&requirement, &known),
            ["1.21.13", "1.22.9", "1.22.10", "1.23.0", "1.23.1", "1.24.0"]
        );
    }
}
