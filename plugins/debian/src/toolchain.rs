//! A set of packages as a toolchain: its releases, and what to fetch for one.

use std::collections::BTreeSet;

use orch_plugin::toolchain_source::{Archive, ArchiveFormat, Toolchain};
use orch_plugin::{Error, Facts, Machine, Problem, RegistryFile, log};
use semver::VersionReq;

use crate::apt::Apt;
use crate::resolve::{Resolved, resolve};
use crate::settings::{Settings, Wanted};
use crate::{programs, version};

/// Releases that satisfy a requirement, newest first: those that the versions of the first
/// package stand for.
pub(crate) fn releases(
    requirement: &str,
    host: &Machine,
    settings: &Settings,
    facts: &dyn Facts,
) -> Result<Vec<String>, Error> {
    let requirement = parsed(requirement)?;
    let apt = apt(host, settings, facts);
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
    let libraries = libraries(host, &facts.host_machine())?;
    let apt = apt(host, settings, facts);
    let mut wanted = settings.wanted();
    let first = first(settings)?;
    let known = versions(&first, settings, &apt)?;
    let pinned = known
        .iter()
        .find(|known| version::release(known).to_string() == release)
        .ok_or_else(|| {
            Error::Failed(format!(
                "no version of package `{}` is release `{release}` any more; `orch lock --update` \
                 pins what there is now",
                first.name
            ))
        })?;
    wanted[0].version = Some(pinned);
    let resolved = resolve(&wanted, &settings.exclude, &apt)?;
    check_sysroot(settings, &resolved)?;
    let programs = programs_of(&wanted, settings);
    if let Some(version) = &resolved.c_library {
        log::debug(&format!(
            "the programs of `{}` need a machine with glibc {version} or later",
            first.name
        ));
    }
    Ok(Toolchain {
        version: release.to_owned(),
        archives: resolved.packages.into_values().map(archive).collect(),
        files: programs::scripts(&programs, libraries),
        programs: Vec::new(),
        tools: programs::tools(&programs),
        environment: Vec::new(),
        sysroot: settings.sysroot.clone(),
    })
}

fn apt<'a>(host: &'a Machine, settings: &Settings, facts: &'a dyn Facts) -> Apt<'a> {
    Apt {
        distribution: settings.distribution,
        host,
        facts,
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
            resolve(&settings.wanted(), exclude, apt)?;
            Err(Error::Failed(format!(
                "package `{}` has no version",
                first.name
            )))
        }
    }
}

/// The directory of libraries of a host's programs. apt knows the packages of the machine
/// that it runs on, and of no other.
fn libraries(host: &Machine, here: &Machine) -> Result<&'static str, Error> {
    let name = match host.architecture() {
        "x86_64" => "x86_64-linux-gnu",
        "aarch64" => "aarch64-linux-gnu",
        _ => "",
    };
    let is_here = host.architecture() == here.architecture();
    if name.is_empty() || !host.names("linux") || !here.names("linux") || !is_here {
        return Err(Error::Unsupported(format!(
            "apt on this machine (`{}`) knows no packages for `{}`",
            here.triple, host.triple
        )));
    }
    Ok(name)
}

/// Refuses a sysroot that nothing can be linked against.
fn check_sysroot(settings: &Settings, resolved: &Resolved) -> Result<(), Error> {
    let is_c_library = |name: &str| {
        ["libc-dev", "libc6-dev", "musl-dev", "libnewlib-dev"]
            .iter()
            .any(|beginning| name.starts_with(beginning))
    };
    let has_c_library = resolved.packages.iter().any(|(name, file)| {
        is_c_library(name) || file.provides.iter().any(|name| is_c_library(name))
    });
    if settings.sysroot.is_none() || has_c_library {
        return Ok(());
    }
    Err(Problem::new("no package of this sysroot has a C library")
        .at("sysroot")
        .hint("add its package to `packages`, e.g. `libc6-dev-arm64-cross`")
        .into())
}

/// What the user names, or else what is known of the packages.
fn programs_of(wanted: &[Wanted<'_>], settings: &Settings) -> BTreeSet<String> {
    let known = wanted
        .iter()
        .flat_map(|package| programs::of_package(package.name));
    known.chain(settings.programs.iter().cloned()).collect()
}

fn archive(file: RegistryFile) -> Archive {
    Archive::new(ArchiveFormat::Deb, vec![file.url], file.digest).bytes(file.bytes)
}

#[cfg(test)]
mod tests;
