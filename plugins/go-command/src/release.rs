//! Releases of Go and how they are spelt. Go writes `go1.22` for the first release of a
//! line (`go1.21.0` since 1.21) and `go1.23rc1` for a candidate; everything beyond this
//! file is told semantic versions: `1.22.0`, `1.23.0-rc.1`.

use semver::Version;

/// The version that a release's own name stands for, with or without `go` in front.
pub fn parse(name: &str) -> Option<Version> {
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
pub struct Lowest {
    /// As the line has it.
    line: String,
    version: Version,
}

impl Lowest {
    /// Reads what stands behind `go`. In Go's order a line of releases such as `1.22`
    /// stands before its candidates, and those before its first release `1.22.0`:
    /// <https://go.dev/doc/toolchain#version>.
    pub fn parse(line: &str) -> Option<Self> {
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
    pub fn allows(&self, release: &Version) -> bool {
        *release >= self.version
    }

    /// Whether it is at least the first release of this line, `1.minor`.
    pub fn is_at_least(&self, minor: u64) -> bool {
        (self.version.major, self.version.minor) >= (1, minor)
    }

    /// The line of releases that it belongs to, e.g. `1.22`.
    pub fn series(&self) -> String {
        format!("{}.{}", self.version.major, self.version.minor)
    }
}

impl std::fmt::Display for Lowest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.line)
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
}
