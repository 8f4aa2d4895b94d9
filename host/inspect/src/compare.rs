//! What speaks against an artifact on a target, in the words of people who ship to devices.
//! Each problem is a sentence without its subject, the artifact: `is for x86_64, but …`.

use orch_model::{Architecture, OperatingSystem, Requirement, Target};

use crate::elf::PAGE_SIZES;
use crate::{ArtifactFacts, ElfFacts, ElfKind, MachKind, WasmFacts};

/// The modules that a `wasip1` host offers.
const WASI_PREVIEW_1: &str = "wasi_snapshot_preview1";

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

/// Everything about the artifact that does not fit the target; nothing if it fits.
pub fn compare(facts: &ArtifactFacts, target: &Target) -> Vec<String> {
    let mut problems = Vec::new();
    if !format_fits(facts, target, &mut problems) {
        // The rest would only say the same in other words.
        return problems;
    }
    compare_architecture(facts, target, &mut problems);
    match facts {
        ArtifactFacts::Elf(elf) => compare_elf(elf, target, &mut problems),
        ArtifactFacts::Mach(mach) => {
            if matches!(mach.kind, MachKind::Relocatable | MachKind::Other) {
                problems.push("is not linked: it is an object file, not a program".to_owned());
            }
        }
        ArtifactFacts::Pe(_) => {}
        ArtifactFacts::Wasm(wasm) => compare_wasm(wasm, target, &mut problems),
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

fn compare_architecture(facts: &ArtifactFacts, target: &Target, problems: &mut Vec<String>) {
    let Some(wanted) = target.machine.architecture() else {
        return;
    };
    if facts.architectures().contains(&wanted) {
        return;
    }
    let found = match facts {
        ArtifactFacts::Elf(elf) => elf.machine_name(),
        ArtifactFacts::Mach(mach) => mach.machine_names(),
        ArtifactFacts::Pe(pe) => pe.machine_name(),
        ArtifactFacts::Wasm(_) => "wasm32".to_owned(),
    };
    problems.push(format!(
        "is for {found}, but the target is {wanted} ({})",
        target.machine.triple
    ));
}

fn compare_elf(elf: &ElfFacts, target: &Target, problems: &mut Vec<String>) {
    if target.machine.operating_system() == Some(OperatingSystem::Linux)
        && let Some((_, name)) = OTHER_SYSTEMS
            .iter()
            .find(|(number, _)| *number == elf.system)
    {
        problems.push(format!("is for {name}, but the target is Linux"));
    }
    match elf.kind {
        ElfKind::Relocatable => {
            problems.push("is not linked: it is an object file, not a program".to_owned());
            return;
        }
        ElfKind::Other => {
            problems.push("is neither a program nor a library".to_owned());
            return;
        }
        ElfKind::Executable | ElfKind::PositionIndependent | ElfKind::Shared => {}
    }
    compare_linkage(elf, target, problems);
    compare_pages(elf, target, problems);
    compare_glibc(elf, target, problems);
    compare_arm(elf, target, problems);
}

fn compare_linkage(elf: &ElfFacts, target: &Target, problems: &mut Vec<String>) {
    if target.static_link {
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
        return;
    }
    let is_program = matches!(elf.kind, ElfKind::Executable | ElfKind::PositionIndependent);
    match &elf.interpreter {
        None if is_program && !elf.needed.is_empty() => problems.push(format!(
            "needs {}, but names no interpreter that would load it",
            listed(&elf.needed)
        )),
        Some(interpreter) => {
            let name = interpreter.rsplit('/').next().unwrap_or_default();
            let triple = &target.machine.triple;
            if triple.contains("-musl") && name.starts_with("ld-linux") {
                problems.push(format!(
                    "is linked against glibc (`{interpreter}`), but the target has musl"
                ));
            } else if triple.contains("-gnu") && name.starts_with("ld-musl") {
                problems.push(format!(
                    "is linked against musl (`{interpreter}`), but the target has glibc"
                ));
            }
        }
        None => {}
    }
}

fn compare_pages(elf: &ElfFacts, target: &Target, problems: &mut Vec<String>) {
    let mut wanted: Vec<u32> = target.machine.page_bytes.into_iter().collect();
    for requirement in &target.requirements {
        if let Requirement::PageBytes(pages) = requirement {
            wanted.extend(pages);
        }
    }
    wanted.sort_unstable();
    wanted.dedup();
    for page in wanted {
        // Of a page size that no kernel has, nothing was found out.
        let known = PAGE_SIZES.contains(&page);
        if known && !elf.page_bytes.contains(&page) {
            problems.push(format!(
                "cannot be loaded by a kernel with pages of {} KiB: its segments are aligned to {}",
                page >> 10,
                in_bytes(elf.alignment_bytes)
            ));
        }
    }
}

fn compare_glibc(elf: &ElfFacts, target: &Target, problems: &mut Vec<String>) {
    let Some(needed) = elf.glibc else {
        return;
    };
    for requirement in &target.requirements {
        if let Requirement::GlibcAtLeast(promised) = requirement
            && parse_version(promised).is_some_and(|promised| needed > promised)
        {
            problems.push(format!(
                "needs glibc {}.{}, but the target promises no more than {promised}",
                needed.0, needed.1
            ));
        }
    }
}

fn compare_arm(elf: &ElfFacts, target: &Target, problems: &mut Vec<String>) {
    let (Some(arm), Some(Architecture::Arm)) = (elf.arm, target.machine.architecture()) else {
        return;
    };
    let triple = target.machine.triple.as_str();
    if arm.eabi != 5 {
        problems.push(format!(
            "follows version {} of the Arm EABI, not 5",
            arm.eabi
        ));
    }
    // A static program passes its floating point numbers to nobody but itself.
    if let (false, Some(hard)) = (elf.is_static(), arm.hard_float)
        && hard != triple.ends_with("hf")
    {
        let name = |hard| if hard { "hard" } else { "soft" };
        problems.push(format!(
            "passes floating point numbers the {}-float way, but the target's libraries the {}-float way",
            name(hard),
            name(!hard)
        ));
    }
    let wanted = triple.split('-').next().and_then(|first| {
        let digits = first.trim_start_matches(|character: char| !character.is_ascii_digit());
        digits.chars().next()?.to_digit(10)
    });
    if let (Some(needed), Some(wanted)) = (arm.version, wanted)
        && u32::from(needed) > wanted
    {
        problems.push(format!(
            "is for Armv{needed}, but the target is Armv{wanted}"
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

/// `2.36`, `2.3.4` as numbers.
pub(crate) fn parse_version(text: &str) -> Option<(u32, u32, u32)> {
    let mut parts = text.split('.').map(|part| part.parse::<u32>().ok());
    let version = (
        parts.next()??,
        parts.next().unwrap_or(Some(0))?,
        parts.next().unwrap_or(Some(0))?,
    );
    parts.next().is_none().then_some(version)
}

fn in_bytes(bytes: u64) -> String {
    match bytes {
        bytes if bytes >= 1024 && bytes.is_multiple_of(1024) => format!("{} KiB", bytes >> 10),
        bytes => format!("{bytes} bytes"),
    }
}

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
