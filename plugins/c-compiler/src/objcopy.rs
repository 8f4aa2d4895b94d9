//! The program that takes object files apart, which belongs to no compiler.

use orch_plugin::{Error, InstalledToolchain, Machine, Path};

use crate::gcc;

/// The first `objcopy` of the toolchains that reads a target's files: GNU's by the name of its
/// machine, or LLVM's, which reads all.
///
/// # Errors
///
/// `unsupported`, with what to add, where there is none, or where the target's files are not ELF.
pub fn objcopy(toolchains: &[InstalledToolchain], target: &Machine) -> Result<Path, Error> {
    let Some(gnu) = gcc::triple(target).filter(|_| !target.names("windows")) else {
        return Err(Error::Unsupported(format!(
            "debug information is taken out of ELF files only, and `{}` has others",
            target.triple
        )));
    };
    let names = [format!("{gnu}-objcopy"), "llvm-objcopy".to_owned()];
    let found = toolchains
        .iter()
        .find_map(|toolchain| names.iter().find_map(|name| toolchain.program(name)));
    found.ok_or_else(|| {
        Error::Unsupported(format!(
            "no toolchain of the build has `{gnu}-objcopy`; add `[toolchain.binutils]` with \
             `with = \"debian\"` and `packages = [\"binutils-{}\"]`, and name it in `tools`",
            gnu.replace('_', "-")
        ))
    })
}
