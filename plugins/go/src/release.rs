//! Releases of Go and how they are spelt. Go writes `go1.22` for the first release of a
//! line (`go1.21.0` since 1.21) and `go1.23rc1` for a candidate; everything beyond this
//! file is told semantic versions: `1.22.0`, `1.23.0-rc.1`.

use orch_plugin::{Error, Problem};
use semver::{Version, VersionReq};

/// The version that a release's own name stands for, with or without `go` in front.
pub(crate) fn parse(name: &str) -> Option<Version> {
    let name = name.strip_prefix("go").unwrap_or(name);
    if let Ok(version) = Version::parse(name) {
        return Some(version);
    }
    let letters = name.find(|c: char| c.is_ascii_alphabetic());
    let (numbers, candidate) = name.split_at(letters.unwrap_or(name.len()));
    let mut parts = numbers.split('.');
    let mut next = || -> Option<u64> {
        match parts.next() {
            None => Some(0),
            Some(part) if part.chars().all(|c| c.is_ascii_digit()) => part.parse().ok(),
            Some(_) => None,
        }
    };
    let mut version = Version::new(next()?, next()?, next()?);
    if parts.next().is_some() || version.major == 0 {
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

/// The lowest release that a project allows, from a `go` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lowest {
    /// As the line has it.
    line: String,
    version: Version,
}

impl Lowest {
    /// Reads what stands behind `go`. In Go's order a line of releases such as `1.22`
    /// stands before its candidates, and those before its first release `1.22.0`:
    /// <https://go.dev/doc/toolchain#version>.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let mut version = parse(line)?;
        if version.pre.is_empty() && line.matches('.').count() < 2 {
            // Nothing stands before it.
            version.pre = semver::Prerelease::new("0").ok()?;
        }
        Some(Self {
            line: line.to_owned(),
            version,
        })
    }

    /// Whether a release is not too old.
    pub(crate) fn allows(&self, release: &Version) -> bool {
        *release >= self.version
    }

    /// Whether it is at least the first release of this line, `1.minor`.
    pub(crate) fn is_at_least(&self, minor: u64) -> bool {
        (self.version.major, self.version.minor) >= (1, minor)
    }

    /// The line of releases that it belongs to, e.g. `1.22`.
    pub(crate) fn series(&self) -> String {
        format!("{}.{}", self.version.major, self.version.minor)
    }
}

impl std::fmt::Display for Lowest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.line)
    }
}

/// A requirement as the host writes it, or a release as Go names it.
pub(crate) fn requirement(text: &str) -> Result<VersionReq, Error> {
    if text.trim().is_empty() {
        return Ok(VersionReq::STAR);
    }
    VersionReq::parse(text).or_else(|error| match parse(text.trim()) {
        Some(version) => VersionReq::parse(&format!("={version}"))
            .map_err(|error| unreadable(text, &error).into()),
        None => Err(unreadable(text, &error).into()),
    })
}

fn unreadable(text: &str, error: &semver::Error) -> Problem {
    Problem::new(format!("`{text}` is no version requirement: {error}"))
        .at("version")
        .hint("write a release such as `1.22.10`, a line such as `1.22`, or a range such as `>=1.21, <1.24`")
}

/// How many releases are shown on either side of what was asked for.
const SHOWN: usize = 3;

