//! Static libraries: archives of object files, as `ar` makes them.
//!
//! Names longer than the header has room for are read in GNU's way and in BSD's. Archives that
//! only name files beside them ("thin" ones) and those of AIX, whose members are a linked list,
//! are not taken.

use object::read::archive::ArchiveFile;
use object::{Object, ObjectKind};

use orch_model::Architecture;

use crate::{ArtifactFacts, ElfKind, MachKind, damaged, shown};

/// More kinds of members than this are in no library.
const MOST_KINDS: usize = 16;

/// How LLVM's bitcode begins.
const BITCODE: &[u8] = b"BC\xc0\xde";

/// What is known of a static library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiveFacts {
    /// How many members it has, its tables of names and symbols aside.
    pub members: usize,
    /// What they are, each kind once.
    pub kinds: Vec<MemberKind>,
}

/// Members that are of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberKind {
    /// What each is.
    pub member: Member,
    /// The name of the first.
    pub first: String,
}

/// What a member of an archive is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Member {
    /// Code that is not linked yet.
    Object {
        /// The format's name.
        format: &'static str,
        /// The machine's name.
        machine: String,
        /// Its instruction set, if `orch` knows it.
        architecture: Option<Architecture>,
    },
    /// What LLVM keeps of a source for link-time optimisation; it tells of no machine.
    Bitcode,
    /// No object file. The text goes on behind its name: `is a program, not an object file`.
    Other(String),
}

pub(crate) fn inspect(data: &[u8]) -> Result<ArchiveFacts, String> {
    let wrong = |error: object::read::Error| damaged("archive", &error);
    let archive = ArchiveFile::parse(data).map_err(wrong)?;
    let mut facts = ArchiveFacts {
        members: 0,
        kinds: Vec::new(),
    };
    for member in archive.members() {
        let member = member.map_err(wrong)?;
        let content = member.data(data).map_err(wrong)?;
        facts.members += 1;
        let found = Member::of(content);
        if facts.kinds.iter().any(|kind| kind.member == found) {
            continue;
        }
        if facts.kinds.len() == MOST_KINDS {
            return Err(format!(
                "is no library: its members are of more than {MOST_KINDS} kinds"
            ));
        }
        facts.kinds.push(MemberKind {
            member: found,
            first: shown(member.name()),
        });
    }
    Ok(facts)
}

impl Member {
    fn of(data: &[u8]) -> Self {
        if data.starts_with(BITCODE) {
            return Self::Bitcode;
        }
        if let Some(object) = Self::of_windows(data) {
            return object;
        }
        match crate::inspect(data) {
            Ok(facts) if is_object(&facts) => Self::Object {
                format: facts.format(),
                machine: facts.machine_name(),
                architecture: facts.architectures().into_iter().next(),
            },
            Ok(facts) => Self::Other(format!("is no object file: {}", facts.summary())),
            Err(why) => Self::Other(why),
        }
    }

    /// An object file of Windows, which has no mark at its beginning but its machine's number.
    fn of_windows(data: &[u8]) -> Option<Self> {
        let machine = u16::from_le_bytes(data.get(..2)?.try_into().ok()?);
        let (machine, architecture) = match machine {
            object::pe::IMAGE_FILE_MACHINE_AMD64 => ("x86_64", Architecture::X86_64),
            object::pe::IMAGE_FILE_MACHINE_ARM64 => ("aarch64", Architecture::Aarch64),
            _ => return None,
        };
        let file: object::read::coff::CoffFile<'_> =
            object::read::coff::CoffFile::parse(data).ok()?;
        (file.kind() == ObjectKind::Relocatable).then(|| Self::Object {
            format: "COFF",
            machine: machine.to_owned(),
            architecture: Some(architecture),
        })
    }
}

/// Whether a file is code that is not linked yet. A module of WebAssembly does not say.
fn is_object(facts: &ArtifactFacts) -> bool {
    match facts {
        ArtifactFacts::Elf(elf) => elf.kind == ElfKind::Relocatable,
        ArtifactFacts::Mach(mach) => mach.kind == MachKind::Relocatable,
        ArtifactFacts::Wasm(wasm) => !wasm.component,
        ArtifactFacts::Pe(_) | ArtifactFacts::Archive(_) => false,
    }
}

impl ArchiveFacts {
    pub(crate) fn summary(&self) -> String {
        let kinds = self.kinds.iter().map(|kind| match &kind.member {
            Member::Object {
                format, machine, ..
            } => format!("{format} {machine}"),
            Member::Bitcode => "LLVM bitcode".to_owned(),
            Member::Other(_) => "other files".to_owned(),
        });
        let kinds: Vec<_> = kinds.collect();
        let members = match self.members {
            1 => "1 member".to_owned(),
            members => format!("{members} members"),
        };
        format!("static library, {members}: {}", kinds.join(", "))
    }

    /// The instruction sets of its members, each once.
    pub(crate) fn architectures(&self) -> Vec<Architecture> {
        let found = self.kinds.iter().filter_map(|kind| match kind.member {
            Member::Object { architecture, .. } => architecture,
            _ => None,
        });
        found.collect()
    }
}
