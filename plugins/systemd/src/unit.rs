//! The text of a unit: sections of directives, in the order in which they were set.

use std::fmt;

/// A section of a unit.
pub(crate) struct Section {
    name: &'static str,
    directives: Vec<(String, String)>,
}

impl Section {
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name,
            directives: Vec::new(),
        }
    }

    /// One more line, whether or not there is one of that name.
    pub(crate) fn add(&mut self, name: &str, value: impl Into<String>) {
        self.directives.push((name.to_owned(), value.into()));
    }

    /// These lines in place of all that have that name.
    pub(crate) fn replace(&mut self, name: &str, values: &[String]) {
        self.directives.retain(|(other, _)| other != name);
        values.iter().for_each(|value| self.add(name, value));
    }

    /// The lines of another section behind its own.
    pub(crate) fn append(&mut self, other: Section) {
        self.directives.extend(other.directives);
    }

    /// Whether there is a line of that name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.directives.iter().any(|(other, _)| other == name)
    }
}

/// A unit.
pub(crate) struct Unit(pub(crate) Vec<Section>);

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, section) in self.0.iter().enumerate() {
            let gap = if index == 0 { "" } else { "\n" };
            writeln!(f, "{gap}[{}]", section.name)?;
            for (name, value) in &section.directives {
                writeln!(f, "{name}={value}")?;
            }
        }
        Ok(())
    }
}
