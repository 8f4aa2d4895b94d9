//! A toolchain's directory of headers and libraries for the target: what its table may say of
//! it, and what lies in it.

use orch_plugin::{Error, Problem};

use crate::resolve::Resolved;
use crate::settings::Settings;

/// How the names of packages begin that programs can be linked with.
const C_LIBRARIES: [&str; 4] = ["libc-dev", "libc6-dev", "musl-dev", "libnewlib-dev"];

/// Refuses settings that mean nothing beside `architecture`.
pub(crate) fn check_settings(settings: &Settings) -> Result<(), Error> {
    let Some(architecture) = settings.architecture else {
        return Ok(());
    };
    let mut problems = Vec::new();
    if settings.sysroot.is_some() {
        problems.push(
            Problem::new("with `architecture` all packages are one sysroot")
                .at("sysroot")
                .hint("take `sysroot` away, or `architecture`"),
        );
    }
    if !settings.programs.is_empty() {
        problems.push(
            Problem::new(format!(
                "programs of packages for `{}` are not for the machine that builds",
                architecture.name()
            ))
            .at("programs")
            .hint("make a toolchain of its own of the packages that have them"),
        );
    }
    Error::if_any(problems)
}

/// Refuses a sysroot that nothing can be linked against.
pub(crate) fn check_c_library(settings: &Settings, resolved: &Resolved) -> Result<(), Error> {
    let is_c_library = |name: &str| {
        C_LIBRARIES
            .iter()
            .any(|beginning| name.starts_with(beginning))
    };
    let has_c_library = resolved.packages.iter().any(|(name, file)| {
        is_c_library(name) || file.provides.iter().any(|name| is_c_library(name))
    });
    let problem = Problem::new("no package of this sysroot has a C library");
    match settings {
        _ if has_c_library => Ok(()),
        Settings {
            architecture: Some(_),
            ..
        } => Err(problem
            .at("packages")
            .hint("add `libc6-dev`, or `musl-dev`")
            .into()),
        Settings {
            sysroot: Some(_), ..
        } => Err(problem
            .at("sysroot")
            .hint("add its package to `packages`, e.g. `libc6-dev-arm64-cross`")
            .into()),
        _ => Ok(()),
    }
}

/// The directory, below the root of the tree, if the toolchain has one. Packages of another
/// architecture lie in one that is called as GNU calls the machine.
pub(crate) fn directory(settings: &Settings, resolved: &Resolved) -> Option<String> {
    let Some(architecture) = settings.architecture else {
        return settings.sysroot.clone();
    };
    let has = |name| resolved.packages.contains_key(name);
    Some(match has("musl-dev") && !has("libc6-dev") {
        true => architecture.musl(),
        false => architecture.gnu().to_owned(),
    })
}
