//! What a file is made of, and how much room each part takes.

use object::{Object, ObjectSection, ObjectSymbol};

/// The parts of a file that have names. One of a format that has none has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Anatomy {
    /// Each section of the file with its size in bytes, in the file's order. What takes no room in
    /// the file, such as `.bss`, takes none here.
    pub sections: Vec<(String, u64)>,
    /// Each symbol with its size in bytes, Rust's and C++'s as they are mangled.
    pub symbols: Vec<(String, u64)>,
}

/// Looks at the parts of a program, a library or a WebAssembly module.
pub fn anatomy(data: &[u8]) -> Anatomy {
    let Ok(file) = object::File::parse(data) else {
        return Anatomy::default();
    };
    let sections = file.sections().filter_map(|section| {
        let (_, bytes) = section.file_range()?;
        Some((section.name().ok()?.to_owned(), bytes))
    });
    let symbols = file.symbols().filter_map(|symbol| {
        let is_sized = symbol.size() > 0 && !symbol.is_undefined();
        let name = is_sized.then(|| symbol.name().ok()).flatten()?;
        Some((name.to_owned(), symbol.size()))
    });
    Anatomy {
        sections: sections.collect(),
        symbols: symbols.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_program_has_no_parts() {
        assert_eq!(anatomy(b"a text"), Anatomy::default());
        assert_eq!(anatomy(b"\x7fELF"), Anatomy::default());
    }

    #[test]
    fn this_program_has_sections_and_symbols() {
        let file = std::env::current_exe().expect("there is one");
        let data = std::fs::read(file).expect("it can be read");
        let anatomy = anatomy(&data);
        let text = anatomy.sections.iter().find(|(name, _)| name == ".text");
        assert!(text.is_some_and(|(_, bytes)| *bytes > 1_000));
        assert!(anatomy.symbols.iter().any(|(name, _)| name == "main"));
        let total: u64 = anatomy.sections.iter().map(|(_, bytes)| bytes).sum();
        assert!(total <= data.len() as u64);
    }
}
