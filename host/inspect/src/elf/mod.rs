//! What is known of an ELF file, and its words for people. How it is found out is told in
//! the modules below.

mod code;
mod dynamic;
mod notes;
mod sections;
mod segments;

use object::elf;

use orch_model::{Architecture, SystemVersion};

use crate::GoFacts;

pub use code::{CodeFacts, Guard};
pub(crate) use segments::inspect;

/// What an ELF file is meant for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ElfKind {
    /// A program at a fixed address.
    Executable,
    /// A program that may lie anywhere.
    PositionIndependent,
    /// A shared library.
    Shared,
    /// An object file that is not linked yet.
    Relocatable,
    /// What debuggers read of a program or library, without anything that could run.
    DebugInformation,
    /// The memory of a process that died, or something else that nobody ships.
    #[default]
    Other,
}

/// What is special to 32-bit Arm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ArmFacts {
    /// The version of the embedded ABI; today's is 5.
    pub eabi: u8,
    /// Whether floating point arguments are passed in registers of their own, where the
    /// file says so.
    pub hard_float: Option<bool>,
    /// The architecture version that its code needs, e.g. 6 or 7, where the file says so.
    pub version: Option<u8>,
}

/// A part of the file that is loaded into memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Where it begins in memory.
    pub address: u64,
    /// Where it is written to on a chip without an operating system.
    pub load_address: u64,
    /// Where it begins in the file.
    pub offset: u64,
    /// How much memory it takes.
    pub bytes: u64,
    /// How much of that is in the file.
    pub file_bytes: u64,
    /// What it says its address is a multiple of.
    pub alignment: u64,
    /// What the program may do there, `PF_…`.
    pub rights: u32,
}

/// A function or a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// Its name, as the linker knows it.
    pub name: String,
    /// Where it begins in memory.
    pub address: u64,
    /// How large it is.
    pub bytes: u64,
}

/// What is known of an ELF file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ElfFacts {
    /// 32 or 64.
    pub bits: u8,
    /// Whether numbers have their large end first.
    pub big_endian: bool,
    /// The machine's number, `EM_…`.
    pub machine: u16,
    /// The system's number, `ELFOSABI_…`.
    pub system: u8,
    /// What it is meant for.
    pub kind: ElfKind,
    /// Where it starts; 0 for none.
    pub entry: u64,
    /// The loader that it asks for.
    pub interpreter: Option<String>,
    /// The shared libraries that it asks for, in order.
    pub needed: Vec<String>,
    /// By which name programs ask for it, where it is a library that says so.
    pub soname: Option<String>,
    /// Whether it has a table of symbols for debuggers.
    pub symbols: bool,
    /// Whether it has DWARF.
    pub debug: bool,
    /// Its largest functions and variables, the largest first, as far as it names them.
    pub largest: Vec<Symbol>,
    /// What is loaded into memory, in the order of the file's headers.
    pub segments: Vec<Segment>,
    /// Whether it tells the loader of folders to search for libraries.
    pub has_run_path: bool,
    /// The highest glibc version that one of its symbols asks for.
    pub glibc: Option<SystemVersion>,
    /// The oldest Linux that it is for, where a note says so.
    pub oldest_kernel: Option<SystemVersion>,
    /// The level of x86-64 that a note says it needs, from 1 to 4.
    pub x86_level: Option<u8>,
    /// What Go's linker wrote into it, if that linked it.
    pub go: Option<GoFacts>,
    /// What its instructions tell; read for 64-bit Arm.
    pub code: Option<CodeFacts>,
    /// What is special to 32-bit Arm.
    pub arm: Option<ArmFacts>,
}

impl ElfFacts {
    /// Its instruction set family, if `orch` knows it.
    pub fn architecture(&self) -> Option<Architecture> {
        match (self.machine, self.bits, self.big_endian) {
            (elf::EM_X86_64, 64, false) => Some(Architecture::X86_64),
            (elf::EM_AARCH64, 64, false) => Some(Architecture::Aarch64),
            (elf::EM_ARM, 32, false) => Some(Architecture::Arm),
            (elf::EM_RISCV, 64, false) => Some(Architecture::Riscv64),
            _ => None,
        }
    }

    /// Whether it needs nothing of the machine that it runs on but the kernel.
    pub fn is_static(&self) -> bool {
        self.interpreter.is_none() && self.needed.is_empty()
    }

    /// The largest alignment of a loaded segment.
    pub fn alignment_bytes(&self) -> u64 {
        let alignments = self.segments.iter().map(|segment| segment.alignment);
        alignments.max().unwrap_or_default()
    }

    /// The machine's name.
    pub fn machine_name(&self) -> String {
        if let Some(architecture) = self.architecture() {
            return architecture.to_string();
        }
        match self.machine {
            elf::EM_386 => "i386".to_owned(),
            elf::EM_X86_64 => "x86_64 with 32-bit pointers".to_owned(),
            elf::EM_AARCH64 => "aarch64, big-endian or with 32-bit pointers".to_owned(),
            elf::EM_ARM => "arm, big-endian".to_owned(),
            elf::EM_RISCV => "riscv32".to_owned(),
            elf::EM_PPC64 => "powerpc64".to_owned(),
            elf::EM_S390 => "s390x".to_owned(),
            elf::EM_MIPS => "mips".to_owned(),
            elf::EM_LOONGARCH => "loongarch".to_owned(),
            elf::EM_XTENSA => "xtensa".to_owned(),
            elf::EM_AVR => "avr".to_owned(),
            number => format!("machine {number}"),
        }
    }

    pub(crate) fn summary(&self) -> String {
        let mut words = vec![format!("ELF {}-bit {}", self.bits, self.machine_name())];
        match self.kind {
            ElfKind::Relocatable => words.push("object file".to_owned()),
            ElfKind::Shared => words.push(match &self.soname {
                Some(name) => format!("shared library `{name}`"),
                None => "shared library".to_owned(),
            }),
            ElfKind::DebugInformation => words.push("debug information alone".to_owned()),
            ElfKind::Other => words.push("not a program".to_owned()),
            ElfKind::Executable | ElfKind::PositionIndependent if self.is_static() => {
                words.push("statically linked".to_owned());
            }
            ElfKind::Executable | ElfKind::PositionIndependent => {
                words.push("dynamically linked".to_owned());
            }
        }
        if let Some(version) = self.glibc {
            words.push(format!("glibc {version}"));
        }
        if self.kind == ElfKind::DebugInformation {
            return words.join(", ");
        }
        words.push(
            match (self.debug, self.symbols) {
                (true, _) => "with debug information",
                (false, true) => "not stripped",
                (false, false) => "stripped",
            }
            .to_owned(),
        );
        words.join(", ")
    }
}
