//! A place where code runs, and how its LLVM target triple is read.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A place where code runs: the host that builds, or the target built for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Machine {
    /// LLVM target triple, e.g. `aarch64-unknown-linux-musl`.
    pub triple: String,
    /// LLVM CPU name, e.g. `cortex-a76`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<String>,
    /// ISA features that may be relied on, e.g. `lse`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<String>,
    /// Cores that software may use at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cores: Option<u32>,
    /// Installed memory in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
    /// The kernel's page size in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_bytes: Option<u32>,
    /// Parts whose cores reach a memory of their own soonest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub numa_nodes: Option<u32>,
    /// What a program without an operating system is linked into; none on other machines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub memories: Vec<Memory>,
}

/// A range of addresses that keeps what is written there.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Memory {
    /// `flash` for what is there without power, `ram` for the rest; a chip may have more.
    pub name: String,
    /// Its first address.
    pub origin: u64,
    /// Its size.
    pub bytes: u64,
}

/// What a program takes of a [`Memory`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryUse {
    /// The memory's name.
    pub memory: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// From its first address to the end of what lies last in it, in bytes.
    pub used: u64,
    /// The largest functions and variables in it with their sizes in bytes, the largest first.
    pub largest: Vec<(String, u64)>,
}

/// Instruction set families that `orch` can tell apart in an artifact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Architecture {
    /// `x86_64`, 64-bit little-endian.
    X86_64,
    /// `aarch64`, 64-bit little-endian.
    Aarch64,
    /// `arm`, `armv6`, `armv7`: 32-bit little-endian.
    Arm,
    /// `riscv64`, 64-bit little-endian.
    Riscv64,
    /// `wasm32`.
    Wasm32,
}

/// Operating systems that `orch` builds for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OperatingSystem {
    /// Linux; artifacts are ELF.
    Linux,
    /// macOS; artifacts are Mach-O.
    Darwin,
    /// Windows; artifacts are PE.
    Windows,
    /// WASI, preview 1.
    Wasi,
    /// A JavaScript host of WebAssembly.
    JavaScript,
    /// No operating system: firmware.
    None,
}

impl Machine {
    /// A machine of which only the triple is known.
    pub fn of_triple(triple: impl Into<String>) -> Self {
        Self {
            triple: triple.into(),
            ..Self::default()
        }
    }

    /// The instruction set family that the triple begins with, if `orch` knows it.
    pub fn architecture(&self) -> Option<Architecture> {
        let first = self.triple.split('-').next().unwrap_or_default();
        Some(match first {
            "x86_64" => Architecture::X86_64,
            "aarch64" | "arm64" => Architecture::Aarch64,
            "wasm32" => Architecture::Wasm32,
            "riscv64" | "riscv64gc" => Architecture::Riscv64,
            arm if arm.starts_with("arm") || arm.starts_with("thumb") => Architecture::Arm,
            _ => return None,
        })
    }

    /// The operating system that the triple names, if `orch` knows it.
    pub fn operating_system(&self) -> Option<OperatingSystem> {
        self.triple.split('-').skip(1).find_map(|part| match part {
            "linux" => Some(OperatingSystem::Linux),
            "darwin" | "macos" => Some(OperatingSystem::Darwin),
            "windows" => Some(OperatingSystem::Windows),
            "wasi" | "wasip1" => Some(OperatingSystem::Wasi),
            "js" => Some(OperatingSystem::JavaScript),
            "none" => Some(OperatingSystem::None),
            _ => None,
        })
    }

    /// Whether a program for `target` starts on this machine without an emulator: the
    /// same architecture and the same system. CPU features are not compared here.
    pub fn runs(&self, target: &Machine) -> bool {
        self.architecture().is_some()
            && self.architecture() == target.architecture()
            && self.operating_system() == target.operating_system()
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Architecture::X86_64 => "x86_64",
            Architecture::Aarch64 => "aarch64",
            Architecture::Arm => "arm",
            Architecture::Riscv64 => "riscv64",
            Architecture::Wasm32 => "wasm32",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn triples_are_read() {
        for (triple, architecture, system) in [
            (
                "aarch64-unknown-linux-gnu",
                Architecture::Aarch64,
                OperatingSystem::Linux,
            ),
            (
                "armv7-unknown-linux-musleabihf",
                Architecture::Arm,
                OperatingSystem::Linux,
            ),
            (
                "arm64-apple-darwin",
                Architecture::Aarch64,
                OperatingSystem::Darwin,
            ),
            (
                "x86_64-pc-windows-gnu",
                Architecture::X86_64,
                OperatingSystem::Windows,
            ),
            ("wasm32-wasip1", Architecture::Wasm32, OperatingSystem::Wasi),
            (
                "thumbv7em-none-eabihf",
                Architecture::Arm,
                OperatingSystem::None,
            ),
        ] {
            let machine = Machine::of_triple(triple);
            assert_eq!(machine.architecture(), Some(architecture), "{triple}");
            assert_eq!(machine.operating_system(), Some(system), "{triple}");
        }
    }

    #[test]
    fn a_machine_runs_its_own_architecture_and_system_only() {
        let host = Machine::of_triple("x86_64-unknown-linux-gnu");
        assert!(host.runs(&Machine::of_triple("x86_64-unknown-linux-musl")));
        assert!(!host.runs(&Machine::of_triple("aarch64-unknown-linux-musl")));
        assert!(!host.runs(&Machine::of_triple("x86_64-pc-windows-gnu")));
    }
}
