//! Versions of kernels and C libraries, which are no semantic versions.

use std::fmt;

/// A version such as `2.36` or `6.6.31`; missing parts are 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SystemVersion(pub u32, pub u32, pub u32);

impl SystemVersion {
    /// The version that a text begins with: `6.6.31+rpt-rpi-2712` is 6.6.31, `2.36-9` is
    /// 2.36. What stands behind the third number is left out.
    pub fn leading(text: &str) -> Option<Self> {
        let end = text
            .find(|character: char| !character.is_ascii_digit() && character != '.')
            .unwrap_or(text.len());
        let mut parts = text[..end].split('.').filter(|part| !part.is_empty());
        let first = parts.next()?.parse().ok()?;
        let mut next = || parts.next().map_or(Some(0), |part| part.parse().ok());
        Some(Self(first, next()?, next()?))
    }
}

impl fmt::Display for SystemVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)?;
        match self.2 {
            0 => Ok(()),
            patch => write!(f, ".{patch}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_distributions_append_is_left_out() {
        for (text, read) in [
            ("2.36", Some(SystemVersion(2, 36, 0))),
            ("2.36-9+deb12u14", Some(SystemVersion(2, 36, 0))),
            ("6.6.31+rpt-rpi-2712", Some(SystemVersion(6, 6, 31))),
            ("5.4.18.100-generic", Some(SystemVersion(5, 4, 18))),
            ("6", Some(SystemVersion(6, 0, 0))),
            ("PRIVATE", None),
            ("99999999999.1", None),
            ("", None),
        ] {
            assert_eq!(SystemVersion::leading(text), read, "{text}");
        }
        assert!(SystemVersion(2, 4, 0) < SystemVersion(2, 36, 0));
        assert_eq!(SystemVersion(2, 36, 0).to_string(), "2.36");
        assert_eq!(SystemVersion(2, 3, 4).to_string(), "2.3.4");
    }
}
