//! GCC: a compiler for one kind of machine, which its programs' names begin with.
//!
//! `prefix` reads those names, `ports` says which machines each is for, `flags` how a machine's
//! CPU is spelt and `cpu` since which release.

mod cpu;
mod flags;
mod ports;
mod prefix;

use orch_plugin::{Error, InstalledToolchain, IntoWord, Machine, Path};
use semver::Version;

use crate::compiler::{Call, Language};

pub(crate) use self::ports::{is_for, musl_architecture, packages, triple};
pub(crate) use self::prefix::Prefix;

/// The first release whose CPUs are known here.
const OLDEST: u64 = 11;

/// The C library that a compiler's programs are linked with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Library {
    /// The one that the compiler was made for, of its own toolchain or of a sysroot.
    Usual,
    /// musl of a sysroot, by a compiler that was made for glibc.
    Musl,
}

/// The GCC of one toolchain for one target machine.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Gcc {
    pub(crate) release: Version,
    pub(crate) library: Library,
    toolchain: InstalledToolchain,
    /// What the names of its programs begin with, e.g. `aarch64-linux-gnu`.
    prefix: String,
    /// What the names of its drivers end with, e.g. `-12`, or nothing.
    suffix: String,
    /// The target's CPU, e.g. `-mcpu=cortex-a76+crc`.
    flags: Vec<String>,
}

impl Gcc {
    pub(crate) fn of(
        toolchain: &InstalledToolchain,
        prefix: Prefix<'_>,
        target: &Machine,
    ) -> Result<Self, Error> {
        let release = release(toolchain)?;
        Ok(Self {
            library: prefix.library(target).unwrap_or(Library::Usual),
            toolchain: toolchain.clone(),
            prefix: prefix.text.to_owned(),
            suffix: prefix.suffix.to_owned(),
            flags: flags::of(target, &release)?,
            release,
        })
    }

    pub(crate) fn driver(&self, language: Language) -> Result<Call, Error> {
        if (language, self.library) == (Language::Cxx, Library::Musl) {
            return Err(Error::Unsupported(format!(
                "the C++ library of toolchain `{}` is made for glibc, so it builds C alone for a \
                 target with musl; add `[toolchain.zig]` and name it before `{0}`",
                self.toolchain.name
            )));
        }
        let name = match language {
            Language::C => format!("{}-gcc{}", self.prefix, self.suffix),
            Language::Cxx => format!("{}-g++{}", self.prefix, self.suffix),
        };
        let missing = || {
            format!(
                "add its package to the toolchain's, such as `packages = [\"g++-{}\"]`, or `g++{}` to \
                 its `programs` if they are the machine's own",
                self.prefix.replace('_', "-"),
                self.suffix
            )
        };
        Ok(Call {
            program: self.program(&[name], missing)?,
            arguments: self.flags.iter().map(|flag| flag.into_word()).collect(),
        })
    }

    /// The `ar` that hands objects for link-time optimisation to the compiler, or else one that
    /// does not. Those of glibc serve a GCC for musl, which may come without.
    pub(crate) fn archiver(&self) -> Result<Call, Error> {
        let glibc = self.prefix.replace("-linux-musl", "-linux-gnu");
        let names = [&self.prefix, &glibc].map(|prefix| {
            let own = format!("{prefix}-gcc-ar{}", self.suffix);
            [own, format!("{prefix}-gcc-ar"), format!("{prefix}-ar")]
        });
        let missing = || {
            "name it in the toolchain's `programs`, or `ar` if they are the machine's own"
                .to_owned()
        };
        Ok(Call {
            program: self.program(&names.concat(), missing)?,
            arguments: Vec::new(),
        })
    }

    /// The first of these programs that the toolchain has.
    fn program(&self, names: &[String], remedy: impl Fn() -> String) -> Result<Path, Error> {
        let mut found = names.iter().filter_map(|name| self.toolchain.program(name));
        found.next().ok_or_else(|| {
            Error::Unsupported(format!(
                "toolchain `{}` has no `{}`; {}",
                self.toolchain.name,
                names[0],
                remedy()
            ))
        })
    }
}

fn release(toolchain: &InstalledToolchain) -> Result<Version, Error> {
    let Ok(release) = Version::parse(&toolchain.version) else {
        return Err(Error::Failed(format!(
            "`{}` is no release of GCC",
            toolchain.version
        )));
    };
    if release.major < OLDEST {
        return Err(Error::Unsupported(format!(
            "toolchain `{}` is version {release}, and the oldest GCC whose CPUs are known is \
             {OLDEST}; where it is a set of packages or programs, name the compiler's first",
            toolchain.name
        )));
    }
    Ok(release)
}
