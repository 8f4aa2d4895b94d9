//! Which programs well-known packages have, and how programs are started that were made to
//! lie in `/usr`.

use std::collections::BTreeSet;

use orch_plugin::{TextFile, Tool};

/// Where the scripts lie that start programs; no package has anything there.
const FOLDER: &str = "orch/bin";

/// The cross compilers of Debian: the end of a package's name, and the beginning of its
/// programs' names.
const COMPILERS: [(&str, &str); 11] = [
    ("aarch64-linux-gnu", "aarch64-linux-gnu"),
    ("arm-linux-gnueabi", "arm-linux-gnueabi"),
    ("arm-linux-gnueabihf", "arm-linux-gnueabihf"),
    ("i686-linux-gnu", "i686-linux-gnu"),
    ("powerpc64le-linux-gnu", "powerpc64le-linux-gnu"),
    ("riscv64-linux-gnu", "riscv64-linux-gnu"),
    ("s390x-linux-gnu", "s390x-linux-gnu"),
    ("x86-64-linux-gnu", "x86_64-linux-gnu"),
    ("arm-none-eabi", "arm-none-eabi"),
    ("riscv64-unknown-elf", "riscv64-unknown-elf"),
    ("avr", "avr"),
];

/// Programs of `gcc-…` that `binutils-…` does not have.
const OF_COMPILER: [&str; 6] = ["gcc", "cpp", "gcc-ar", "gcc-nm", "gcc-ranlib", "gcov"];

/// Programs of `binutils-…`.
const OF_BINUTILS: [&str; 13] = [
    "addr2line",
    "ar",
    "as",
    "c++filt",
    "ld",
    "nm",
    "objcopy",
    "objdump",
    "ranlib",
    "readelf",
    "size",
    "strings",
    "strip",
];

/// Other packages with programs that are wanted of them.
const OTHERS: [(&str, &[&str]); 6] = [
    ("cmake", &["cmake", "ctest"]),
    ("gdb-multiarch", &["gdb-multiarch"]),
    ("make", &["make"]),
    ("ninja-build", &["ninja"]),
    ("pkgconf-bin", &["pkgconf"]),
    (
        "qemu-user-static",
        &[
            "qemu-aarch64-static",
            "qemu-arm-static",
            "qemu-riscv64-static",
        ],
    ),
];

/// C libraries for cross compilers, which have no programs.
const LIBRARIES: [&str; 5] = [
    "libc6-dev-arm64-cross",
    "libc6-dev-armel-cross",
    "libc6-dev-armhf-cross",
    "libc6-dev-riscv64-cross",
    "libnewlib-arm-none-eabi",
];

/// Whether a package is known for its programs.
pub(crate) fn are_in_package(package: &str) -> bool {
    !of_package(package, "").is_empty()
}

/// The programs of a well-known package that is made for a machine, by GNU's name of it.
pub(crate) fn of_package(package: &str, gnu: &str) -> Vec<String> {
    if let Some((_, programs)) = OTHERS.iter().find(|(name, _)| *name == package) {
        return programs.iter().map(|&program| program.to_owned()).collect();
    }
    let kinds: [(&str, &[&[&str]]); 3] = [
        ("gcc", &[&OF_COMPILER, &OF_BINUTILS]),
        ("g++", &[&["g++"], &OF_COMPILER, &OF_BINUTILS]),
        ("binutils", &[&OF_BINUTILS]),
    ];
    for (kind, programs) in kinds {
        let prefix = package.strip_prefix(kind).and_then(|rest| match rest {
            "" => Some(gnu),
            rest => prefix(rest.strip_prefix('-')?),
        });
        if let Some(prefix) = prefix {
            let names = programs.iter().flat_map(|list| list.iter());
            return names.map(|name| format!("{prefix}-{name}")).collect();
        }
    }
    Vec::new()
}

fn prefix(compiler: &str) -> Option<&'static str> {
    let (_, prefix) = COMPILERS.iter().find(|(name, _)| *name == compiler)?;
    Some(prefix)
}

/// Names of packages that are well known.
pub(crate) fn packages() -> Vec<String> {
    let compilers = COMPILERS
        .iter()
        .flat_map(|(name, _)| ["gcc", "g++", "binutils"].map(|kind| format!("{kind}-{name}")));
    let own = ["gcc", "g++", "binutils"];
    let others = OTHERS.iter().map(|(name, _)| *name);
    let others = others.chain(LIBRARIES).chain(own);
    compilers.chain(others.map(str::to_owned)).collect()
}

/// A tool for each program, which is the script that starts it.
pub(crate) fn tools(programs: &BTreeSet<String>) -> Vec<Tool> {
    let tool = |name: &String| Tool::new(name, path(name));
    programs.iter().map(tool).collect()
}

/// The scripts behind [`tools`], for programs that run on machines with this directory of
/// libraries (`x86_64-linux-gnu`).
pub(crate) fn scripts(programs: &BTreeSet<String>, libraries: &str) -> Vec<TextFile> {
    let kinds = [
        Kind::CompilerOfItsMachine,
        Kind::CompilerForLinux,
        Kind::CompilerForBareArm,
        Kind::Other,
    ];
    let files = kinds.map(|kind| {
        let names = programs
            .iter()
            .filter(|name| Kind::of(name, libraries) == kind);
        let paths = names.map(|name| path(name)).collect();
        TextFile::program(paths, script(libraries, kind.arguments()))
    });
    let files = files.into_iter().filter(|file| !file.paths.is_empty());
    files.collect()
}

