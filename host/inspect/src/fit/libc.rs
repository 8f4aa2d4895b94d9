//! What a program asks of the libraries of its machine: a loader, names and versions.

use orch_model::{LibcFamily, MachineFacts};

use super::{Obstacle, listed};
use crate::ElfFacts;

/// The loader is missing, a library is, or glibc is too old.
pub(super) fn obstacles(elf: &ElfFacts, machine: &MachineFacts) -> Vec<Obstacle> {
    if let Some(obstacle) = no_interpreter(elf)
        .or_else(|| other_libc(elf, machine))
        .or_else(|| missing_loader(elf, machine))
    {
        // Nothing of the rest is ever looked for.
        return vec![obstacle];
    }
    let older = older_glibc(elf, machine);
    let missing = missing_libraries(elf, machine);
    older.into_iter().chain(missing).collect()
}

fn no_interpreter(elf: &ElfFacts) -> Option<Obstacle> {
    let is_program = matches!(
        elf.kind,
        crate::ElfKind::Executable | crate::ElfKind::PositionIndependent
    );
    (is_program && elf.interpreter.is_none() && !elf.needed.is_empty()).then(|| {
        Obstacle::certain(
            format!(
                "needs {}, but names no interpreter that would load it",
                listed(&elf.needed)
            ),
            "its first call of a library goes nowhere: SIGSEGV".to_owned(),
            "link it by the compiler, not by `ld` alone".to_owned(),
        )
    })
}

/// The family of the C library whose loader this is.
fn family(interpreter: &str) -> Option<LibcFamily> {
    let name = interpreter.rsplit('/').next().unwrap_or_default();
    if name.starts_with("ld-musl") {
        return Some(LibcFamily::Musl);
    }
    (name.starts_with("ld-linux") || name == "ld.so.1" || name == "ld64.so.1")
        .then_some(LibcFamily::Glibc)
}

fn name(family: LibcFamily) -> &'static str {
    match family {
        LibcFamily::Glibc => "glibc",
        LibcFamily::Musl => "musl",
    }
}

/// What the kernel says of a program whose loader is not there, and what that sounds like.
const NO_SUCH_FILE: &str = "the kernel does not find the loader and says that of the program: \
                            `No such file or directory`, in a shell `not found`, though the file \
                            is there";

/// A machine has several C libraries if it has several loaders, so a loader that is there
/// counts for more.
fn other_libc(elf: &ElfFacts, machine: &MachineFacts) -> Option<Obstacle> {
    let interpreter = elf.interpreter.as_ref()?;
    let there = machine.loaders.as_ref();
    if there.is_some_and(|loaders| loaders.contains(interpreter)) {
        return None;
    }
    let (wanted, found) = (family(interpreter)?, machine.libc?.family);
    (wanted != found).then(|| {
        Obstacle::certain(
            format!(
                "is linked against {} (`{interpreter}`), but the machine has {}",
                name(wanted),
                name(found)
            ),
            NO_SUCH_FILE.to_owned(),
            match found {
                LibcFamily::Musl => {
                    "link it statically, build it against musl, or install `gcompat` there \
                     (Alpine: `apk add gcompat`)"
                }
                LibcFamily::Glibc => {
                    "link it statically, build it against glibc, or install `musl` there"
                }
            }
            .to_owned(),
        )
    })
}

fn missing_loader(elf: &ElfFacts, machine: &MachineFacts) -> Option<Obstacle> {
    let interpreter = elf.interpreter.as_ref()?;
    let loaders = machine.loaders.as_ref()?;
    (!loaders.contains(interpreter)).then(|| {
        let there = match loaders.is_empty() {
            true => "has no dynamic loader".to_owned(),
            false => format!("has {}", listed(loaders)),
        };
        Obstacle::certain(
            format!("asks for the loader `{interpreter}`, but the machine {there}"),
            NO_SUCH_FILE.to_owned(),
            "link it statically, or install the C library of that architecture there".to_owned(),
        )
    })
}

fn older_glibc(elf: &ElfFacts, machine: &MachineFacts) -> Option<Obstacle> {
    let (needed, found) = (elf.glibc?, machine.libc?.version?);
    (machine.libc?.family == LibcFamily::Glibc && needed > found).then(|| {
        Obstacle::certain(
            format!("needs glibc {needed}, but the machine has {found}"),
            format!("the loader ends it: `version `GLIBC_{needed}' not found`"),
            format!(
                "build it where glibc is {found} or older (`zig cc -target …-gnu.{found}` links \
                 against any), or link it statically"
            ),
        )
    })
}

fn missing_libraries(elf: &ElfFacts, machine: &MachineFacts) -> Option<Obstacle> {
    let there = machine.libraries.as_ref()?;
    let missing: Vec<String> = elf
        .needed
        .iter()
        .filter(|name| !is_there(name, there))
        .cloned()
        .collect();
    let first = missing.first()?;
    let what = format!(
        "needs {}, which the machine's loader does not find",
        listed(&missing)
    );
    let why = format!(
        "the loader ends it: `{first}: cannot open shared object file: No such file or directory`"
    );
    let remedy = "install the package that has it there, ship it beside the program with \
                  `-Wl,-rpath,$ORIGIN`, or link it statically"
        .to_owned();
    // The program names folders of its own, which were not looked into.
    Some(match elf.has_run_path {
        true => Obstacle::possible(what, why, remedy),
        false => Obstacle::certain(what, why, remedy),
    })
}

/// musl is its own loader, so its `libc.so` need not lie among the libraries.
fn is_there(name: &str, libraries: &[String]) -> bool {
    let own = name == "libc.so" || name.starts_with("libc.musl-") || name.starts_with("ld-");
    own || name.contains('/') || libraries.iter().any(|library| library == name)
}
