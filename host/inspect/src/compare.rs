//! What speaks against an artifact on a target, in the words of people who ship to devices.
//! Each problem is a sentence without its subject, the artifact: `is for x86_64, but …`.

use orch_model::{Architecture, MachineFacts, OperatingSystem, Target};

use crate::fit::{Certainty, obstacles};
use crate::{ArtifactFacts, ElfFacts, ElfKind, MachKind, WasmFacts, firmware, library, listed};

/// The modules that a `wasip1` host offers.
const WASI_PREVIEW_1: &str = "wasi_snapshot_preview1";

/// Everything about the artifact that does not fit the target; nothing if it fits.
pub fn compare(facts: &ArtifactFacts, target: &Target) -> Vec<String> {
    if let ArtifactFacts::Archive(archive) = facts {
        return library::problems(archive, target);
    }
    let mut problems = Vec::new();
    if !format_fits(facts, target, &mut problems) {
        // The rest would only say the same in other words.
        return problems;
    }
    let executes = compare_architecture(facts, target, &mut problems);
    match facts {
        // It ships beside a program, which is judged for both.
        ArtifactFacts::Elf(elf) if elf.kind == ElfKind::DebugInformation => {}
        ArtifactFacts::Elf(elf) => {
            if executes {
                problems.extend(machine_problems(facts, target));
            }
            compare_elf(elf, target, &mut problems);
        }
        ArtifactFacts::Mach(mach) => {
            if matches!(mach.kind, MachKind::Relocatable | MachKind::Other) {
                problems.push("is not linked: it is an object file, not a program".to_owned());
            }
        }
        ArtifactFacts::Pe(_) => {}
        ArtifactFacts::Wasm(wasm) => compare_wasm(wasm, target, &mut problems),
        ArtifactFacts::Archive(_) => {}
    }
    problems
}

fn format_fits(facts: &ArtifactFacts, target: &Target, problems: &mut Vec<String>) -> bool {
    let Some(system) = target.machine.operating_system() else {
        return true;
    };
    let (name, wanted) = match system {
        OperatingSystem::Linux => ("Linux", "ELF"),
        OperatingSystem::Darwin => ("macOS", "Mach-O"),
        OperatingSystem::Windows => ("Windows", "PE"),
        OperatingSystem::Wasi => ("WASI", "WebAssembly"),
        OperatingSystem::JavaScript => ("a JavaScript engine", "WebAssembly"),
        OperatingSystem::None => ("a machine without a system", "ELF"),
    };
    if facts.format() != wanted {
        problems.push(format!(
            "is {} {} file, but {name} runs {wanted} files ({})",
            if facts.format() == "ELF" { "an" } else { "a" },
            facts.format(),
            target.machine.triple
        ));
        return false;
    }
    true
}

/// Whether the target's machines have the artifact's instruction set.
fn compare_architecture(
    facts: &ArtifactFacts,
    target: &Target,
    problems: &mut Vec<String>,
) -> bool {
    let Some(wanted) = target.machine.architecture() else {
        return true;
    };
    if facts.architectures().contains(&wanted) {
        return true;
    }
    problems.push(format!(
        "is for {}, but the target is {wanted} ({})",
        facts.machine_name(),
        target.machine.triple
    ));
    false
}

/// What would keep it from running on a machine that has what the target promises and no
/// more. What is only possible is no reason to fail a build.
fn machine_problems(facts: &ArtifactFacts, target: &Target) -> Vec<String> {
    obstacles(facts, &MachineFacts::of_target(target))
        .into_iter()
        .filter(|obstacle| obstacle.certainty == Certainty::Certain)
        .map(|obstacle| format!("{}; {}", obstacle.what, obstacle.remedy))
        .collect()
}

/// What the target wants of how it is linked; whether its machines can run it is told by the
/// rules for machines.
fn compare_elf(elf: &ElfFacts, target: &Target, problems: &mut Vec<String>) {
    compare_linkage(elf, target, problems);
    compare_float(elf, target, problems);
    problems.extend(firmware::problems(elf, &target.machine));
}

/// Where the target wants no libraries, none need be looked for.
fn compare_linkage(elf: &ElfFacts, target: &Target, problems: &mut Vec<String>) {
    if !target.static_link {
        return;
    }
    if let Some(interpreter) = &elf.interpreter {
        problems.push(format!(
            "asks for the interpreter `{interpreter}`, but the target wants it statically linked"
        ));
    }
    if !elf.needed.is_empty() {
        problems.push(format!(
            "needs {}, but the target wants it statically linked",
            listed(&elf.needed)
        ));
    }
}

/// How a program for 32-bit Arm passes floating point numbers to the target's libraries.
fn compare_float(elf: &ElfFacts, target: &Target, problems: &mut Vec<String>) {
    let (Some(arm), Some(Architecture::Arm)) = (elf.arm, target.machine.architecture()) else {
        return;
    };
    if arm.eabi != 5 {
        problems.push(format!(
            "follows version {} of the Arm EABI, not 5",
            arm.eabi
        ));
    }
    // A static program passes its floating point numbers to nobody but itself.
    if let (false, Some(hard)) = (elf.is_static(), arm.hard_float)
        && hard != target.machine.triple.ends_with("hf")
    {
        let name = |hard| if hard { "hard" } else { "soft" };
        problems.push(format!(
            "passes floating point numbers the {}-float way, but the target's libraries the {}-float way",
            name(hard),
            name(!hard)
        ));
    }
}

fn compare_wasm(wasm: &WasmFacts, target: &Target, problems: &mut Vec<String>) {
    if wasm.component {
        problems.push("is a component, but the target runs core modules".to_owned());
        return;
    }
    if target.machine.operating_system() != Some(OperatingSystem::Wasi) {
        return;
    }
    for module in &wasm.imports {
        if module != WASI_PREVIEW_1 {
            problems.push(format!(
                "imports from `{module}`, but a `wasip1` host offers only `{WASI_PREVIEW_1}`"
            ));
        }
    }
}
