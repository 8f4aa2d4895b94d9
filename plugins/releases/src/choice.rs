//! The first place that can help is believed, and if none can, what each of them said is told.

use orch_plugin::toolchain_source::Archive;
use orch_plugin::{Error, Facts, Machine};
use semver::Version;

use crate::{Origin, Place, SourceSettings, requirement};

/// Releases that satisfy a requirement, newest first.
pub fn releases<O: Origin>(
    requirement: &str,
    host: &Machine,
    settings: &SourceSettings,
    facts: &dyn Facts,
) -> Result<Vec<String>, Error> {
    let requirement = requirement::requirement::<O>(requirement)?;
    let places = Place::chosen::<O>(settings)?;
    let mut known = Vec::new();
    let mut said = Vec::new();
    for place in places {
        let versions: Vec<Version> = match place.releases::<O>(host, facts) {
            Ok(found) => found.into_iter().map(|found| found.version).collect(),
            Err(silence) => {
                said.push(place.said(&silence));
                continue;
            }
        };
        let mut matching: Vec<_> = versions
            .iter()
            .filter(|version| requirement.matches(version))
            .collect();
        if !matching.is_empty() {
            matching.sort();
            matching.dedup();
            return Ok(matching.into_iter().rev().map(Version::to_string).collect());
        }
        known.extend(versions);
    }
    if known.is_empty() && !said.is_empty() {
        return Err(Error::Failed(format!(
            "no place that {} comes from could say which releases there are: {}",
            O::NAME,
            said.join("; ")
        )));
    }
    let mut problem = requirement::none_satisfies::<O>(&requirement, known);
    if !said.is_empty() {
        problem
            .message
            .push_str(&format!(", as far as could be asked ({})", said.join("; ")));
    }
    Err(problem.into())
}

/// What to fetch for one release, by its exact version.
///
/// # Errors
///
/// `unsupported` where there are archives, but none for this host.
pub fn locate<O: Origin>(
    version: &Version,
    host: &Machine,
    settings: &SourceSettings,
    facts: &dyn Facts,
) -> Result<Archive, Error> {
    let mut said = Vec::new();
    let mut has_none_for_host = false;
    for place in Place::chosen::<O>(settings)? {
        match place.locate::<O>(version, host, facts) {
            Ok(Some(archive)) if settings.slim => return Ok(archive.without(O::SLIM)),
            Ok(Some(archive)) => return Ok(archive),
            Ok(None) => has_none_for_host = true,
            Err(silence) => said.push(place.said(&silence)),
        }
    }
    if has_none_for_host && said.is_empty() {
        return Err(Error::Unsupported(format!(
            "there is no archive of {} {version} for `{}`",
            O::NAME,
            host.triple
        )));
    }
    if has_none_for_host {
        said.push(format!(
            "elsewhere there is no archive for `{}`",
            host.triple
        ));
    }
    Err(Error::Failed(format!(
        "no place has {} {version}: {}",
        O::NAME,
        said.join("; ")
    )))
}
