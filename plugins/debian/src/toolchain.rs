//! A set of packages as a toolchain: its releases, and what to fetch for one.

use std::collections::BTreeSet;

use orch_plugin::toolchain_source::{Archive, ArchiveFormat, Toolchain};
use orch_plugin::{Error, Facts, Machine, Problem, RegistryFile, log};
use semver::VersionReq;

use crate::apt::Apt;
use crate::architecture::Architecture;
use crate::resolve::{Purpose, resolve};
use crate::settings::{Settings, Wanted};
use crate::{programs, sysroot, version};

/// Releases that satisfy a requirement, newest first: those that the versions of the first
/// package stand for.
pub(crate) fn releases(
    requirement: &str,
    host: &Machine,
    settings: &Settings,
    facts: &dyn Facts,
) -> Result<Vec<String>, Error> {
    let requirement = parsed(requirement)?;
    let apt = apt(host, settings, facts)?;
    let first = first(settings)?;
    let known = versions(&first, settings, &apt)?;
    let releases = known.iter().map(|known| version::release(known));
    let fitting: Vec<String> = releases
        .filter(|release| requirement.matches(release))
        .map(|release| release.to_string())
        .collect();
    if fitting.is_empty() {
        return Err(Problem::new(format!(
            "no version of package `{}` satisfies `{requirement}`",
            first.name
        ))
        .at("version")
        .hint(format!("there is `{}`", known.join("`, `")))
        .into());
    }
    Ok(fitting)
}

/// What to fetch for one release.
pub(crate) fn locate(
    release: &str,
    host: &Machine,
    settings: &Settings,
    facts: &dyn Facts,
) -> Result<Toolchain, Error> {
    let located = locate_packages(release, host, settings, facts);
    if Architecture::of_host(host) == Architecture::of_host(&facts.host_machine()) {
        return located;
    }
    // Other hosts are covered where apt's sources have their packages.
    located.map_err(|error| {
        let why = match error {
            Error::Failed(why) | Error::Unsupported(why) => why,
            Error::Invalid(problems) => {
                let messages: Vec<_> = problems.into_iter().map(|one| one.message).collect();
                messages.join("; ")
            }
        };
        log::debug(&format!("no toolchain for `{}`: {why}", host.triple));
        Error::Unsupported(why)
    })
}

fn locate_packages(
    release: &str,
    host: &Machine,
    settings: &Settings,
    facts: &dyn Facts,
) -> Result<Toolchain, Error> {
    let apt = apt(host, settings, facts)?;
    sysroot::check_settings(settings)?;
    let mut wanted = settings.wanted();
    let first = first(settings)?;
    let known = versions(&first, settings, &apt)?;
    let pinned = known
        .iter()
        .find(|known| version::release(known).to_string() == release)
        .ok_or_else(|| {
            Problem::new(format!(
                "no version of package `{}` is release `{release}`",
                first.name
            ))
            .at("version")
            .hint(
                "`apt-get update` renews apt's lists, where they are older than `orch.lock`; `orch \
                 lock --update` pins what they have",
            )
        })?;
    wanted[0].version = Some(pinned);
    let resolved = resolve(&wanted, &settings.exclude, settings.purpose(), &apt)?;
    sysroot::check_c_library(settings, &resolved)?;
    if let Some(version) = &resolved.c_library
        && settings.purpose() == Purpose::Programs
    {
        log::debug(&format!(
            "the programs of `{}` need a machine with glibc {version} or later",
            first.name
        ));
    }
    let directory = sysroot::directory(settings, &resolved);
    let into = match settings.architecture {
        Some(_) => directory.as_deref().unwrap_or_default(),
        None => "",
    };
    let programs = programs_of(&wanted, settings, apt.architecture);
    let files = resolved.packages.values().cloned();
    Ok(Toolchain {
        version: release.to_owned(),
        archives: files.map(|file| archive(file, into)).collect(),
        files: programs::scripts(&programs, apt.architecture.gnu()),
        programs: Vec::new(),
        tools: programs::tools(&programs),
        environment: Vec::new(),
        sysroot: directory,
    })
}

/// Packages that a toolchain for a host is made of: the host's own, or those of its sysroot.
/// apt is there on Linux only.
fn apt<'a>(host: &Machine, settings: &Settings, facts: &'a dyn Facts) -> Result<Apt<'a>, Error> {
    let here = facts.host_machine();
    match (Architecture::of_host(host), Architecture::of_host(&here)) {
        (Some(of_host), Some(of_here)) => {
            let architecture = settings.architecture.unwrap_or(of_host);
            Ok(Apt {
                distribution: settings.distribution,
                architecture,
                is_foreign: architecture != of_here,
                facts,
            })
        }
        _ => Err(Error::Unsupported(format!(
            "apt on this machine (`{}`) knows no packages for `{}`",
            here.triple, host.triple
        ))),
    }
}

fn parsed(requirement: &str) -> Result<VersionReq, Error> {
    if requirement.trim().is_empty() {
        return Ok(VersionReq::STAR);
    }
    VersionReq::parse(requirement).map_err(|error| {
        Problem::new(format!(
            "`{requirement}` is no version requirement: {error}"
        ))
        .at("version")
        .hint("write the numbers that the first package's version begins with, e.g. `12.2`")
        .into()
    })
}

/// The package whose version is the toolchain's.
fn first(settings: &Settings) -> Result<Wanted<'_>, Error> {
    settings.wanted().into_iter().next().ok_or_else(|| {
        Problem::new("a toolchain of packages needs a package")
            .hint("write `packages = [\"gcc-aarch64-linux-gnu\"]`")
            .into()
    })
}

/// The versions that the first package may have, newest first.
fn versions(first: &Wanted<'_>, settings: &Settings, apt: &Apt<'_>) -> Result<Vec<String>, Error> {
    if let Some(version) = first.version {
        return Ok(vec![version.to_owned()]);
    }
    match apt.versions(first.name)? {
        Some(versions) => Ok(versions),
        // Says so, together with everything else that is wrong.
        None => {
            let exclude = &settings.exclude;
            resolve(&settings.wanted(), exclude, settings.purpose(), apt)?;
            Err(Error::Failed(format!(
                "package `{}` has no version",
                first.name
            )))
        }
    }
}

/// What the user names, or else what is known of the packages.
fn programs_of(
    wanted: &[Wanted<'_>],
    settings: &Settings,
    architecture: Architecture,
) -> BTreeSet<String> {
    if settings.architecture.is_some() {
        return BTreeSet::new(); // They are another machine's.
    }
    let known = wanted
        .iter()
        .flat_map(|package| programs::of_package(package.name, architecture.gnu()));
    known.chain(settings.programs.iter().cloned()).collect()
}

fn archive(file: RegistryFile, into: &str) -> Archive {
    Archive::new(ArchiveFormat::Deb, vec![file.url], file.digest)
        .bytes(file.bytes)
        .below(into)
}

#[cfg(test)]
mod tests;
