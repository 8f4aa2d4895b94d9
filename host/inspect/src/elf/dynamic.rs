//! The dynamic segment of an ELF file: what it asks the loader for.

use object::Endianness;
use object::elf;
use object::read::elf::{Dyn, FileHeader, ProgramHeader};

use crate::{MOST_NAMES, damaged, shown};

use super::segments::loaded;

/// What the dynamic segment says.
#[derive(Default)]
pub(super) struct Dynamic {
    /// The libraries that it asks for, in order.
    pub needed: Vec<String>,
    /// By which name programs ask for it.
    pub soname: Option<String>,
    /// Whether it says of itself that it is a program, not a library.
    pub is_program: bool,
    /// Whether it tells the loader of folders to search for libraries.
    pub has_run_path: bool,
}

impl Dynamic {
    pub fn read<Elf: FileHeader<Endian = Endianness>>(
        segments: &[Elf::ProgramHeader],
        endian: Endianness,
        data: &[u8],
    ) -> Result<Self, String> {
        let wrong = |error: object::read::Error| damaged("ELF", &error);
        let mut found = Self::default();
        let (mut names, mut soname, mut strings) = (Vec::new(), None, (0, 0));
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
                    elf::DT_SONAME => soname = Some(value),
                    elf::DT_RPATH | elf::DT_RUNPATH => found.has_run_path = true,
                    elf::DT_STRTAB => strings.0 = value,
                    elf::DT_STRSZ => strings.1 = value,
                    elf::DT_FLAGS_1 => {
                        found.is_program |= value & u64::from(elf::DF_1_PIE) != 0;
                    }
                    _ => {}
                }
            }
        }
        if names.is_empty() && soname.is_none() {
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
        let name = |start: u64| {
            usize::try_from(start)
                .ok()
                .and_then(|start| table.get(start..))
                .and_then(|rest| Some(&rest[..rest.iter().position(|byte| *byte == 0)?]))
                .map(shown)
                .ok_or("is a damaged ELF file: the name of a library lies outside it")
        };
        found.needed = names.into_iter().map(name).collect::<Result<_, _>>()?;
        found.soname = soname.map(name).transpose()?;
        Ok(found)
    }
}
