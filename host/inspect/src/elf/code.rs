//! What the instructions of a program for 64-bit Arm tell of the CPU that it needs.
//!
//! Finding an instruction does not mean that it is executed everywhere: libraries look what
//! the CPU has and then take one of several ways. So this says what was found, and whether
//! the program has means to look; what follows from it is told by the rules in
//! [`crate::fit`]. Encodings are those of the Arm Architecture Reference Manual (DDI 0487).

use std::ops::Range;

use object::Endianness;
use object::elf;
use object::read::elf::{FileHeader, ProgramHeader, Rela, SectionHeader, SectionTable, Sym};

use super::ElfFacts;
use super::segments::loaded;

/// More symbols than this are not looked through.
const MOST_SYMBOLS: usize = 1 << 20;

/// No more of a symbol's name is read.
const NAME_BYTES: usize = 128;

/// Names by which a program learns what the CPU has.
const LOOKS: [&[u8]; 5] = [
    b"getauxval",
    b"__getauxval",
    b"elf_aux_info",
    b"__aarch64_have_lse_atomics",
    b"_dl_hwcap",
];

/// What is in the names of functions that are only called on a CPU with vectors of any
/// length: that extension, and the CPU that glibc has functions for.
const CHOSEN: [&str; 2] = ["sve", "a64fx"];

/// What instructions tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CodeFacts {
    /// Atomic instructions of the Large System Extensions (ARMv8.1) that do not stand behind
    /// the check that compilers put in front of them (`-moutline-atomics`).
    pub unguarded_lse: usize,
    /// Instructions of the Scalable Vector Extension that all its loops have, outside of
    /// functions that say by their name (glibc's `__memcpy_sve`) that they are chosen.
    pub sve: usize,
    /// Whether the program can look what the CPU has before it executes them.
    pub guard: Guard,
}

/// Whether a program can look what the CPU has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Guard {
    /// It has the means.
    Possible,
    /// It has none: what is found is executed.
    Impossible,
    /// Its symbols are stripped.
    #[default]
    Unknown,
}

/// Looks through the code of a program for 64-bit Arm; nothing of another one.
pub(super) fn read<Elf: FileHeader<Endian = Endianness>>(
    sections: &SectionTable<'_, Elf>,
    segments: &[Elf::ProgramHeader],
    endian: Endianness,
    data: &[u8],
    facts: &ElfFacts,
) -> Option<CodeFacts> {
    if facts.machine != elf::EM_AARCH64 || facts.bits != 64 {
        return None;
    }
    let mut found = Found {
        bytes_left: data.len(),
        chosen: chosen_functions(sections, endian, data),
        ..Found::default()
    };
    // Sections tell code from the constants that a linker may put beside it.
    let mut has_sections = false;
    for section in sections.iter() {
        let flags: u64 = section.sh_flags(endian).into();
        if flags & u64::from(elf::SHF_EXECINSTR) != 0 {
            has_sections = true;
            let code = section.data(endian, data).unwrap_or_default();
            found.scan(section.sh_addr(endian).into(), code);
        }
    }
    if !has_sections {
        for segment in loaded::<Elf>(segments, endian) {
            if segment.p_flags(endian) & elf::PF_X != 0 {
                let code = segment.data(endian, data).unwrap_or_default();
                found.scan(segment.p_vaddr(endian).into(), code);
            }
        }
    }
    let guard = match found.reads_registers || picks_at_load(sections, endian, data) {
        true => Guard::Possible,
        false => guard_by_symbols(sections, endian, data, facts),
    };
    Some(CodeFacts {
        unguarded_lse: found.unguarded_lse,
        sve: found.sve,
        guard,
    })
}

#[derive(Default)]
struct Found {
    unguarded_lse: usize,
    sve: usize,
    /// Whether it reads the registers that tell what the CPU has.
    reads_registers: bool,
    /// Where functions lie that are only called on a CPU with SVE, by where they begin.
    chosen: Vec<Range<u64>>,
    /// How much is still looked through: parts of a forged file may all be the same bytes.
    bytes_left: usize,
}

