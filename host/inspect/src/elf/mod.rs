//! What is known of an ELF file, and its words for people. How it is found out is told in
//! the modules below.

mod sections;
mod segments;

use object::elf;

use orch_model::Architecture;

pub(crate) use segments::inspect;

/// Page sizes that kernels are built with.
pub(crate) const PAGE_SIZES: [u32; 3] = [4 << 10, 16 << 10, 64 << 10];

/// What an ELF file is meant for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ElfKind {
    /// A program at a fixed address.
    Executable,
    /// A program that may lie anywhere.
    PositionIndependent,
    /// A shared library.
    Shared,
    /// An object file that is not linked yet.
    Relocatable,
    /// The memory of a process that died, or something else that nobody ships.
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

/// What is known of an ELF file.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// Whether it has a table of symbols for debuggers.
    pub symbols: bool,
    /// Whether it has DWARF.
    pub debug: bool,
    /// The largest alignment of a loaded segment.
    pub alignment_bytes: u64,
    /// The page sizes, of those that kernels have, that it can be loaded with.
    pub page_bytes: Vec<u32>,
    /// The highest glibc version that one of its symbols asks for.
    pub glibc: Option<(u32, u32, u32)>,
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
            ElfKind::Shared => words.push("shared library".to_owned()),
            ElfKind::Other => words.push("not a program".to_owned()),
            ElfKind::Executable | ElfKind::PositionIndependent if self.is_static() => {
                words.push("statically linked".to_owned());
            }
            ElfKind::Executable | ElfKind::PositionIndependent => {
                words.push("dynamically linked".to_owned());
            }
        }
        if let Some((major, minor, patch)) = self.glibc {
            words.push(match patch {
                0 => format!("glibc {major}.{minor}"),
                patch => format!("glibc {major}.{minor}.{patch}"),
            });
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
