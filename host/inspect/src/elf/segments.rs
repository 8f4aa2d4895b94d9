//! ELF files as the kernel and the loader read them: by their program headers.

use object::Endianness;
use object::elf;
use object::read::elf::{FileHeader, ProgramHeader, SectionTable};

use crate::extent::check_end;
use crate::{GoFacts, damaged, go, shown};

use super::dynamic::Dynamic;
use super::{ArmFacts, ElfFacts, ElfKind, Segment, code, notes, sections};

pub(crate) fn inspect(data: &[u8]) -> Result<ElfFacts, String> {
    match data.get(4) {
        Some(1) => read::<elf::FileHeader32<Endianness>>(data, 32),
        Some(2) => read::<elf::FileHeader64<Endianness>>(data, 64),
        Some(class) => Err(format!("is a damaged ELF file: it has class {class}")),
        None => Err("is cut short: an ELF file of 4 bytes".to_owned()),
    }
}

fn read<Elf: FileHeader<Endian = Endianness>>(data: &[u8], bits: u8) -> Result<ElfFacts, String> {
    let wrong = |error: object::read::Error| damaged("ELF", &error);
    let header = Elf::parse(data).map_err(wrong)?;
    let endian = header.endian().map_err(wrong)?;
    let segments = header.program_headers(endian, data).map_err(wrong)?;
    check_length::<Elf>(segments, endian, data)?;

    let sections = header.sections(endian, data).ok();
    let is_debug_file = sections
        .as_ref()
        .is_some_and(|sections| is_debug_file(segments, sections, endian));
    if is_debug_file {
        return Ok(debug_file(header, endian, bits));
    }
    let dynamic = Dynamic::read::<Elf>(segments, endian, data)?;
    let mut interpreter = None;
    for segment in segments {
        if let Some(text) = segment.interpreter(endian, data).map_err(wrong)? {
            interpreter = Some(shown(text));
        }
    }
    let kind = match header.e_type(endian) {
        elf::ET_EXEC => ElfKind::Executable,
        elf::ET_DYN if interpreter.is_some() || dynamic.is_program => ElfKind::PositionIndependent,
        elf::ET_DYN => ElfKind::Shared,
        elf::ET_REL => ElfKind::Relocatable,
        _ => ElfKind::Other,
    };
    let mut facts = ElfFacts {
        bits,
        big_endian: endian == Endianness::Big,
        machine: header.e_machine(endian),
        system: header.e_ident().os_abi,
        kind,
        entry: header.e_entry(endian).into(),
        interpreter,
        needed: dynamic.needed,
        soname: dynamic.soname,
        has_run_path: dynamic.has_run_path,
        segments: loaded::<Elf>(segments, endian)
            .map(|segment| Segment::of::<Elf>(segment, endian))
            .collect(),
        ..ElfFacts::default()
    };
    if facts.machine == elf::EM_ARM {
        let flags = header.e_flags(endian);
        facts.arm = Some(ArmFacts {
            eabi: (flags >> 24) as u8,
            hard_float: match flags & (elf::EF_ARM_ABI_FLOAT_HARD | elf::EF_ARM_ABI_FLOAT_SOFT) {
                elf::EF_ARM_ABI_FLOAT_HARD => Some(true),
                elf::EF_ARM_ABI_FLOAT_SOFT => Some(false),
                _ => None,
            },
            version: None,
        });
    }
    // A stripped file may have lost its section headers; a damaged table proves nothing
    // about what runs.
    if let Some(sections) = sections {
        sections::read(&sections, endian, data, &mut facts);
        facts.code = code::read::<Elf>(&sections, segments, endian, data, &facts);
    }
    for segment in segments {
        notes::read::<Elf>(segment, endian, data, &mut facts);
    }
    facts.go = go_facts::<Elf>(segments, endian, data);
    Ok(facts)
}

/// Whether a file has something for debuggers and nothing that a kernel could start, as `objcopy
/// --only-keep-debug` leaves it: what is loaded has its addresses, but no bytes.
fn is_debug_file<Elf: FileHeader<Endian = Endianness>>(
    segments: &[Elf::ProgramHeader],
    sections: &SectionTable<'_, Elf>,
    endian: Endianness,
) -> bool {
    let mut executable = loaded::<Elf>(segments, endian)
        .filter(|segment| segment.p_flags(endian) & elf::PF_X != 0)
        .peekable();
    let is_hollow = executable.peek().is_some()
        && executable.all(|segment| segment.p_filesz(endian).into() == 0u64);
    is_hollow && sections::is_for_debuggers(sections, endian)
}

fn debug_file<Elf: FileHeader<Endian = Endianness>>(
    header: &Elf,
    endian: Endianness,
    bits: u8,
) -> ElfFacts {
    ElfFacts {
        bits,
        big_endian: endian == Endianness::Big,
        machine: header.e_machine(endian),
        system: header.e_ident().os_abi,
        kind: ElfKind::DebugInformation,
        symbols: true,
        debug: true,
        ..ElfFacts::default()
    }
}

pub(super) fn loaded<Elf: FileHeader<Endian = Endianness>>(
    segments: &[Elf::ProgramHeader],
    endian: Endianness,
) -> impl Iterator<Item = &Elf::ProgramHeader> {
    segments
        .iter()
        .filter(move |segment| segment.p_type(endian) == elf::PT_LOAD)
}

/// What Go's linker wrote into a segment that the program may write to.
fn go_facts<Elf: FileHeader<Endian = Endianness>>(
    segments: &[Elf::ProgramHeader],
    endian: Endianness,
    data: &[u8],
) -> Option<GoFacts> {
    // Segments of a forged file may all be the same bytes.
    let mut left = data.len();
    loaded::<Elf>(segments, endian)
        .filter(|segment| segment.p_flags(endian) & elf::PF_W != 0)
        .filter_map(|segment| segment.data(endian, data).ok())
        .find_map(|content| {
            let content = &content[..content.len().min(left)];
            left -= content.len();
            go::read(content)
        })
}

fn check_length<Elf: FileHeader<Endian = Endianness>>(
    segments: &[Elf::ProgramHeader],
    endian: Endianness,
    data: &[u8],
) -> Result<(), String> {
    for segment in loaded::<Elf>(segments, endian) {
        let (offset, bytes) = segment.file_range(endian);
        check_end("segment", offset, bytes, data)?;
    }
    Ok(())
}

impl Segment {
    fn of<Elf: FileHeader<Endian = Endianness>>(
        segment: &Elf::ProgramHeader,
        endian: Endianness,
    ) -> Self {
        Self {
            address: segment.p_vaddr(endian).into(),
            load_address: segment.p_paddr(endian).into(),
            offset: segment.p_offset(endian).into(),
            bytes: segment.p_memsz(endian).into(),
            file_bytes: segment.p_filesz(endian).into(),
            alignment: segment.p_align(endian).into(),
            rights: segment.p_flags(endian),
        }
    }
}
