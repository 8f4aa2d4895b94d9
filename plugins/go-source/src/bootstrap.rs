//! Which release of Go builds which: <https://go.dev/doc/install/source#bootstrapFromBinaryRelease>

use orch_plugin::{Error, Problem};
use semver::Version;

/// Whether a release can be built by another one.
pub(crate) fn check(release: &Version, builder: &Version) -> Result<(), Error> {
    let least = least(release);
    if *builder >= least {
        return Ok(());
    }
    Err(Problem::new(format!(
        "Go {release} is built by Go {least} or later, and the one that is lent is {builder}"
    ))
    .hint(format!("lend a toolchain with `version = \">={least}\"`"))
    .into())
}

/// The least release that builds another: each `bootgo` of a release's `make.bash`. From 1.22
/// on it is two releases earlier, rounded down to an even one, at a patch of its own.
fn least(release: &Version) -> Version {
    match release.minor {
        ..=4 => Version::new(1, 0, 0),
        5..=19 => Version::new(1, 4, 0),
        20 | 21 => Version::new(1, 17, 13),
        22 | 23 => Version::new(1, 20, 6),
        24 | 25 => Version::new(1, 22, 6),
        26 | 27 => Version::new(1, 24, 6),
        later => Version::new(1, (later - 2) / 2 * 2, 6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_builder_that_is_too_old_is_refused() {
        let check = |release: &str, builder: &str| {
            let version = |text: &str| Version::parse(text).unwrap();
            super::check(&version(release), &version(builder)).is_ok()
        };
        assert!(check("1.22.10", "1.21.13") && check("1.22.10", "1.20.6"));
        assert!(!check("1.22.10", "1.20.5") && !check("1.26.0", "1.23.4"));
    }
}
