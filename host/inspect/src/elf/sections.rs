//! What the section headers of an ELF file add. A loader never looks at them, and a stripped
//! file may have lost them, so nothing that decides whether it runs is read here.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use object::Endianness;
use object::elf;
use object::read::elf::{FileHeader, SectionHeader, SectionTable, Sym};

use orch_model::SystemVersion;

use crate::{MOST_NAMES, shown};

use super::{ElfFacts, Symbol};

/// How many of the largest symbols are kept.
const MOST_SYMBOLS: usize = 32;

/// Adds to the facts what the sections tell.
pub(super) fn read<Elf: FileHeader<Endian = Endianness>>(
    sections: &SectionTable<'_, Elf>,
    endian: Endianness,
    data: &[u8],
    facts: &mut ElfFacts,
) {
    for section in sections.iter() {
        let name = sections.section_name(endian, section).unwrap_or_default();
        facts.symbols |= section.sh_type(endian) == elf::SHT_SYMTAB;
        facts.debug |= is_debug_information(name);
        if section.sh_type(endian) == elf::SHT_ARM_ATTRIBUTES
            && let Some(arm) = &mut facts.arm
        {
            arm.version = arm_version::<Elf>(section, endian, data).unwrap_or_default();
        }
    }
    facts.largest = largest(sections, endian, data);
    facts.glibc = glibc_version(sections, endian, data).unwrap_or_default();
}

/// The largest functions and variables, the largest first.
fn largest<Elf: FileHeader<Endian = Endianness>>(
    sections: &SectionTable<'_, Elf>,
    endian: Endianness,
    data: &[u8],
) -> Vec<Symbol> {
    let Ok(table) = sections.symbols(endian, data, elf::SHT_SYMTAB) else {
        return Vec::new();
    };
    let mut largest = BinaryHeap::new();
    for symbol in table.iter() {
        let is_named = matches!(symbol.st_type(), elf::STT_FUNC | elf::STT_OBJECT);
        if is_named
            && !symbol.is_undefined(endian)
            && let Ok(name) = symbol.name(endian, table.strings())
        {
            let bytes: u64 = symbol.st_size(endian).into();
            let address: u64 = symbol.st_value(endian).into();
            largest.push(Reverse((bytes, Reverse((address, name)))));
            if largest.len() > MOST_SYMBOLS {
                largest.pop();
            }
        }
    }
    let symbol = |Reverse((bytes, Reverse((address, name))))| Symbol {
        name: shown(name),
        address,
        bytes,
    };
    let mut largest = largest.into_sorted_vec();
    // A second name of the same.
    largest.dedup_by_key(|Reverse((bytes, Reverse((address, _))))| (*bytes, *address));
    largest.into_iter().map(symbol).collect()
}

/// Whether one of the sections is there for debuggers: DWARF, or a table of symbols.
pub(super) fn is_for_debuggers<Elf: FileHeader<Endian = Endianness>>(
    sections: &SectionTable<'_, Elf>,
    endian: Endianness,
) -> bool {
    sections.iter().any(|section| {
        let name = sections.section_name(endian, section);
        section.sh_type(endian) == elf::SHT_SYMTAB || name.is_ok_and(is_debug_information)
    })
}

fn is_debug_information(name: &[u8]) -> bool {
    matches!(name, b".debug_info" | b".zdebug_info")
}

/// The highest `GLIBC_x.y` among the versions of symbols that are asked for.
fn glibc_version<Elf: FileHeader<Endian = Endianness>>(
    sections: &SectionTable<'_, Elf>,
    endian: Endianness,
    data: &[u8],
) -> object::read::Result<Option<SystemVersion>> {
    let Some((mut needs, link)) = sections.gnu_verneed(endian, data)? else {
        return Ok(None);
    };
    let strings = sections.strings(endian, data, link)?;
    let mut highest = None;
    // Each step goes forward in the file, or the reader ends.
    for _ in 0..MOST_NAMES {
        let Some((_, mut versions)) = needs.next()? else {
            break;
        };
        for _ in 0..MOST_NAMES {
            let Some(version) = versions.next()? else {
                break;
            };
            highest = highest.max(parse_glibc(version.name(endian, strings)?));
        }
    }
    Ok(highest)
}

fn parse_glibc(name: &[u8]) -> Option<SystemVersion> {
    let version = std::str::from_utf8(name).ok()?.strip_prefix("GLIBC_")?;
    SystemVersion::leading(version)
}

/// `Tag_CPU_arch` of the build attributes, as the number in the architecture's name. See
/// "Addenda to, and Errata in, the ABI for the Arm Architecture", section 3.3.6.2.
fn arm_version<Elf: FileHeader<Endian = Endianness>>(
    section: &Elf::SectionHeader,
    endian: Endianness,
    data: &[u8],
) -> object::read::Result<Option<u8>> {
    let attributes = section.attributes(endian, data)?;
    let mut subsections = attributes.subsections()?;
    while let Some(subsection) = subsections.next()? {
        if subsection.vendor() != b"aeabi" {
            continue;
        }
        let mut parts = subsection.subsubsections();
        while let Some(part) = parts.next()? {
            let mut reader = part.attributes();
            while let Some(tag) = reader.read_tag()? {
                match tag {
                    6 => {
                        return Ok(match reader.read_integer()? {
                            1 | 2 => Some(4),
                            3..=5 => Some(5),
                            6..=9 | 11 | 12 => Some(6),
                            10 | 13 => Some(7),
                            14..=22 => Some(8),
                            _ => None,
                        });
                    }
                    // Names are texts; so is every odd tag from 32 on, and 32 has both.
                    4 | 5 => drop(reader.read_string()?),
                    32 => {
                        reader.read_integer()?;
                        reader.read_string()?;
                    }
                    tag if tag > 32 && tag % 2 == 1 => drop(reader.read_string()?),
                    _ => drop(reader.read_integer()?),
                }
            }
        }
    }
    Ok(None)
}
