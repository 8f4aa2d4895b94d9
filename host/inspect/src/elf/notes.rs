//! Notes of the GNU tools in an ELF file: which kernel and which CPU it is for.

use object::Endianness;
use object::elf;
use object::read::elf::{FileHeader, Note, ProgramHeader};

use orch_model::SystemVersion;

use super::ElfFacts;

/// `GNU_PROPERTY_X86_ISA_1_NEEDED`; its bits are the levels of the x86-64 psABI.
const X86_LEVELS_NEEDED: u32 = 0xc000_8002;

/// More notes than this are no artifact's.
const MOST_NOTES: usize = 1024;

/// Adds to the facts what the notes of a segment say. A damaged note says nothing.
pub(super) fn read<Elf: FileHeader<Endian = Endianness>>(
    segment: &Elf::ProgramHeader,
    endian: Endianness,
    data: &[u8],
    facts: &mut ElfFacts,
) {
    let Ok(Some(mut notes)) = segment.notes(endian, data) else {
        return;
    };
    for _ in 0..MOST_NOTES {
        let Ok(Some(note)) = notes.next() else {
            return;
        };
        if note.name() != elf::ELF_NOTE_GNU {
            continue;
        }
        match note.n_type(endian) {
            elf::NT_GNU_ABI_TAG => {
                facts.oldest_kernel = facts.oldest_kernel.max(kernel(note.desc(), endian));
            }
            elf::NT_GNU_PROPERTY_TYPE_0 => {
                facts.x86_level = facts.x86_level.max(x86_level(&note, endian));
            }
            _ => {}
        }
    }
}

/// Four words: the system, 0 for Linux, and the three numbers of its version.
fn kernel(description: &[u8], endian: Endianness) -> Option<SystemVersion> {
    let mut words = description.chunks_exact(4).map(|word| {
        let bytes = [word[0], word[1], word[2], word[3]];
        match endian {
            Endianness::Little => u32::from_le_bytes(bytes),
            Endianness::Big => u32::from_be_bytes(bytes),
        }
    });
    (words.next()? == 0).then_some(())?;
    Some(SystemVersion(words.next()?, words.next()?, words.next()?))
}

fn x86_level<Elf: FileHeader<Endian = Endianness>>(
    note: &Note<'_, Elf>,
    endian: Endianness,
) -> Option<u8> {
    let mut properties = note.gnu_properties(endian)?;
    while let Ok(Some(property)) = properties.next() {
        if property.pr_type() == X86_LEVELS_NEEDED {
            let levels = property.data_u32(endian).ok()? & 0xf;
            return u8::try_from(u32::BITS - levels.leading_zeros()).ok();
        }
    }
    None
}
