//! Which versions a requirement accepts, and what to say where none is accepted.

use orch_plugin::{Error, Problem};
use semver::{Version, VersionReq};

use crate::Origin;

/// A requirement as the host writes it, or a release by its own name.
pub(crate) fn requirement<O: Origin>(text: &str) -> Result<VersionReq, Error> {
    if text.trim().is_empty() {
        return Ok(VersionReq::STAR);
    }
    VersionReq::parse(text).or_else(|error| match O::parse(text.trim()) {
        Some(version) => VersionReq::parse(&format!("={version}"))
            .map_err(|error| unreadable::<O>(text, &error).into()),
        None => Err(unreadable::<O>(text, &error).into()),
    })
}

fn unreadable<O: Origin>(text: &str, error: &semver::Error) -> Problem {
    Problem::new(format!("`{text}` is no version requirement: {error}"))
        .at("version")
        .hint(O::VERSION_HINT)
}

/// How many releases are shown on either side of what was asked for.
const SHOWN: usize = 3;

/// That no release satisfies a requirement, with the nearest that there are.
pub(crate) fn none_satisfies<O: Origin>(
    requirement: &VersionReq,
    mut known: Vec<Version>,
) -> Problem {
    known.sort();
    known.dedup();
    let problem = Problem::new(format!(
        "no release of {} satisfies `{requirement}`",
        O::NAME
    ))
    .at("version");
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
    use orch_plugin::{Facts, Machine};

    use super::*;
    use crate::{Found, Silence};

    /// Releases that are spelt with a letter in front, and candidates with a `c`: `v1.23.0c1`.
    struct Letters;

    impl Origin for Letters {
        const NAME: &'static str = "Letters";
        const PACKAGE: &'static str = "pkg:pypi/letters";
        const VERSION_HINT: &'static str = "write a release";
        const SITE: &'static str = "letters.example";

        fn parse(name: &str) -> Option<Version> {
            let name = name.strip_prefix('v').unwrap_or(name);
            Version::parse(&name.replace('c', "-rc.")).ok()
        }

        fn packaged(version: &str) -> Option<Version> {
            Self::parse(version)
        }

        fn official(_: &Machine, _: &dyn Facts) -> Result<Vec<Found>, Silence> {
            Err(Silence::new("nobody is there"))
        }
    }

    #[test]
    fn candidates_come_only_when_asked_for() {
        let candidate = Letters::parse("v1.23.0c1").unwrap();
        for (text, matches) in [
            ("", false),
            ("~1.23", false),
            (">=1.22", false),
            ("1.23.0c1", true),
            ("v1.23.0c1", true),
            ("=1.23.0-rc.1", true),
        ] {
            assert_eq!(
                requirement::<Letters>(text).unwrap().matches(&candidate),
                matches,
                "{text}"
            );
        }
        assert!(requirement::<Letters>("newest").is_err());
    }

    #[test]
    fn the_nearest_releases_lie_on_both_sides() {
        let known = [
            "1.20.14", "1.21.12", "1.21.13", "1.23.0c1", "1.23.0", "1.23.1", "1.24.0", "1.25.0",
        ]
        .map(|name| Letters::parse(name).unwrap())
        .to_vec();
        let hint = |text: &str| {
            none_satisfies::<Letters>(&requirement::<Letters>(text).unwrap(), known.clone())
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
        assert!(hint("1.23.0c2").contains("`1.23.0-rc.1`"));
        assert_eq!(
            none_satisfies::<Letters>(&VersionReq::STAR, Vec::new()).hint,
            None
        );
    }
}
