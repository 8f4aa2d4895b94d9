//! Machines that packages are made for: Debian's names, <https://www.debian.org/ports/>, and
//! those that compilers have for the same.

use orch_plugin::Machine;
use serde::Deserialize;

/// What packages are made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Architecture {
    Amd64,
    Arm64,
    Armel,
    Armhf,
    Riscv64,
}

impl Architecture {
    /// The architecture of a machine that runs Linux, where toolchains are made for it.
    pub(crate) fn of_host(machine: &Machine) -> Option<Self> {
        match machine.architecture() {
            _ if !machine.names("linux") => None,
            "x86_64" => Some(Self::Amd64),
            "aarch64" => Some(Self::Arm64),
            _ => None,
        }
    }

    /// Debian's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Amd64 => "amd64",
            Self::Arm64 => "arm64",
            Self::Armel => "armel",
            Self::Armhf => "armhf",
            Self::Riscv64 => "riscv64",
        }
    }

    /// A machine that its packages run on.
    pub(crate) fn machine(self) -> Machine {
        Machine::of(match self {
            Self::Amd64 => "x86_64-unknown-linux-gnu",
            Self::Arm64 => "aarch64-unknown-linux-gnu",
            Self::Armel => "armv5te-unknown-linux-gnueabi",
            Self::Armhf => "armv7-unknown-linux-gnueabihf",
            Self::Riscv64 => "riscv64gc-unknown-linux-gnu",
        })
    }

    /// GNU's name of the machine with glibc, which its directories of libraries have.
    pub(crate) fn gnu(self) -> &'static str {
        match self {
            Self::Amd64 => "x86_64-linux-gnu",
            Self::Arm64 => "aarch64-linux-gnu",
            Self::Armel => "arm-linux-gnueabi",
            Self::Armhf => "arm-linux-gnueabihf",
            Self::Riscv64 => "riscv64-linux-gnu",
        }
    }

    /// GNU's name of the machine with musl.
    pub(crate) fn musl(self) -> String {
        self.gnu().replace("gnu", "musl")
    }
}
