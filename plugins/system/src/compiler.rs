//! The machine's own C compiler and what belongs to it by their full names, which say what machine
//! they build for: `gcc` is `x86_64-linux-gnu-gcc` on such a machine.

use orch_plugin::Machine;

/// Programs of GCC, which may stand beside each other in several releases: `gcc-12`.
const OF_COMPILER: [&str; 6] = ["gcc", "g++", "cpp", "gcc-ar", "gcc-nm", "gcc-ranlib"];

/// Programs of the binutils.
const OF_BINUTILS: [&str; 8] = [
    "ar", "as", "ld", "nm", "objcopy", "objdump", "ranlib", "strip",
];

/// musl's wrapper of the machine's GCC: <https://www.musl-libc.org/how.html>
const MUSL: &str = "musl-gcc";

/// The name that a program would have as a cross compiler's; none of other programs, and on
/// other systems, where `gcc` may be another compiler. A Linux is taken for one with glibc.
pub(crate) fn full_name(program: &str, host: &Machine) -> Option<String> {
    if !host.names("linux") {
        return None;
    }
    let architecture = host.architecture();
    if program == MUSL {
        return Some(format!("{architecture}-linux-musl-gcc"));
    }
    let is_known =
        OF_BINUTILS.contains(&program) || OF_COMPILER.contains(&without_release(program));
    is_known.then(|| format!("{architecture}-linux-gnu-{program}"))
}

/// `gcc-12` without what tells it from other releases.
fn without_release(program: &str) -> &str {
    match program.rsplit_once('-') {
        Some((name, release)) if release.starts_with(|first: char| first.is_ascii_digit()) => name,
        _ => program,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compiler_is_known_by_the_machine_that_it_builds_for() {
        let linux = Machine::of("aarch64-unknown-linux-gnu");
        for (program, full) in [
            ("gcc", Some("aarch64-linux-gnu-gcc")),
            ("g++-12", Some("aarch64-linux-gnu-g++-12")),
            ("gcc-ar-12.2", Some("aarch64-linux-gnu-gcc-ar-12.2")),
            ("objcopy", Some("aarch64-linux-gnu-objcopy")),
            ("musl-gcc", Some("aarch64-linux-musl-gcc")),
            ("arm-none-eabi-gcc", None),
            ("cc", None),
            ("make", None),
        ] {
            assert_eq!(full_name(program, &linux).as_deref(), full, "{program}");
        }
        let mac = Machine::of("aarch64-apple-darwin");
        assert_eq!(full_name("gcc", &mac), None);
    }
}