impl Found {
    fn scan(&mut self, address: u64, code: &[u8]) {
        let code = &code[..code.len().min(self.bytes_left)];
        self.bytes_left -= code.len();
        let mut before = 0;
        let mut at = address;
        for word in code.chunks_exact(4) {
            // Instructions are little-endian, whatever the data are.
            let word = u32::from_le_bytes([word[0], word[1], word[2], word[3]]);
            if is_lse(word) && !is_check_of_lse(before) {
                self.unguarded_lse += 1;
            }
            self.sve += usize::from(is_sve(word) && !self.is_chosen(at));
            self.reads_registers |= reads_feature_register(word);
            before = word;
            // A forged address may lie at the very end.
            at = at.wrapping_add(4);
        }
    }

    fn is_chosen(&self, at: u64) -> bool {
        let after = self.chosen.partition_point(|range| range.start <= at);
        after > 0 && self.chosen[after - 1].contains(&at)
    }
}

/// `CAS`, `CASP`, `SWP`, and `LDADD` with its family, `ST…` being the same without result.
fn is_lse(word: u32) -> bool {
    let compare_and_swap = word & 0x3fa0_7c00 == 0x08a0_7c00;
    let compare_and_swap_pair = word & 0xbfa0_7c00 == 0x0820_7c00;
    // Bit 15 with another operation than 0 is `LDAPR` and others of later extensions.
    let is_operation = word & 0x3f20_0c00 == 0x3820_0000;
    let of_the_family = word & 0x8000 == 0 || word & 0x7000 == 0;
    compare_and_swap || compare_and_swap_pair || is_operation && of_the_family
}

/// `cbz w16, …`, by which the helpers of `libgcc` and LLVM's `compiler-rt` leave for the
/// way without LSE, directly before the instruction.
fn is_check_of_lse(word: u32) -> bool {
    word & 0xff00_001f == 0x3400_0010
}

/// `PTRUE` and `WHILE…`, by which loops begin. `CNTB` and its family are also in `libgcc`,
/// which unwinds stacks for programs that need no vectors.
fn is_sve(word: u32) -> bool {
    word & 0xff3f_fc10 == 0x2518_e000 || word & 0xff20_e000 == 0x2520_0000
}

/// `MRS` from `ID_AA64…_EL1`, which the kernel lets programs read.
fn reads_feature_register(word: u32) -> bool {
    word & 0xffff_f000 == 0xd538_0000
}

/// Whether the loader asks the program which of several functions to take (`IFUNC`).
fn picks_at_load<Elf: FileHeader<Endian = Endianness>>(
    sections: &SectionTable<'_, Elf>,
    endian: Endianness,
    data: &[u8],
) -> bool {
    // Relocations of a forged file may all be the same bytes.
    let mut left = data.len() / size_of::<Elf::Rela>().max(1);
    for section in sections.iter() {
        let Ok(Some((entries, _))) = section.rela(endian, data) else {
            continue;
        };
        let entries = &entries[..entries.len().min(left)];
        left -= entries.len();
        if entries
            .iter()
            .any(|entry| entry.r_type(endian, false) == elf::R_AARCH64_IRELATIVE)
        {
            return true;
        }
    }
    false
}

/// A program that shares libraries names what it asks of them; a static one has all names
/// in its table of symbols, unless that was stripped.
fn guard_by_symbols<Elf: FileHeader<Endian = Endianness>>(
    sections: &SectionTable<'_, Elf>,
    endian: Endianness,
    data: &[u8],
    facts: &ElfFacts,
) -> Guard {
    let kind = match facts.is_static() {
        true => elf::SHT_SYMTAB,
        false => elf::SHT_DYNSYM,
    };
    let symbols = symbols(sections, endian, data, kind);
    if symbols.is_empty() {
        return Guard::Unknown;
    }
    let looks = symbols.iter().any(|(_, name)| LOOKS.contains(name));
    match looks {
        true => Guard::Possible,
        false => Guard::Impossible,
    }
}