/// What a program has to be told of where its packages lie.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// It builds for the machine that it runs on. Like the next, and it looks for its assembler
    /// and linker on the `PATH`, where the machine's own may be.
    CompilerOfItsMachine,
    /// Its linker scripts name their files from `/`.
    CompilerForLinux,
    /// The packages of newlib are made known to it by `update-alternatives` when they are
    /// installed: `libnewlib-dev.postinst`, `libnewlib-arm-none-eabi.postinst`. C++'s own headers
    /// include C's, so those are searched after them.
    CompilerForBareArm,
    Other,
}

impl Kind {
    fn of(program: &str, libraries: &str) -> Self {
        let compiles = ["gcc", "g++", "cpp"].iter().any(|end| {
            program
                .strip_suffix(end)
                .is_some_and(|rest| rest.ends_with('-'))
        });
        match compiles {
            true if program.starts_with(libraries) => Self::CompilerOfItsMachine,
            true if program.contains("-linux-") => Self::CompilerForLinux,
            true if program.starts_with("arm-none-eabi-") => Self::CompilerForBareArm,
            _ => Self::Other,
        }
    }

    /// Lines that add arguments to those of the caller.
    fn arguments(self) -> &'static str {
        match self {
            Self::CompilerOfItsMachine => {
                "set -- --sysroot=\"$root\" -B\"$root/usr/bin/\" \"$@\"\n"
            }
            Self::CompilerForLinux => "set -- --sysroot=\"$root\" \"$@\"\n",
            Self::CompilerForBareArm => {
                r#"if [ -d "$root/usr/lib/arm-none-eabi/newlib" ]; then
    case " $* " in
    *" --specs=nano.specs "*) set -- "$@" -idirafter "$root/usr/include/newlib/nano" ;;
    esac
    set -- "$@" -B"$root/usr/lib/arm-none-eabi/newlib/" -idirafter "$root/usr/include/newlib"
fi
"#
            }
            Self::Other => "",
        }
    }
}

fn path(program: &str) -> String {
    format!("{FOLDER}/{program}")
}

fn script(libraries: &str, arguments: &str) -> String {
    format!(
        r#"#!/bin/sh
# Starts the program of this name where its package was unpacked.
root=${{0%/{FOLDER}/*}}
name=${{0##*/}}
program=$root/usr/bin/$name
if [ ! -x "$program" ]; then
    echo "$name: no package of this toolchain has a program of this name; see \`packages\` and \`programs\` in its table" >&2
    exit 127
fi
LD_LIBRARY_PATH=$root/usr/lib/{libraries}:$root/lib/{libraries}
export LD_LIBRARY_PATH
{arguments}exec "$program" "$@"
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_known_packages_have_programs() {
        let first = |package| of_package(package, "x86_64-linux-gnu").into_iter().next();
        for (package, program) in [
            ("gcc-aarch64-linux-gnu", Some("aarch64-linux-gnu-gcc")),
            ("g++-arm-linux-gnueabihf", Some("arm-linux-gnueabihf-g++")),
            ("gcc-arm-none-eabi", Some("arm-none-eabi-gcc")),
            ("binutils-avr", Some("avr-addr2line")),
            ("gdb-multiarch", Some("gdb-multiarch")),
            ("gcc-x86-64-linux-gnu", Some("x86_64-linux-gnu-gcc")),
            ("gcc", Some("x86_64-linux-gnu-gcc")),
            ("gcc-12-base", None),
            ("libc6-dev-arm64-cross", None),
        ] {
            assert_eq!(first(package).as_deref(), program, "{package}");
        }
        assert!(packages().contains(&"g++-arm-none-eabi".to_owned()));
    }

    #[test]
    fn compilers_are_told_where_their_system_lies() {
        let programs = [
            "x86_64-linux-gnu-gcc",
            "aarch64-linux-gnu-gcc",
            "aarch64-linux-gnu-ar",
            "arm-none-eabi-gcc",
            "arm-none-eabi-ar",
        ];
        let programs = programs.map(str::to_owned).into();
        let [own, compilers, bare, others] = &scripts(&programs, "x86_64-linux-gnu")[..] else {
            panic!("there are four kinds");
        };
        assert_eq!(own.paths, ["orch/bin/x86_64-linux-gnu-gcc"]);
        assert!(own.text.contains("-B\"$root/usr/bin/\""));
        assert_eq!(compilers.paths, ["orch/bin/aarch64-linux-gnu-gcc"]);
        assert!(compilers.text.contains("--sysroot"));
        assert_eq!(bare.paths, ["orch/bin/arm-none-eabi-gcc"]);
        assert!(bare.text.contains("newlib") && !others.text.contains("newlib"));
        assert_eq!(others.paths.len(), 2);
        assert!(!others.text.contains("--sysroot"));
        for file in [own, compilers, bare, others] {
            assert!(file.executable);
            assert!(
                file.text.contains("$root/usr/lib/x86_64-linux-gnu:"),
                "{}",
                file.text
            );
        }
    }
}
