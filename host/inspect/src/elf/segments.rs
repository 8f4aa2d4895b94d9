//! ELF files as the kernel and the loader read them: by their program headers.

use object::Endianness;
use object::elf;
use object::read::elf::{Dyn, FileHeader, ProgramHeader};

use crate::{MOST_NAMES, damaged, shown};

use super::{ArmFacts, ElfFacts, ElfKind, PAGE_SIZES, sections};

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
        symbols: false,
        debug: false,
        alignment_bytes: loaded::<Elf>(segments, endian)
            .map(|segment| segment.p_align(endian).into())
            .max()
            .unwrap_or_default(),
        page_bytes: PAGE_SIZES
            .into_iter()
            .filter(|page| bears_page::<Elf>(segments, endian, u64::from(*page)))
            .collect(),
        glibc: None,
        arm: None,
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
    if let Ok(sections) = header.sections(endian, data) {
        sections::read(&sections, endian, data, &mut facts);
    }
    Ok(facts)
}

fn loaded<Elf: FileHeader<Endian = Endianness>>(
    segments: &[Elf::ProgramHeader],
    endian: Endianness,
) -> impl Iterator<Item = &Elf::ProgramHeader> {
    segments
        .iter()
        .filter(move |segment| segment.p_type(endian) == elf::PT_LOAD)
}

fn check_length<Elf: FileHeader<Endian = Endianness>>(
    segments: &[Elf::ProgramHeader],
    endian: Endianness,
    data: &[u8],
) -> Result<(), String> {
    for segment in loaded::<Elf>(segments, endian) {
        let (offset, bytes) = segment.file_range(endian);
        if offset
            .checked_add(bytes)
            .is_none_or(|end| end > data.len() as u64)
        {
            return Err(format!(
                "is cut short: a segment ends at byte {}, the file at byte {}",
                offset.saturating_add(bytes),
                data.len()
            ));
        }
    }
    Ok(())
}

/// Whether a kernel with such pages can map the file: every segment must lie at the same
/// place in its page in memory as in the file, and two segments with different rights must
/// not share a page.
fn bears_page<Elf: FileHeader<Endian = Endianness>>(
    segments: &[Elf::ProgramHeader],
    endian: Endianness,
    page: u64,
) -> bool {
    let mut before: Option<(u64, u32)> = None;
    for segment in loaded::<Elf>(segments, endian) {
        let address: u64 = segment.p_vaddr(endian).into();
        let offset: u64 = segment.p_offset(endian).into();
        let bytes: u64 = segment.p_memsz(endian).into();
        if bytes == 0 {
            continue;
        }
        if address % page != offset % page {
            return false;
        }
        let flags = segment.p_flags(endian);
        if before.is_some_and(|(last, rights)| rights != flags && address / page <= last) {
            return false;
        }
        before = Some((address.saturating_add(bytes - 1) / page, flags));
    }
    true
}

/// What the dynamic segment says.
#[derive(Default)]
struct Dynamic {
    needed: Vec<String>,
    /// Whether it says of itself that it is a program, not a library.
    is_program: bool,
}

impl Dynamic {
    fn read<Elf: FileHeader<Endian = Endianness>>(
        segments: &[Elf::ProgramHeader],
        endian: Endianness,
        data: &[u8],
    ) -> Result<Self, String> {
        let wrong = |error: object::read::Error| damaged("ELF", &error);
        let mut found = Self::default();
        let (mut names, mut strings) = (Vec::new(), (0, 0));
        for segment in segments {
            for entry in segment
                .dynamic(endian, data)
                .map_err(wrong)?
                .unwrap_or_default()
            {
                let value: u64 = entry.d_val(endian).into();
                match entry.tag(endian) {
                    elf::DT_NULL => break,
                    elf::DT_NEEDED => names.push(value),
                    elf::DT_STRTAB => strings.0 = value,
                    elf::DT_STRSZ => strings.1 = value,
                    elf::DT_FLAGS_1 => {
                        found.is_program |= value & u64::from(elf::DF_1_PIE) != 0;
                    }
                    _ => {}
                }
            }
        }
        if names.is_empty() {
            return Ok(found);
        }
        if names.len() > MOST_NAMES {
            return Err(format!(
                "is a damaged ELF file: it needs {} libraries",
                names.len()
            ));
        }
        let (address, bytes) = strings;
        let table = loaded::<Elf>(segments, endian)
            .find_map(|segment| {
                segment
                    .data_range(endian, data, address, bytes)
                    .ok()
                    .flatten()
            })
            .ok_or("is a damaged ELF file: the names of its libraries lie outside it")?;
        for name in names {
            let name = usize::try_from(name)
                .ok()
                .and_then(|start| table.get(start..))
                .and_then(|rest| Some(&rest[..rest.iter().position(|byte| *byte == 0)?]))
                .ok_or("is a damaged ELF file: the name of a library lies outside it")?;
            found.needed.push(shown(name));
        }
        Ok(found)
    }
}