/// Symbols with their names, of a table of this kind; nothing of a damaged one.
fn symbols<'data, Elf: FileHeader<Endian = Endianness>>(
    sections: &SectionTable<'data, Elf>,
    endian: Endianness,
    data: &'data [u8],
    kind: u32,
) -> Vec<(&'data Elf::Sym, &'data [u8])> {
    let Ok(table) = sections.symbols(endian, data, kind) else {
        return Vec::new();
    };
    let names = sections
        .section(table.string_section())
        .and_then(|section| section.data(endian, data))
        .unwrap_or_default();
    let name = |symbol: &Elf::Sym| {
        let start = usize::try_from(symbol.st_name(endian)).ok()?;
        let rest = names.get(start..)?;
        let rest = &rest[..rest.len().min(NAME_BYTES)];
        Some(&rest[..rest.iter().position(|byte| *byte == 0)?])
    };
    table
        .iter()
        .take(MOST_SYMBOLS)
        .filter_map(|symbol| Some((symbol, name(symbol)?)))
        .collect()
}

/// Where functions lie that are only called on a CPU with SVE.
fn chosen_functions<Elf: FileHeader<Endian = Endianness>>(
    sections: &SectionTable<'_, Elf>,
    endian: Endianness,
    data: &[u8],
) -> Vec<Range<u64>> {
    let mut ranges: Vec<Range<u64>> = symbols(sections, endian, data, elf::SHT_SYMTAB)
        .into_iter()
        .filter(|(symbol, name)| {
            let name = std::str::from_utf8(name).unwrap_or_default();
            symbol.st_type() == elf::STT_FUNC && CHOSEN.iter().any(|part| name.contains(part))
        })
        .map(|(symbol, _)| {
            let start: u64 = symbol.st_value(endian).into();
            start..start.saturating_add(symbol.st_size(endian).into())
        })
        .collect();
    ranges.sort_unstable_by_key(|range| range.start);
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words as GNU `objdump` 2.40 names them.
    #[test]
    fn instructions_are_told_apart() {
        for (word, name) in [
            (0xb8e1_0002, "ldaddal w1, w2, [x0]"),
            (0x88e1_fc03, "casal w1, w3, [x0]"),
            (0xb8e1_8001, "swpal w1, w1, [x0]"),
            (0x4860_fc82, "caspal x0, x1, x2, x3, [x4]"),
            (0xf820_001f, "stadd x0, [x0]"),
        ] {
            assert!(is_lse(word), "{name}");
        }
        for (word, name) in [
            (0x885f_fc40, "ldaxr w0, [x2]"),
            (0x8811_fc41, "stlxr w17, w1, [x2]"),
            (0xb8bf_c000, "ldapr w0, [x0]"),
            (0x88df_fc00, "ldar w0, [x0]"),
            (0xb860_6800, "ldr w0, [x0, x0]"),
            (0x04a0_e3e4, "cntw x4"),
            (0, "udf #0"),
        ] {
            assert!(!is_lse(word), "{name}");
            assert!(!is_sve(word), "{name}");
        }
        for (word, name) in [
            (0x25a0_0fe0, "whilelo p0.s, wzr, w0"),
            (0x2518_e3e1, "ptrue p1.b"),
        ] {
            assert!(is_sve(word), "{name}");
        }
        assert!(is_check_of_lse(0x3400_0070), "cbz w16, .+12");
        assert!(!is_check_of_lse(0x3400_0071), "cbz w17, .+12");
        assert!(
            reads_feature_register(0xd538_0600),
            "mrs x0, id_aa64isar0_el1"
        );
    }
}
