//! Mach-O files, single or with several architectures in one.

use object::Endianness;
use object::macho;
use object::read::macho::{
    FatArch, LoadCommandVariant, MachHeader, MachOFatFile32, MachOFatFile64,
};

use orch_model::Architecture;

use crate::extent::check_end;
use crate::{MOST_NAMES, damaged, shown};

/// More architectures than this are in no universal file.
const MOST_SLICES: usize = 32;

/// What a Mach-O file is meant for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MachKind {
    /// A program.
    Executable,
    /// A dynamic library or a bundle.
    Shared,
    /// An object file that is not linked yet.
    Relocatable,
    /// Something that nobody ships.
    Other,
}

/// What is known of a Mach-O file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachFacts {
    /// The processors' numbers, `CPU_TYPE_…`, in the file's order.
    pub machines: Vec<u32>,
    /// What its first architecture is meant for.
    pub kind: MachKind,
    /// The libraries that it asks for, without doubles.
    pub needed: Vec<String>,
    /// Whether it has symbols besides those that it imports and exports.
    pub symbols: bool,
    /// Whether it has DWARF.
    pub debug: bool,
}

impl MachFacts {
    /// The instruction sets that it has code for, as far as `orch` knows them.
    pub fn architectures(&self) -> Vec<Architecture> {
        self.machines
            .iter()
            .filter_map(|machine| match *machine {
                macho::CPU_TYPE_X86_64 => Some(Architecture::X86_64),
                macho::CPU_TYPE_ARM64 => Some(Architecture::Aarch64),
                macho::CPU_TYPE_ARM => Some(Architecture::Arm),
                _ => None,
            })
            .collect()
    }

    /// The names of its processors.
    pub fn machine_names(&self) -> String {
        let names: Vec<String> = self
            .machines
            .iter()
            .map(|machine| match *machine {
                macho::CPU_TYPE_X86_64 => "x86_64".to_owned(),
                macho::CPU_TYPE_ARM64 => "aarch64".to_owned(),
                macho::CPU_TYPE_ARM => "arm".to_owned(),
                macho::CPU_TYPE_X86 => "i386".to_owned(),
                number => format!("machine {number}"),
            })
            .collect();
        names.join(" and ")
    }

    pub(crate) fn summary(&self) -> String {
        let kind = match self.kind {
            MachKind::Executable => "program",
            MachKind::Shared => "shared library",
            MachKind::Relocatable => "object file",
            MachKind::Other => "not a program",
        };
        let stripped = match (self.debug, self.symbols) {
            (true, _) => "with debug information",
            (false, true) => "not stripped",
            (false, false) => "stripped",
        };
        format!("Mach-O {}, {kind}, {stripped}", self.machine_names())
    }
}

pub(crate) fn inspect(data: &[u8]) -> Result<MachFacts, String> {
    let wrong = |error: object::read::Error| damaged("Mach-O", &error);
    match data {
        [0xcf, ..] => read::<macho::MachHeader64<Endianness>>(data),
        [0xce, ..] => read::<macho::MachHeader32<Endianness>>(data),
        [_, _, _, 0xbf, ..] => {
            let fat = MachOFatFile64::parse(data).map_err(wrong)?;
            read_slices(fat.arches(), data)
        }
        _ => {
            let fat = MachOFatFile32::parse(data).map_err(wrong)?;
            read_slices(fat.arches(), data)
        }
    }
}

fn read_slices<Arch: FatArch>(slices: &[Arch], data: &[u8]) -> Result<MachFacts, String> {
    if slices.len() > MOST_SLICES {
        return Err(format!(
            "is a damaged Mach-O file: it has {} architectures",
            slices.len()
        ));
    }
    let mut all: Option<MachFacts> = None;
    for slice in slices {
        let data = slice
            .data(data)
            .map_err(|error| damaged("Mach-O", &error))?;
        let facts = match data {
            [0xcf, 0xfa, 0xed, 0xfe, ..] => read::<macho::MachHeader64<Endianness>>(data)?,
            [0xce, 0xfa, 0xed, 0xfe, ..] => read::<macho::MachHeader32<Endianness>>(data)?,
            _ => return Err("is a damaged Mach-O file: a part is no Mach-O".to_owned()),
        };
        match &mut all {
            None => all = Some(facts),
            Some(all) => {
                all.machines.extend(facts.machines);
                all.symbols |= facts.symbols;
                all.debug |= facts.debug;
                for name in facts.needed {
                    if !all.needed.contains(&name) {
                        all.needed.push(name);
                    }
                }
            }
        }
    }
    all.ok_or_else(|| "is a damaged Mach-O file: it has no architectures".to_owned())
}

fn read<Mach: MachHeader<Endian = Endianness>>(data: &[u8]) -> Result<MachFacts, String> {
    let wrong = |error: object::read::Error| damaged("Mach-O", &error);
    let header = Mach::parse(data, 0).map_err(wrong)?;
    let endian = header.endian().map_err(wrong)?;
    let mut facts = MachFacts {
        machines: vec![header.cputype(endian)],
        kind: match header.filetype(endian) {
            macho::MH_EXECUTE => MachKind::Executable,
            macho::MH_DYLIB | macho::MH_BUNDLE => MachKind::Shared,
            macho::MH_OBJECT => MachKind::Relocatable,
            _ => MachKind::Other,
        },
        needed: Vec::new(),
        symbols: false,
        debug: false,
    };
    let mut commands = header.load_commands(endian, data, 0).map_err(wrong)?;
    while let Some(command) = commands.next().map_err(wrong)? {
        match command.variant().map_err(wrong)? {
            LoadCommandVariant::Dylib(library) if command.cmd() != macho::LC_ID_DYLIB => {
                let name = shown(command.string(endian, library.dylib.name).map_err(wrong)?);
                if facts.needed.len() >= MOST_NAMES {
                    return Err("is a damaged Mach-O file: it needs too many libraries".to_owned());
                }
                if !facts.needed.contains(&name) {
                    facts.needed.push(name);
                }
            }
            LoadCommandVariant::Dysymtab(table) => {
                facts.symbols |= table.nlocalsym.get(endian) > 0;
            }
            LoadCommandVariant::Segment32(segment, _) => {
                let (offset, bytes) = (segment.fileoff.get(endian), segment.filesize.get(endian));
                check_end("segment", offset.into(), bytes.into(), data)?;
                facts.debug |= segment.segname.starts_with(b"__DWARF\0");
            }
            LoadCommandVariant::Segment64(segment, _) => {
                let (offset, bytes) = (segment.fileoff.get(endian), segment.filesize.get(endian));
                check_end("segment", offset, bytes, data)?;
                facts.debug |= segment.segname.starts_with(b"__DWARF\0");
            }
            _ => {}
        }
    }
    Ok(facts)
}
