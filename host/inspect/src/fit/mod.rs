//! The rules by which a program runs on a machine or does not, each with what would happen
//! there and what to do. A rule that lacks a fact of the machine says nothing; [`unchecked`]
//! tells which those are.
//!
//! The machine is a real one that was asked, or what a target promises of each of its
//! machines: the rules are the same.

mod kernel;
mod libc;
mod pages;
mod processor;

use orch_model::{MachineFacts, OperatingSystem};

use crate::{ArtifactFacts, ElfFacts, ElfKind, listed};

/// How sure an obstacle is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// The program does not run there.
    Certain,
    /// It may: what was found does not prove that it is needed.
    Possible,
}

/// Something that keeps a program from running on a machine. The texts are sentences without
/// a full stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// How sure it is.
    pub certainty: Certainty,
    /// What does not fit, without its subject, the program: `needs glibc 2.34, but …`.
    pub what: String,
    /// What would happen on the machine, with the words that it would say.
    pub why: String,
    /// What to do.
    pub remedy: String,
}

impl Obstacle {
    fn certain(what: String, why: String, remedy: String) -> Self {
        Self {
            certainty: Certainty::Certain,
            what,
            why,
            remedy,
        }
    }

    fn possible(what: String, why: String, remedy: String) -> Self {
        Self {
            certainty: Certainty::Possible,
            ..Self::certain(what, why, remedy)
        }
    }
}

/// Everything that keeps the artifact from running on a machine with Linux, the certain
/// first; nothing if it would run.
pub fn obstacles(facts: &ArtifactFacts, machine: &MachineFacts) -> Vec<Obstacle> {
    let ArtifactFacts::Elf(elf) = facts else {
        return vec![other_format(facts)];
    };
    if let Some(obstacle) = no_program(elf).or_else(|| other_system(elf, machine)) {
        return vec![obstacle];
    }
    let mut found = Vec::new();
    found.extend(processor::other_architecture(elf, machine));
    if found
        .iter()
        .any(|obstacle| obstacle.certainty == Certainty::Certain)
    {
        // The rest would only say the same in other words.
        return found;
    }
    found.extend(processor::newer_arm(elf, machine));
    found.extend(processor::missing_features(elf, machine));
    found.extend(pages::obstacle(elf, machine));
    found.extend(kernel::obstacle(elf, machine));
    found.extend(libc::obstacles(elf, machine));
    found.sort_by_key(|obstacle| obstacle.certainty);
    found
}

/// What was not held against the artifact, since it is not known of the machine.
pub fn unchecked(facts: &ArtifactFacts, machine: &MachineFacts) -> Vec<&'static str> {
    let ArtifactFacts::Elf(elf) = facts else {
        return Vec::new();
    };
    let shares = elf.interpreter.is_some() || !elf.needed.is_empty();
    [
        (machine.machine.is_empty(), "its architecture"),
        (machine.page_bytes.is_empty(), "the size of its pages"),
        (machine.kernel.is_none(), "the version of its kernel"),
        (machine.features.is_none(), "the extensions of its CPU"),
        (shares && machine.loaders.is_none(), "its dynamic loaders"),
        (
            shares && machine.libraries.is_none(),
            "its shared libraries",
        ),
        (
            elf.glibc.is_some() && machine.libc.is_none_or(|libc| libc.version.is_none()),
            "the version of its C library",
        ),
    ]
    .into_iter()
    .filter_map(|(unknown, what)| unknown.then_some(what))
    .collect()
}

fn other_format(facts: &ArtifactFacts) -> Obstacle {
    if let ArtifactFacts::Archive(_) = facts {
        return Obstacle::certain(
            "is a static library, not a program".to_owned(),
            "the kernel refuses it: `Exec format error`".to_owned(),
            "take a program that is linked with it".to_owned(),
        );
    }
    let remedy = match facts {
        ArtifactFacts::Wasm(_) => "run it by a WebAssembly engine that the machine has",
        _ => "build it for Linux",
    };
    Obstacle::certain(
        format!("is a {} file, but Linux runs ELF files", facts.format()),
        "the kernel refuses it: `Exec format error`".to_owned(),
        remedy.to_owned(),
    )
}

fn no_program(elf: &ElfFacts) -> Option<Obstacle> {
    let what = match elf.kind {
        ElfKind::Executable | ElfKind::PositionIndependent | ElfKind::Shared => {
            return None;
        }
        ElfKind::Relocatable => "is not linked: it is an object file, not a program",
        ElfKind::DebugInformation => "is what debuggers read of a program, not a program",
        ElfKind::Other => "is neither a program nor a library",
    };
    Some(Obstacle::certain(
        what.to_owned(),
        "the kernel refuses it: `Exec format error`".to_owned(),
        "take the file that the linker makes".to_owned(),
    ))
}

/// Systems by number in an ELF file that are not Linux.
const OTHER_SYSTEMS: [(u8, &str); 5] = [
    (object::elf::ELFOSABI_NETBSD, "NetBSD"),
    (object::elf::ELFOSABI_SOLARIS, "Solaris"),
    (object::elf::ELFOSABI_FREEBSD, "FreeBSD"),
    (object::elf::ELFOSABI_OPENBSD, "OpenBSD"),
    (
        object::elf::ELFOSABI_STANDALONE,
        "a machine without a system",
    ),
];

fn other_system(elf: &ElfFacts, machine: &MachineFacts) -> Option<Obstacle> {
    if machine.system != Some(OperatingSystem::Linux) {
        return None;
    }
    let (_, name) = OTHER_SYSTEMS
        .iter()
        .find(|(number, _)| *number == elf.system)?;
    Some(Obstacle::certain(
        format!("is for {name}, but the machine has Linux"),
        "its first call of the system would mean something else there".to_owned(),
        "build it for Linux".to_owned(),
    ))
}

/// A size of pages or an alignment: `16 KiB`, `8 bytes`.
fn in_bytes(bytes: u64) -> String {
    match bytes {
        bytes if bytes >= 1024 && bytes.is_multiple_of(1024) => format!("{} KiB", bytes >> 10),
        bytes => format!("{bytes} bytes"),
    }
}
