//! Looks into artifacts: what a file really is, whatever its name, and what speaks against
//! it on a target.
//!
//! This crate knows file formats and bytes in memory. It deliberately opens no file and
//! runs nothing. What it reads is not trusted: a cut or forged file is an error or a false
//! fact about itself, never a panic, and never more memory than a small part of its size.

mod anatomy;
mod archive;
mod compare;
mod elf;
mod extent;
mod firmware;
mod fit;
mod go;
mod library;
mod mach;
mod pe;
mod wasm;

pub use anatomy::{Anatomy, anatomy};
pub use archive::{ArchiveFacts, Member, MemberKind};
pub use compare::compare;
pub use elf::{ArmFacts, CodeFacts, ElfFacts, ElfKind, Guard, Segment, Symbol};
pub use fit::{Certainty, Obstacle, obstacles, unchecked};
pub use go::GoFacts;
pub use mach::{MachFacts, MachKind};
pub use pe::PeFacts;
pub use wasm::WasmFacts;

use orch_model::{Architecture, Machine, MemoryUse};

/// More names than this in one list are no artifact's.
const MOST_NAMES: usize = 4096;

/// What an artifact is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArtifactFacts {
    /// ELF: Linux and firmware.
    Elf(Box<ElfFacts>),
    /// Mach-O: macOS.
    Mach(MachFacts),
    /// PE: Windows.
    Pe(PeFacts),
    /// WebAssembly, valid.
    Wasm(WasmFacts),
    /// A static library.
    Archive(ArchiveFacts),
}

/// The formats, by how their files begin.
#[derive(Clone, Copy)]
enum Format {
    Elf,
    Mach,
    Pe,
    Wasm,
    Archive,
    ThinArchive,
}

impl Format {
    fn of(data: &[u8]) -> Option<Self> {
        match data {
            [0x7f, b'E', b'L', b'F', ..] => Some(Self::Elf),
            [0, b'a', b's', b'm', ..] => Some(Self::Wasm),
            [b'M', b'Z', ..] => Some(Self::Pe),
            [0xcf | 0xce, 0xfa, 0xed, 0xfe, ..] | [0xca, 0xfe, 0xba, 0xbe | 0xbf, ..] => {
                Some(Self::Mach)
            }
            _ if data.starts_with(b"!<arch>\n") => Some(Self::Archive),
            _ if data.starts_with(b"!<thin>\n") => Some(Self::ThinArchive),
            _ => None,
        }
    }
}

/// What `data` is. The error is a sentence without its subject: `is cut short: …`.
pub fn inspect(data: &[u8]) -> Result<ArtifactFacts, String> {
    match Format::of(data) {
        Some(Format::Elf) => elf::inspect(data).map(|facts| ArtifactFacts::Elf(Box::new(facts))),
        Some(Format::Wasm) => wasm::inspect(data).map(ArtifactFacts::Wasm),
        Some(Format::Pe) => pe::inspect(data).map(ArtifactFacts::Pe),
        Some(Format::Mach) => mach::inspect(data).map(ArtifactFacts::Mach),
        Some(Format::Archive) => archive::inspect(data).map(ArtifactFacts::Archive),
        Some(Format::ThinArchive) => Err(
            "is a thin archive, which only names files beside it; make it without `T`".to_owned(),
        ),
        None if data.is_empty() => Err("is empty".to_owned()),
        None => Err(format!(
            "is neither ELF, Mach-O, PE, WebAssembly nor a static library: it begins with `{}`",
            data[..data.len().min(16)].escape_ascii()
        )),
    }
}

/// Whether the first bytes are those of a format that [`inspect`] reads.
pub fn is_known(data: &[u8]) -> bool {
    Format::of(data).is_some()
}

/// The name of the section that a byte of a program's file lies in, where its format has
/// sections with names.
pub fn place_of(data: &[u8], offset: usize) -> Option<String> {
    use object::{Object, ObjectSection};
    let offset = u64::try_from(offset).ok()?;
    let file = object::File::parse(data).ok()?;
    let section = file.sections().find(|section| {
        section
            .file_range()
            .is_some_and(|(start, size)| (start..start.saturating_add(size)).contains(&offset))
    })?;
    section.name().ok().map(str::to_owned)
}

impl ArtifactFacts {
    /// What the artifact takes of the memories of a machine without an operating system.
    pub fn memory_uses(&self, machine: &Machine) -> Vec<MemoryUse> {
        match self {
            Self::Elf(elf) => firmware::uses(elf, machine),
            _ => Vec::new(),
        }
    }

    /// One line for people: `ELF 64-bit aarch64, statically linked, stripped`.
    pub fn summary(&self) -> String {
        match self {
            Self::Elf(facts) => facts.summary(),
            Self::Mach(facts) => facts.summary(),
            Self::Pe(facts) => facts.summary(),
            Self::Wasm(facts) => facts.summary(),
            Self::Archive(facts) => facts.summary(),
        }
    }

    /// The format's name.
    pub fn format(&self) -> &'static str {
        match self {
            Self::Elf(_) => "ELF",
            Self::Mach(_) => "Mach-O",
            Self::Pe(_) => "PE",
            Self::Wasm(_) => "WebAssembly",
            Self::Archive(_) => "archive",
        }
    }

    /// The instruction sets that it has code for, as far as `orch` knows them.
    pub fn architectures(&self) -> Vec<Architecture> {
        match self {
            Self::Elf(facts) => facts.architecture().into_iter().collect(),
            Self::Mach(facts) => facts.architectures(),
            Self::Pe(facts) => facts.architecture().into_iter().collect(),
            Self::Wasm(_) => vec![Architecture::Wasm32],
            Self::Archive(facts) => facts.architectures(),
        }
    }

    /// The name of the machine that it has code for.
    pub(crate) fn machine_name(&self) -> String {
        match self {
            Self::Elf(facts) => facts.machine_name(),
            Self::Mach(facts) => facts.machine_names(),
            Self::Pe(facts) => facts.machine_name(),
            Self::Wasm(_) => "wasm32".to_owned(),
            Self::Archive(_) => "several machines".to_owned(),
        }
    }
}

/// A text out of a file, fit to be shown: bounded, and without control characters.
fn shown(bytes: &[u8]) -> String {
    const MOST_CHARACTERS: usize = 200;
    String::from_utf8_lossy(&bytes[..bytes.len().min(4 * MOST_CHARACTERS)])
        .chars()
        .take(MOST_CHARACTERS)
        .map(|character| {
            if character.is_control() {
                '\u{fffd}'
            } else {
                character
            }
        })
        .collect()
}

/// How a format's reader complains, as the end of a sentence.
fn damaged(format: &str, error: &impl std::fmt::Display) -> String {
    format!("is a damaged {format} file: {error}")
}

/// Names for people: `` `a`, `b` and 3 more ``.
fn listed(names: &[String]) -> String {
    const MOST: usize = 5;
    let mut shown: Vec<String> = names
        .iter()
        .take(MOST)
        .map(|name| format!("`{name}`"))
        .collect();
    if names.len() > MOST {
        shown.push(format!("{} more", names.len() - MOST));
    }
    match shown.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}
