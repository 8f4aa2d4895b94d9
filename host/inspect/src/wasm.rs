//! WebAssembly: validated as an engine validates it before anything of it is compiled.

use std::collections::BTreeSet;

use wasmparser::{Encoding, Parser, Payload, Validator};

use crate::{MOST_NAMES, damaged, shown};

/// What is known of a valid WebAssembly file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WasmFacts {
    /// Whether it is a component, not a core module.
    pub component: bool,
    /// The modules (of a component: the interfaces) that it imports from.
    pub imports: BTreeSet<String>,
    /// The names that it exports.
    pub exports: BTreeSet<String>,
    /// Whether it has names of functions.
    pub symbols: bool,
    /// Whether it has DWARF.
    pub debug: bool,
}

impl WasmFacts {
    /// Whether it is a command: a module with an entry.
    pub fn is_command(&self) -> bool {
        !self.component && self.exports.contains("_start")
    }

    pub(crate) fn summary(&self) -> String {
        let kind = if self.component {
            "component"
        } else {
            "module"
        };
        let imports = match self.imports.len() {
            0 => "imports nothing".to_owned(),
            1..=4 => {
                let names: Vec<&str> = self.imports.iter().map(String::as_str).collect();
                format!("imports {}", names.join(", "))
            }
            many => format!("imports from {many} places"),
        };
        let stripped = match (self.debug, self.symbols) {
            (true, _) => "with debug information",
            (false, true) => "not stripped",
            (false, false) => "stripped",
        };
        format!("WebAssembly {kind}, {imports}, {stripped}")
    }
}

pub(crate) fn inspect(data: &[u8]) -> Result<WasmFacts, String> {
    Validator::new()
        .validate_all(data)
        .map_err(|error| format!("is not valid WebAssembly: {error}"))?;
    let mut facts = WasmFacts::default();
    let mut depth = 0u32;
    for payload in Parser::new(0).parse_all(data) {
        let payload = payload.map_err(|error| damaged("WebAssembly", &error))?;
        read(payload, &mut facts, &mut depth).map_err(|error| damaged("WebAssembly", &error))?;
        if facts.imports.len().max(facts.exports.len()) > MOST_NAMES {
            return Err(format!(
                "is WebAssembly with more than {MOST_NAMES} names of imports or exports"
            ));
        }
    }
    Ok(facts)
}

/// Only what stands at the outside counts as an import or export; a component has modules
/// inside that have some of their own.
fn read(
    payload: Payload<'_>,
    facts: &mut WasmFacts,
    depth: &mut u32,
) -> Result<(), wasmparser::BinaryReaderError> {
    match payload {
        Payload::Version { encoding, .. } => {
            *depth += 1;
            if *depth == 1 {
                facts.component = encoding == Encoding::Component;
            }
        }
        Payload::End(_) => *depth = depth.saturating_sub(1),
        Payload::ImportSection(section) if *depth == 1 => {
            for import in section.into_imports() {
                facts.imports.insert(shown(import?.module.as_bytes()));
            }
        }
        Payload::ComponentImportSection(section) if *depth == 1 => {
            for import in section {
                facts.imports.insert(shown(import?.name.name.as_bytes()));
            }
        }
        Payload::ExportSection(section) if *depth == 1 => {
            for export in section {
                facts.exports.insert(shown(export?.name.as_bytes()));
            }
        }
        Payload::ComponentExportSection(section) if *depth == 1 => {
            for export in section {
                facts.exports.insert(shown(export?.name.name.as_bytes()));
            }
        }
        Payload::CustomSection(section) => {
            facts.symbols |= matches!(section.name(), "name" | "component-name");
            facts.debug |= section.name() == ".debug_info";
        }
        _ => {}
    }
    Ok(())
}
