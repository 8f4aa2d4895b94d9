//! What a plugin can learn about the world: the trait that a plugin's functions are
//! handed, and the real one behind it.

use crate::contract::base::orch::plugin::facts;
use crate::{Machine, MachineProgram, Path, Refusal, RegistryFile, Sample, VersionArgument};

/// Questions to the host. Each but the first needs a grant, asked for in the plugin's
/// manifest; each answer is recorded and becomes part of the plan's key.
pub trait Facts {
    /// The machine that builds.
    fn host_machine(&self) -> Machine;
    /// An environment variable of the user's.
    fn variable(&self, name: &str) -> Result<String, Refusal>;
    /// A file below `source`.
    fn read(&self, path: &Path) -> Result<Vec<u8>, Refusal>;
    /// Files below `source` that a pattern matches, sorted.
    fn glob(&self, pattern: &str) -> Result<Vec<String>, Refusal>;
    /// A small document such as a release index, of 8 MiB at most. Redirects are followed on
    /// the same host only.
    fn download(&self, url: &str) -> Result<Vec<u8>, Refusal>;
    /// Versions of a package, newest first, by package URL without a version.
    fn package_versions(&self, name: &str) -> Result<Vec<String>, Refusal>;
    /// The file that a version of a package has for a machine; of an empty version, the one
    /// that the registry's client would choose.
    fn package_file(
        &self,
        name: &str,
        version: &str,
        machine: &Machine,
    ) -> Result<RegistryFile, Refusal>;
    /// A program on the user's `PATH`, asked for its version.
    fn program(&self, name: &str, argument: VersionArgument) -> Result<MachineProgram, Refusal>;
    /// What a tool of a resolved toolchain prints about the sources. No host has it yet:
    /// always refused.
    fn run(&self, tool: &Path, arguments: &[String]) -> Result<Sample, Refusal>;
}

/// The host's own answers. Outside a component there is no host, and asking panics.
#[doc(hidden)]
pub struct HostFacts;

impl Facts for HostFacts {
    fn host_machine(&self) -> Machine {
        facts::host_machine()
    }

    fn variable(&self, name: &str) -> Result<String, Refusal> {
        facts::variable(name)
    }

    fn read(&self, path: &Path) -> Result<Vec<u8>, Refusal> {
        facts::read(path)
    }

    fn glob(&self, pattern: &str) -> Result<Vec<String>, Refusal> {
        facts::glob(pattern)
    }

    fn download(&self, url: &str) -> Result<Vec<u8>, Refusal> {
        facts::download(url)
    }

    fn package_versions(&self, name: &str) -> Result<Vec<String>, Refusal> {
        facts::package_versions(name)
    }

    fn package_file(
        &self,
        name: &str,
        version: &str,
        machine: &Machine,
    ) -> Result<RegistryFile, Refusal> {
        facts::package_file(name, version, machine)
    }

    fn program(&self, name: &str, argument: VersionArgument) -> Result<MachineProgram, Refusal> {
        facts::program(name, argument)
    }

    fn run(&self, tool: &Path, arguments: &[String]) -> Result<Sample, Refusal> {
        facts::run(tool, arguments)
    }
}
