//! The machines that GCC is made for, by LLVM's triple and by GNU's, and Debian's packages of
//! a compiler and a C library for each.

use orch_plugin::Machine;

/// One kind of machine.
struct Port {
    /// LLVM's triple.
    triple: &'static str,
    /// How GNU's triple begins.
    architecture: &'static str,
    /// How GNU's triple ends; a vendor may stand between the two.
    system: &'static str,
    /// Debian's packages, the compiler's first; none where it has none that runs everywhere.
    packages: &'static [&'static str],
}

/// `arm-unknown-linux-gnueabihf`, ARMv6 with floating point, is left out: Debian's
/// `arm-linux-gnueabihf` has the start files and the C library of ARMv7.
const PORTS: &[Port] = &[
    port(
        "aarch64-unknown-linux-gnu",
        "aarch64",
        "linux-gnu",
        &["gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross"],
    ),
    port("aarch64-unknown-linux-musl", "aarch64", "linux-musl", &[]),
    port(
        "armv5te-unknown-linux-gnueabi",
        "arm",
        "linux-gnueabi",
        &["gcc-arm-linux-gnueabi", "libc6-dev-armel-cross"],
    ),
    port(
        "armv5te-unknown-linux-musleabi",
        "arm",
        "linux-musleabi",
        &[],
    ),
    port(
        "armv7-unknown-linux-gnueabihf",
        "arm",
        "linux-gnueabihf",
        &["gcc-arm-linux-gnueabihf", "libc6-dev-armhf-cross"],
    ),
    port(
        "armv7-unknown-linux-musleabihf",
        "arm",
        "linux-musleabihf",
        &[],
    ),
    port(
        "riscv64gc-unknown-linux-gnu",
        "riscv64",
        "linux-gnu",
        &["gcc-riscv64-linux-gnu", "libc6-dev-riscv64-cross"],
    ),
    port("riscv64gc-unknown-linux-musl", "riscv64", "linux-musl", &[]),
    bare("thumbv6m-none-eabi"),
    bare("thumbv7em-none-eabi"),
    bare("thumbv7em-none-eabihf"),
    bare("thumbv7m-none-eabi"),
    bare("thumbv8m.base-none-eabi"),
    bare("thumbv8m.main-none-eabi"),
    bare("thumbv8m.main-none-eabihf"),
    port("x86_64-pc-windows-gnu", "x86_64", "w64-mingw32", &[]),
    port("x86_64-unknown-linux-gnu", "x86_64", "linux-gnu", &[]),
    port("x86_64-unknown-linux-musl", "x86_64", "linux-musl", &[]),
];

const fn port(
    triple: &'static str,
    architecture: &'static str,
    system: &'static str,
    packages: &'static [&'static str],
) -> Port {
    Port {
        triple,
        architecture,
        system,
        packages,
    }
}

/// A Cortex-M machine without a system.
const fn bare(triple: &'static str) -> Port {
    let packages = &["gcc-arm-none-eabi", "libnewlib-arm-none-eabi"];
    port(triple, "arm", "none-eabi", packages)
}

/// Whether a compiler by GNU's triple builds for a target.
pub(crate) fn is_for(gnu: &str, target: &Machine) -> bool {
    named(&target.triple).is_some_and(|port| {
        let rest = gnu
            .strip_prefix(port.architecture)
            .and_then(|rest| rest.strip_prefix('-'));
        let before = rest.and_then(|rest| rest.strip_suffix(port.system));
        before.is_some_and(|vendor| vendor.is_empty() || vendor.ends_with('-'))
    })
}

/// A target with musl, by the triple that it would have with glibc; none for other targets.
pub(crate) fn with_glibc(target: &Machine) -> Option<Machine> {
    let triple = target.triple.replace("-linux-musl", "-linux-gnu");
    (triple != target.triple).then(|| Machine::of(triple))
}

/// GNU's name of a machine with a target's instruction set, as Debian's binutils have it: they
/// read the files of every C library.
pub(crate) fn triple(target: &Machine) -> Option<String> {
    let port = named(&target.triple)?;
    let system = port.system.replace("musl", "gnu");
    Some(format!("{}-{system}", port.architecture))
}

/// Debian's packages of a compiler and a C library for a target; none where it has none.
pub(crate) fn packages(target: &Machine) -> &'static [&'static str] {
    named(&target.triple).map_or(&[], |port| port.packages)
}

/// Debian's name of the architecture of a target with musl that a GCC for glibc builds for, if
/// it is lent a sysroot; none for other targets. <https://www.debian.org/ports/>
pub(crate) fn musl_architecture(target: &Machine) -> Option<&'static str> {
    let port = named(&with_glibc(target)?.triple)?;
    Some(match (port.architecture, port.system) {
        ("aarch64", _) => "arm64",
        ("arm", "linux-gnueabi") => "armel",
        ("arm", _) => "armhf",
        ("x86_64", _) => "amd64",
        (other, _) => other,
    })
}

fn named(triple: &str) -> Option<&'static Port> {
    PORTS.iter().find(|port| port.triple == triple)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_so_that_a_target_stands_once() {
        assert!(PORTS.is_sorted_by(|one, other| one.triple < other.triple));
    }
}
