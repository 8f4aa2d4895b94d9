//! Whether a CPU executes a program: its architecture, the version of it, its extensions.

use orch_model::{Architecture, MachineFacts, SystemVersion};

use super::Obstacle;
use crate::elf::{CodeFacts, Guard};
use crate::{ElfFacts, GoFacts};

/// The program is for another architecture.
pub(super) fn other_architecture(elf: &ElfFacts, machine: &MachineFacts) -> Option<Obstacle> {
    if machine.machine.is_empty() {
        return None;
    }
    if elf.architecture().is_some() && elf.architecture() == machine.architecture {
        return None;
    }
    let what = format!(
        "is for {}, but the machine is {}",
        elf.machine_name(),
        machine.machine
    );
    let loaded_here = elf
        .interpreter
        .as_ref()
        .is_some_and(|wanted| machine.loaders.as_ref().is_some_and(|l| l.contains(wanted)));
    let narrow = matches!(
        (elf.machine, machine.architecture),
        (object::elf::EM_ARM, Some(Architecture::Aarch64))
            | (object::elf::EM_386, Some(Architecture::X86_64))
    );
    match narrow {
        // Who installed its loader there runs such programs.
        true if loaded_here => None,
        true => Some(Obstacle::possible(
            what,
            "it runs only if the kernel was built for 32-bit programs too, and the CPU executes \
             them; newer 64-bit cores for servers do not: `Exec format error`"
                .to_owned(),
            "build it for the 64-bit architecture".to_owned(),
        )),
        false => Some(Obstacle::certain(
            what,
            "the kernel refuses it: `Exec format error`".to_owned(),
            format!(
                "build it for {}: `orch target list` shows platforms",
                machine.machine
            ),
        )),
    }
}

/// The program is for a later version of the Arm architecture.
pub(super) fn newer_arm(elf: &ElfFacts, machine: &MachineFacts) -> Option<Obstacle> {
    let found = machine.arm_version?;
    let said = elf.arm.and_then(|arm| arm.version);
    let built = elf
        .go
        .as_ref()
        .and_then(|go| leading_digit(go.arm.as_ref()?));
    let needed = said.max(built)?;
    (elf.architecture() == Some(Architecture::Arm) && needed > found).then(|| {
        Obstacle::certain(
            format!("is for Armv{needed}, but the machine is Armv{found}"),
            "it dies at the first instruction that the CPU does not know: \
             `Illegal instruction` (SIGILL)"
                .to_owned(),
            format!(
                "build it with `-march=armv{found}` and libraries of that version (Debian's \
                 `armhf` is Armv7), in Go with `GOARM={found}`"
            ),
        )
    })
}

fn leading_digit(text: &str) -> Option<u8> {
    u8::try_from(text.chars().next()?.to_digit(10)?).ok()
}

/// The program relies on extensions that the CPU does not have.
pub(super) fn missing_features(elf: &ElfFacts, machine: &MachineFacts) -> Vec<Obstacle> {
    let Some(features) = &machine.features else {
        return Vec::new();
    };
    let has = |name: &str| features.contains(name);
    let mut found = Vec::new();
    match elf.architecture() {
        Some(Architecture::Aarch64) => {
            found.extend((!has("atomics")).then(|| lse(elf)).flatten());
            found.extend((!has("sve")).then(|| sve(elf)).flatten());
        }
        Some(Architecture::X86_64) => found.extend(x86_level(elf, has)),
        _ => {}
    }
    found
}

const BASELINE: &str = "build it for the machine's CPU or the first version of the architecture: \
                        `-march=armv8-a`, in Go `GOARM64=v8.0`";

