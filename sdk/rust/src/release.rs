//! The release of a compiler, as far as somebody compares it.

use std::fmt;

/// The first two numbers of a version, such as `1.22` of `1.22.10` and of `1.22.0-rc.1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Release {
    /// The first number.
    pub major: u64,
    /// The second; 0 where there is none.
    pub minor: u64,
}

impl Release {
    /// Reads a version; nothing where it does not begin with a number.
    pub fn parse(version: &str) -> Option<Self> {
        let numbers = version.split(['-', '+']).next()?;
        let mut numbers = numbers.split('.').map(|number| number.parse().ok());
        Some(Self {
            major: numbers.next()??,
            minor: numbers.next().unwrap_or(Some(0))?,
        })
    }

    /// Whether it is this release or a later one.
    pub fn since(self, major: u64, minor: u64) -> bool {
        self >= Self { major, minor }
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_two_numbers_are_read() {
        for (version, shown) in [
            ("1.22.10", Some("1.22")),
            ("1.22.0-rc.1", Some("1.22")),
            ("12.2.0+4-12.2.0-3", Some("12.2")),
            ("15", Some("15.0")),
            ("go1.22", None),
            ("1.x", None),
            ("", None),
        ] {
            let release = Release::parse(version).map(|release| release.to_string());
            assert_eq!(release.as_deref(), shown, "{version}");
        }
    }

    #[test]
    fn a_later_release_is_one_since_an_earlier() {
        let release = Release::parse("1.22.10").unwrap();
        assert!(release.since(1, 22) && release.since(1, 9) && release.since(0, 99));
        assert!(!release.since(1, 23) && !release.since(2, 0));
    }
}