/// That no release satisfies a requirement, with the nearest that there are.
pub(crate) fn none_satisfies(requirement: &VersionReq, mut known: Vec<Version>) -> Problem {
    known.sort();
    known.dedup();
    let problem = Problem::new(format!("no release of Go satisfies `{requirement}`")).at("version");
    let wanted = requirement.comparators.first().map(|first| {
        let mut version = Version::new(
            first.major,
            first.minor.unwrap_or_default(),
            first.patch.unwrap_or_default(),
        );
        version.pre = first.pre.clone();
        version
    });
    // Who doesn't ask for a candidate is not told of any.
    if wanted.as_ref().is_none_or(|wanted| wanted.pre.is_empty()) {
        known.retain(|version| version.pre.is_empty());
    }
    let split = match wanted {
        Some(wanted) => known.partition_point(|version| *version < wanted),
        None => known.len(),
    };
    let below = &known[split.saturating_sub(SHOWN)..split];
    let above = &known[split..known.len().min(split + SHOWN)];
    let near: Vec<_> = below
        .iter()
        .chain(above)
        .map(|version| format!("`{version}`"))
        .collect();
    match near.as_slice() {
        [] => problem,
        [one] => problem.hint(format!("the only release there is is {one}")),
        near => problem.hint(format!("the nearest are {}", near.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stands_before_its_candidates_and_those_before_its_first_release() {
        let allows = |line, release| {
            let release = parse(release).unwrap();
            Lowest::parse(line).unwrap().allows(&release)
        };
        for (line, release) in [
            ("1.22", "1.22rc1"),
            ("1.22", "1.22.0"),
            ("1.22rc1", "1.22rc2"),
            ("1.22.0", "1.22.1"),
        ] {
            assert!(allows(line, release), "{line} {release}");
        }
        for (line, release) in [
            ("1.22.0", "1.22rc1"),
            ("1.22rc2", "1.22rc1"),
            ("1.22", "1.21.13"),
        ] {
            assert!(!allows(line, release), "{line} {release}");
        }
    }

    #[test]
    fn gos_own_names_become_semantic_versions() {
        for (name, version) in [
            ("go1", "1.0.0"),
            ("go1.22", "1.22.0"),
            ("go1.21.0", "1.21.0"),
            ("go1.9.2rc2", "1.9.2-rc.2"),
            ("1.23rc1", "1.23.0-rc.1"),
            ("go1.8beta2", "1.8.0-beta.2"),
            ("1.22.10", "1.22.10"),
            ("1.23.0-rc.1", "1.23.0-rc.1"),
        ] {
            assert_eq!(parse(name).unwrap().to_string(), version, "{name}");
        }
        for name in [
            "",
            "go",
            "go1.x",
            "gotip",
            "1.2.3.4",
            "go1.23rc",
            "1.22.10.post1",
            "weekly.2012",
        ] {
            assert_eq!(parse(name), None, "{name}");
        }
    }

    #[test]
    fn candidates_come_only_when_asked_for() {
        let candidate = parse("go1.23rc1").unwrap();
        for (text, matches) in [
            ("", false),
            ("~1.23", false),
            (">=1.22", false),
            ("1.23rc1", true),
            ("go1.23rc1", true),
            ("=1.23.0-rc.1", true),
        ] {
            assert_eq!(
                requirement(text).unwrap().matches(&candidate),
                matches,
                "{text}"
            );
        }
        assert!(requirement("newest").is_err());
    }

    #[test]
    fn the_nearest_releases_lie_on_both_sides() {
        let known = [
            "1.20.14", "1.21.12", "1.21.13", "1.23rc1", "1.23.0", "1.23.1", "1.24.0", "1.25.0",
        ]
        .map(|name| parse(name).unwrap())
        .to_vec();
        let hint = |text: &str| {
            none_satisfies(&requirement(text).unwrap(), known.clone())
                .hint
                .unwrap_or_default()
        };
        assert_eq!(
            hint("~1.22"),
            "the nearest are `1.20.14`, `1.21.12`, `1.21.13`, `1.23.0`, `1.23.1`, `1.24.0`"
        );
        assert_eq!(
            hint("=1.99.0"),
            "the nearest are `1.23.1`, `1.24.0`, `1.25.0`"
        );
        assert_eq!(
            hint("=1.2.0"),
            "the nearest are `1.20.14`, `1.21.12`, `1.21.13`"
        );
        assert!(hint("1.23rc2").contains("`1.23.0-rc.1`"));
        assert_eq!(none_satisfies(&VersionReq::STAR, Vec::new()).hint, None);
    }
}