/// Atomic instructions of ARMv8.1. Whoever wrote `v8.1` or `lse` for Go said that they are
/// needed; in other programs they are found by their encoding.
fn lse(elf: &ElfFacts) -> Option<Obstacle> {
    let why = "it dies at the first of them: `Illegal instruction` (SIGILL)".to_owned();
    if let Some(go) = &elf.go {
        let setting = go.arm64.as_ref().filter(|setting| needs_lse(setting))?;
        return Some(Obstacle::certain(
            format!(
                "is built with `GOARM64={setting}`, which uses the atomic instructions of \
                 ARMv8.1 (LSE), but the machine's CPU knows none"
            ),
            why,
            BASELINE.to_owned(),
        ));
    }
    let code = elf.code?;
    by_instructions(
        code,
        code.unguarded_lse,
        "atomic instructions of ARMv8.1 (LSE)",
        why,
    )
}

/// `GOARM64`: `v8.0,lse`, or any later version than 8.0.
fn needs_lse(setting: &str) -> bool {
    let mut words = setting.split(',');
    words.next().is_some_and(|version| version != "v8.0") || words.any(|word| word == "lse")
}

fn sve(elf: &ElfFacts) -> Option<Obstacle> {
    // Go's compiler makes none, and its assembly looks first.
    let code = elf.code.filter(|_| elf.go.is_none())?;
    let why = "it dies at the first of them: `Illegal instruction` (SIGILL)".to_owned();
    by_instructions(
        code,
        code.sve,
        "instructions of the vector extension SVE",
        why,
    )
}

fn by_instructions(code: CodeFacts, count: usize, which: &str, why: String) -> Option<Obstacle> {
    if count == 0 {
        return None;
    }
    let places = if count == 1 { "place" } else { "places" };
    let what = format!("has {which} in {count} {places}, but the machine's CPU knows none");
    Some(match code.guard {
        Guard::Impossible => Obstacle::certain(what, why, BASELINE.to_owned()),
        Guard::Possible => Obstacle::possible(
            what,
            format!(
                "if it looks what the CPU has before, as glibc's own functions do, it runs; \
                 otherwise {why}"
            ),
            BASELINE.to_owned(),
        ),
        Guard::Unknown => Obstacle::possible(
            what,
            format!(
                "its symbols are stripped, so whether it looks what the CPU has is not known; if \
                 it does not, {why}"
            ),
            BASELINE.to_owned(),
        ),
    })
}

/// What the kernel lists for a CPU of each level of x86-64 beyond the first; those with the
/// same name everywhere. x86-64 psABI, "Micro-Architecture Levels".
const X86_LEVELS: [(u8, [&str; 3]); 3] = [
    (2, ["popcnt", "sse4_2", "ssse3"]),
    (3, ["avx2", "bmi2", "fma"]),
    (4, ["avx512bw", "avx512f", "avx512vl"]),
];

fn x86_level(elf: &ElfFacts, has: impl Fn(&str) -> bool) -> Option<Obstacle> {
    let of_go = elf.go.as_ref().and_then(level_of_go);
    let needed = elf.x86_level.max(of_go)?;
    let missing: Vec<&str> = X86_LEVELS
        .iter()
        .filter(|(level, _)| *level <= needed)
        .flat_map(|(_, names)| names.iter().copied())
        .filter(|name| !has(name))
        .collect();
    if missing.is_empty() {
        return None;
    }
    let why = match &elf.go {
        Some(_) => format!(
            "its runtime ends it: `This program can only be run on AMD64 processors with \
             v{needed} microarchitecture support.`"
        ),
        None if elf.interpreter.is_some() => {
            "glibc's loader ends it: `CPU ISA level is lower than required`; with another loader \
             it dies at the first instruction that the CPU does not know"
                .to_owned()
        }
        None => "it dies at the first instruction that the CPU does not know: `Illegal \
                 instruction` (SIGILL)"
            .to_owned(),
    };
    Some(Obstacle::certain(
        format!(
            "is for x86-64-v{needed}, but the machine's CPU lacks {}",
            missing.join(", ")
        ),
        why,
        "build it with `-march=x86-64`, in Go with `GOAMD64=v1`".to_owned(),
    ))
}

fn level_of_go(go: &GoFacts) -> Option<u8> {
    let level = go.amd64.as_ref()?.strip_prefix('v')?;
    // A level that is not known yet is no reason to refuse.
    SystemVersion::leading(level).and_then(|version| u8::try_from(version.0).ok())
}
