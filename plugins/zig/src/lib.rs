//! Zig for `orch`: where its releases come from. One archive holds a compiler for C, C++ and
//! Zig with the C libraries of all its targets, so no sysroot is needed.
//!
//! `official` reads the site's index; what both places have in common is the releases crate's.

mod official;
#[cfg(test)]
mod tests;

use orch_plugin::toolchain_source::{Toolchain, ToolchainSource};
use orch_plugin::{Error, Facts, Machine, Tool, Variable, cache, scratch};
use orch_plugin_releases::{Found, Origin, Silence, SourceSettings};
use semver::Version;

/// The directory of compiled C libraries that is kept between runs.
const LIBRARY_CACHE: &str = "zig";

/// The plugin.
pub struct Zig;

impl Origin for Zig {
    const NAME: &'static str = "Zig";
    /// Each wheel holds what an archive of the site does, below `ziglang/`.
    const PACKAGE: &'static str = "pkg:pypi/ziglang";
    const SITE: &'static str = "ziglang.org";
    const VERSION_HINT: &'static str = "write a release such as `0.15.2`, a line such as `0.15`, or a range such as `>=0.13, <0.16`";

    fn parse(name: &str) -> Option<Version> {
        Version::parse(name)
            .ok()
            .filter(|version| *version > Version::new(0, 0, 0))
    }

    /// `.post1` counts the packages of one release.
    fn packaged(version: &str) -> Option<Version> {
        let release = version
            .split_once(".post")
            .map_or(version, |(release, _)| release);
        Self::parse(release)
    }

    fn official(host: &Machine, facts: &dyn Facts) -> Result<Vec<Found>, Silence> {
        official::releases(host, facts)
    }
}

impl ToolchainSource for Zig {
    type Settings = SourceSettings;

    fn releases(
        requirement: &str,
        host: &Machine,
        settings: SourceSettings,
        facts: &dyn Facts,
    ) -> Result<Vec<String>, Error> {
        orch_plugin_releases::releases::<Self>(requirement, host, &settings, facts)
    }

    fn locate(
        version: &str,
        host: &Machine,
        settings: SourceSettings,
        facts: &dyn Facts,
    ) -> Result<Toolchain, Error> {
        let version = Self::parse(version)
            .ok_or_else(|| Error::Failed(format!("`{version}` is no release of Zig")))?;
        let archive = orch_plugin_releases::locate::<Self>(&version, host, &settings, facts)?;
        let program = if host.names("windows") {
            "zig.exe"
        } else {
            "zig"
        };
        Ok(Toolchain {
            version: version.to_string(),
            archives: vec![archive],
            tools: vec![Tool::new("zig", program)],
            environment: environment(),
            sysroot: None,
            files: Vec::new(),
            programs: Vec::new(),
        })
    }
}

/// Where Zig keeps what it compiles: its C libraries for each target between runs, since one
/// takes a minute, and what belongs to one action nowhere.
fn environment() -> Vec<Variable> {
    vec![
        Variable::new("ZIG_GLOBAL_CACHE_DIR", cache(LIBRARY_CACHE)),
        Variable::new("ZIG_LOCAL_CACHE_DIR", scratch("zig")),
    ]
}

orch_plugin::export_toolchain_source!(Zig);
