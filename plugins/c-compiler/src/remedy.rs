//! What to say where no compiler fits: why each that there is does not, and which would.

use orch_plugin::{InstalledToolchain, Machine};

use crate::gcc;
use crate::zig::Zig;

/// The whole message, for toolchains whose compilers were refused for these reasons.
pub(crate) fn none_fits(
    toolchains: &[InstalledToolchain],
    refusals: &[String],
    target: &Machine,
    static_link: bool,
) -> String {
    let names: Vec<_> = toolchains
        .iter()
        .map(|toolchain| format!("`{}`", toolchain.name))
        .collect();
    let refused = match refusals {
        [] => format!("toolchain {} has no C compiler", names.join(", ")),
        refusals => refusals.join(", "),
    };
    let triple = &target.triple;
    match tables(target, static_link) {
        tables if tables.is_empty() => match static_link {
            true => format!("{refused}; no known compiler links static programs for `{triple}`"),
            false => format!("{refused}; no known compiler builds for `{triple}`"),
        },
        tables => format!(
            "{refused}; for `{triple}` add {} and name it in the build's `toolchain` or `tools`",
            tables.join(", or ")
        ),
    }
}

/// The tables of toolchains that have a compiler for a target.
fn tables(target: &Machine, static_link: bool) -> Vec<String> {
    let zig = Zig::refusal(target, static_link).is_none();
    let zig = zig.then(|| "`[toolchain.zig]`".to_owned());
    let packages: Vec<_> = gcc::packages(target)
        .iter()
        .map(|package| format!("\"{package}\""))
        .collect();
    let gcc = (!packages.is_empty()).then(|| {
        let packages = packages.join(", ");
        format!("`[toolchain.gcc]` with `with = \"debian\"` and `packages = [{packages}]`")
    });
    let others = [gcc, musl(target), of_machine(target)];
    zig.into_iter()
        .chain(others.into_iter().flatten())
        .collect()
}

/// The table of a machine's own GCC, where toolchains run on such machines.
fn of_machine(target: &Machine) -> Option<String> {
    let hosts = ["aarch64-unknown-linux-gnu", "x86_64-unknown-linux-gnu"];
    hosts.contains(&target.triple.as_str()).then(|| {
        format!(
            "`[toolchain.host]` with `with = \"system\"` and `programs = [\"gcc\"]` on a machine \
             with {}",
            target.architecture()
        )
    })
}

/// The table of a sysroot with which a GCC for glibc builds for a target with musl.
fn musl(target: &Machine) -> Option<String> {
    let architecture = gcc::musl_architecture(target)?;
    Some(format!(
        "`[toolchain.musl]` with `with = \"debian\"`, `architecture = \"{architecture}\"` and \
         `packages = [\"musl-dev\"]` beside a GCC for `{}`",
        gcc::triple(target)?
    ))
}
