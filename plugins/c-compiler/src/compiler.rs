//! A compiler, found among toolchains, and the beginnings of its command lines.

use orch_plugin::{
    Error, InstalledToolchain, Machine, Part, Path, Root, Tool, Variable, Word, tuning_policy,
};
use semver::Version;

use crate::gcc::{Gcc, Library, Prefix};
use crate::remedy;
use crate::sysroot::{Sysroot, pkg_config};
use crate::zig::Zig;

/// What a compiler's driver takes a source for, and which libraries it links.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Language {
    /// C, and assembly that belongs to it.
    C,
    /// C++.
    Cxx,
}

/// The beginning of a command line: a program and the arguments that come first.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The program of a toolchain.
    pub program: Path,
    /// What stands before the caller's own arguments.
    pub arguments: Vec<Word>,
}

/// The compiler of one toolchain for one target machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Compiler {
    toolchain: String,
    environment: Vec<Variable>,
    kind: Kind,
    sysroot: Option<Sysroot>,
    pkg_config: Vec<Variable>,
}

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Zig(Zig),
    Gcc(Gcc),
}

/// Who made a compiler, with its release: they take different flags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Family {
    /// Zig, which has Clang inside.
    Zig(Version),
    /// The GNU Compiler Collection.
    Gcc(Version),
}

/// A compiler that a toolchain has, whatever it builds for.
#[derive(Clone, Copy, Debug)]
struct Candidate<'a> {
    toolchain: &'a InstalledToolchain,
    tool: Known<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Known<'a> {
    Zig(&'a Tool),
    Gcc(Prefix<'a>),
}

impl Compiler {
    /// The first compiler of the toolchains, in their order, that builds for a target machine.
    /// A builder gives its own toolchain first, and then those that are lent to it.
    ///
    /// # Errors
    ///
    /// `unsupported`, with what to do, where no toolchain has a compiler for the target, or
    /// where the one that is found does not know the target's CPU.
    pub fn find(
        toolchains: &[InstalledToolchain],
        target: &Machine,
        static_link: bool,
    ) -> Result<Self, Error> {
        let candidates: Vec<_> = toolchains.iter().flat_map(Candidate::of).collect();
        let refusals = candidates
            .iter()
            .map(|candidate| candidate.refusal(toolchains, target, static_link));
        let refusals: Vec<_> = refusals.collect();
        match refusals.iter().position(Option::is_none) {
            Some(fitting) => candidates[fitting].compiler(toolchains, target),
            None => Err(Error::Unsupported(remedy::none_fits(
                toolchains,
                &refusals.into_iter().flatten().collect::<Vec<_>>(),
                target,
                static_link,
            ))),
        }
    }

    /// The compiler of the build that a policy is asked about, found as its builder finds it.
    /// None where there is none: the builder says so, and what to do.
    pub fn of_advised(request: &tuning_policy::Request) -> Option<Self> {
        let own = std::iter::once(&request.toolchain);
        let toolchains: Vec<_> = own.chain(&request.tools).cloned().collect();
        Self::find(&toolchains, &request.target, request.static_link).ok()
    }

    /// The name of the toolchain that the compiler belongs to.
    pub fn toolchain(&self) -> &str {
        &self.toolchain
    }

    /// The names of all toolchains that it reads: its own, and that of the target's sysroot.
    pub fn toolchains(&self) -> Vec<&str> {
        let sysroot = self.sysroot.as_ref().and_then(Sysroot::toolchain);
        std::iter::once(self.toolchain()).chain(sysroot).collect()
    }

    /// Compiles or links, by what the caller says behind it.
    ///
    /// # Errors
    ///
    /// `unsupported`, with the package to add, where the toolchain has a GCC for C alone.
    pub fn driver(&self, language: Language) -> Result<Call, Error> {
        let (mut call, of_sysroot): (_, fn(&Sysroot) -> Vec<Word>) = match &self.kind {
            Kind::Zig(zig) => (zig.driver(language), Sysroot::for_zig),
            Kind::Gcc(gcc) => match gcc.library {
                Library::Usual => (gcc.driver(language)?, Sysroot::for_gcc),
                Library::Musl => (gcc.driver(language)?, Sysroot::for_gcc_of_glibc),
            },
        };
        let more = self.sysroot.as_ref().map(of_sysroot);
        call.arguments.extend(more.into_iter().flatten());
        Ok(call)
    }

    /// What makes `pkg-config` tell of the target's sysroot and of nothing else: its variables,
    /// `PKG_CONFIG` the first. None where no toolchain has that program.
    pub fn pkg_config(&self) -> &[Variable] {
        &self.pkg_config
    }

    /// Puts objects into a static library, by what the caller says behind it.
    ///
    /// # Errors
    ///
    /// `unsupported` where a GCC's toolchain has no `ar`.
    pub fn archiver(&self) -> Result<Call, Error> {
        match &self.kind {
            Kind::Zig(zig) => Ok(zig.archiver()),
            Kind::Gcc(gcc) => gcc.archiver(),
        }
    }

    /// Who made it, and its release.
    pub fn family(&self) -> Family {
        match &self.kind {
            Kind::Zig(zig) => Family::Zig(zig.release.clone()),
            Kind::Gcc(gcc) => Family::Gcc(gcc.release.clone()),
        }
    }

    /// What the compiler's programs need in their environment.
    pub fn environment(&self) -> &[Variable] {
        &self.environment
    }

    /// The kept directories that the environment names. An action declares them.
    pub fn caches(&self) -> Vec<&str> {
        let parts = self.environment.iter().flat_map(|variable| &variable.value);
        parts
            .filter_map(|part| match part {
                Part::Path(Path {
                    root: Root::Cache(name),
                    ..
                }) => Some(name.as_str()),
                _ => None,
            })
            .collect()
    }
}

impl<'a> Candidate<'a> {
    fn of(toolchain: &'a InstalledToolchain) -> impl Iterator<Item = Self> {
        let known = |tool: &'a Tool| match tool.name.as_str() {
            "zig" => Some(Known::Zig(tool)),
            name => Prefix::of(name).map(Known::Gcc),
        };
        let tools = toolchain.tools.iter().filter_map(known);
        tools.map(move |tool| Self { toolchain, tool })
    }

    /// Why it does not build for a target; nothing if it does.
    fn refusal(
        &self,
        toolchains: &[InstalledToolchain],
        target: &Machine,
        static_link: bool,
    ) -> Option<String> {
        let sysroot = || Sysroot::find(toolchains, &self.toolchain.name, target);
        match self.tool {
            Known::Zig(_) => Zig::refusal(target, static_link),
            Known::Gcc(prefix) => prefix.refusal(target, sysroot().is_some()),
        }
    }

    fn compiler(
        &self,
        toolchains: &[InstalledToolchain],
        target: &Machine,
    ) -> Result<Compiler, Error> {
        let kind = match self.tool {
            Known::Zig(tool) => Kind::Zig(Zig::of(self.toolchain, tool, target)?),
            Known::Gcc(prefix) => Kind::Gcc(Gcc::of(self.toolchain, prefix, target)?),
        };
        let sysroot = Sysroot::find(toolchains, &self.toolchain.name, target);
        Ok(Compiler {
            toolchain: self.toolchain.name.clone(),
            environment: self.toolchain.environment.clone(),
            kind,
            pkg_config: pkg_config(toolchains, sysroot.as_ref()),
            sysroot,
        })
    }
}

#[cfg(test)]
mod tests;
