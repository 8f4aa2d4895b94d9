//! Versions as programs say them, and requirements as a pipeline writes them.

use semver::{Version, VersionReq};

/// The first version in what a program says: two numbers or more with dots between them,
/// such as `12.2.0` in `gcc (Debian 12.2.0-14) 12.2.0` or `1.22.10` in `go1.22.10`. A fourth
/// number and what stands behind are left out.
pub(crate) fn said(text: &str) -> Option<Version> {
    let is_part_of_number = |c: char| c.is_ascii_digit() || c == '.';
    text.split(|c: char| !is_part_of_number(c))
        .find_map(|word| dotted(word.trim_matches('.')))
}

fn dotted(word: &str) -> Option<Version> {
    let mut numbers = word.split('.').map(str::parse::<u64>);
    let major = numbers.next()?.ok()?;
    let minor = numbers.next()?.ok()?;
    let patch = numbers.next().map_or(Ok(0), |patch| patch).ok()?;
    Some(Version::new(major, minor, patch))
}

/// `12` is any 12.x, `12.2` any 12.2.x, `12.2.0` just that one; all else as Cargo reads it.
pub(crate) fn requirement(text: &str) -> Result<VersionReq, String> {
    let text = text.trim();
    let begins_with_digit = text.starts_with(|first: char| first.is_ascii_digit());
    let exact = if begins_with_digit { "=" } else { "" };
    VersionReq::parse(&format!("{exact}{text}")).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_found_in_what_real_programs_say() {
        for (text, version) in [
            ("gcc (Debian 12.2.0-14+deb12u1) 12.2.0\n", "12.2.0"),
            ("GNU Make 4.3\nBuilt for x86_64-pc-linux-gnu\n", "4.3.0"),
            ("go version go1.22.10 linux/amd64\n", "1.22.10"),
            ("rustc 1.95.0 (59807616e 2026-04-14)\n", "1.95.0"),
            ("openjdk version \"17.0.9\" 2023-10-17\n", "17.0.9"),
            ("ldd (Debian GLIBC 2.36-9+deb12u10) 2.36\n", "2.36.0"),
            ("OpenSSH_9.2p1 Debian-2, OpenSSL 3.0.17\n", "9.2.0"),
            ("aarch64-linux-gnu-gcc.exe 13.2.0.1\n", "13.2.0"),
        ] {
            assert_eq!(said(text), Version::parse(version).ok(), "{text}");
        }
        assert_eq!(said("no version here, but x86_64 and 7\n"), None);
    }

    #[test]
    fn a_number_stands_for_all_that_begin_with_it() {
        let meets = |text: &str, version: &str| {
            requirement(text)
                .unwrap()
                .matches(&Version::parse(version).unwrap())
        };
        assert!(meets("12", "12.9.1") && !meets("12", "13.0.0"));
        assert!(meets("0.13", "0.13.4") && !meets("0.13", "0.14.0"));
        assert!(meets(">=12, <15", "14.2.0") && !meets(">=12", "11.9.0"));
        assert!(requirement("new").is_err());
    }
}
