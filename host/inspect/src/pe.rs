//! PE files, the programs and libraries of Windows.

use object::LittleEndian as LE;
use object::pe;
use object::read::coff::CoffHeader;
use object::read::pe::{ImageNtHeaders, ImageOptionalHeader, PeFile, PeFile32, PeFile64};

use orch_model::Architecture;

use crate::extent::check_end;
use crate::{MOST_NAMES, damaged, shown};

/// What is known of a PE file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeFacts {
    /// 32 or 64.
    pub bits: u8,
    /// The machine's number, `IMAGE_FILE_MACHINE_…`.
    pub machine: u16,
    /// Whether it is a library.
    pub library: bool,
    /// The libraries that it asks for, in order.
    pub needed: Vec<String>,
    /// Whether it has a table of symbols for debuggers.
    pub symbols: bool,
    /// Whether it has DWARF.
    pub debug: bool,
}

impl PeFacts {
    /// Its instruction set family, if `orch` knows it.
    pub fn architecture(&self) -> Option<Architecture> {
        match self.machine {
            pe::IMAGE_FILE_MACHINE_AMD64 => Some(Architecture::X86_64),
            pe::IMAGE_FILE_MACHINE_ARM64 => Some(Architecture::Aarch64),
            pe::IMAGE_FILE_MACHINE_ARMNT => Some(Architecture::Arm),
            _ => None,
        }
    }

    /// The machine's name.
    pub fn machine_name(&self) -> String {
        match (self.architecture(), self.machine) {
            (Some(architecture), _) => architecture.to_string(),
            (None, pe::IMAGE_FILE_MACHINE_I386) => "i386".to_owned(),
            (None, number) => format!("machine {number:#x}"),
        }
    }

    pub(crate) fn summary(&self) -> String {
        let kind = if self.library {
            "shared library"
        } else {
            "program"
        };
        let stripped = match (self.debug, self.symbols) {
            (true, _) => "with debug information",
            (false, true) => "not stripped",
            (false, false) => "stripped",
        };
        format!(
            "PE {}-bit {}, {kind}, {stripped}",
            self.bits,
            self.machine_name()
        )
    }
}

pub(crate) fn inspect(data: &[u8]) -> Result<PeFacts, String> {
    match object::read::pe::optional_header_magic(data) {
        Ok(pe::IMAGE_NT_OPTIONAL_HDR64_MAGIC) => {
            let file = PeFile64::parse(data).map_err(|error| damaged("PE", &error))?;
            read(&file, 64, data)
        }
        Ok(pe::IMAGE_NT_OPTIONAL_HDR32_MAGIC) => {
            let file = PeFile32::parse(data).map_err(|error| damaged("PE", &error))?;
            read(&file, 32, data)
        }
        Ok(magic) => Err(format!(
            "is a damaged PE file: its header is of kind {magic:#x}"
        )),
        Err(error) => Err(damaged("PE", &error)),
    }
}

fn read<Pe: ImageNtHeaders>(
    file: &PeFile<'_, Pe>,
    bits: u8,
    data: &[u8],
) -> Result<PeFacts, String> {
    let wrong = |error: object::read::Error| damaged("PE", &error);
    let header = file.nt_headers().file_header();
    let mut facts = PeFacts {
        bits,
        machine: header.machine.get(LE),
        library: header.characteristics.get(LE) & pe::IMAGE_FILE_DLL != 0,
        needed: Vec::new(),
        symbols: header.number_of_symbols.get(LE) > 0,
        debug: false,
    };
    let strings = header.symbols(data).ok().map(|symbols| symbols.strings());
    for section in file.section_table().iter() {
        let (offset, bytes) = section.pe_file_range();
        check_end("section", offset.into(), bytes.into(), data)?;
        let name = match strings {
            Some(strings) => section.name(strings).unwrap_or_default(),
            None => section.raw_name(),
        };
        facts.debug |= matches!(name, b".debug_info" | b".zdebug_info");
    }
    if file
        .nt_headers()
        .optional_header()
        .number_of_rva_and_sizes()
        == 0
    {
        return Ok(facts);
    }
    if let Some(table) = file.import_table().map_err(wrong)? {
        let mut libraries = table.descriptors().map_err(wrong)?;
        while let Some(library) = libraries.next().map_err(wrong)? {
            if facts.needed.len() >= MOST_NAMES {
                return Err("is a damaged PE file: it needs too many libraries".to_owned());
            }
            facts
                .needed
                .push(shown(table.name(library.name.get(LE)).map_err(wrong)?));
        }
    }
    Ok(facts)
}
