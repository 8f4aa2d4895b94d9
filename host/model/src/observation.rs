//! What was read off a machine, by name, and the document that carries it to where the
//! machine cannot be reached. Knows names and texts; what they mean is told by
//! [`MachineFacts`](crate::MachineFacts) and by plugins.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// The document's name of itself.
const FORMAT: &str = "orch-machine";

/// The version of the document that is written and read.
const VERSION: u64 = 1;

/// More facts, or more bytes in one, are no machine's.
const MOST_FACTS: usize = 256;
const MOST_BYTES: usize = 256 << 10;

/// Named facts of a machine. What a machine does not have is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observation {
    facts: BTreeMap<String, String>,
}

impl Observation {
    /// Keeps a fact; an empty one is none. A longer value than any machine has is cut.
    pub fn set(&mut self, name: &str, value: &str) {
        let mut end = value.len().min(MOST_BYTES);
        while !value.is_char_boundary(end) {
            end -= 1;
        }
        if !value.is_empty() && self.facts.len() < MOST_FACTS {
            self.facts.insert(name.to_owned(), value[..end].to_owned());
        }
    }

    /// A fact by its name.
    pub fn fact(&self, name: &str) -> Option<&str> {
        self.facts.get(name).map(String::as_str)
    }

    /// A fact that is a list, its items separated by commas.
    pub fn list(&self, name: &str) -> Option<Vec<String>> {
        let items = self.fact(name)?.split(',').filter(|item| !item.is_empty());
        Some(items.map(str::to_owned).collect())
    }

    /// A fact that is a number.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.fact(name)?.parse().ok()
    }

    /// All facts, by name.
    pub fn facts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.facts
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The document that [`of_document`](Self::of_document) reads.
    pub fn document(&self) -> Value {
        let facts: Map<String, Value> = self
            .facts
            .iter()
            .map(|(name, value)| (name.clone(), Value::from(value.as_str())))
            .collect();
        json!({ "format": FORMAT, "version": VERSION, "facts": facts })
    }

    /// Reads a document. Other fields than its own are passed over. The error is a sentence
    /// without its subject: `holds no facts of a machine`.
    pub fn of_document(document: &Value) -> Result<Self, String> {
        if document.get("format").and_then(Value::as_str) != Some(FORMAT) {
            return Err(format!(
                "holds no facts of a machine: its `format` is not `{FORMAT}`"
            ));
        }
        match document.get("version").and_then(Value::as_u64) {
            Some(VERSION) => {}
            Some(other) => {
                return Err(format!(
                    "has version {other}, and this `orch` reads version {VERSION}"
                ));
            }
            None => return Err("has no `version`".to_owned()),
        }
        let facts = document
            .get("facts")
            .and_then(Value::as_object)
            .ok_or("has no object `facts`")?;
        if facts.len() > MOST_FACTS {
            return Err(format!(
                "has {} facts; a machine has at most {MOST_FACTS}",
                facts.len()
            ));
        }
        let mut observation = Self::default();
        for (name, value) in facts {
            let value = value
                .as_str()
                .ok_or_else(|| format!("has a fact `{name}` that is no text"))?;
            observation.set(name, value);
        }
        Ok(observation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_carries_every_fact() {
        let mut seen = Observation::default();
        seen.set("machine", "aarch64");
        seen.set("page-bytes", "16384");
        seen.set("loaders", "/lib/a,/lib/b");
        seen.set("libc", "");
        let read = Observation::of_document(&seen.document()).unwrap();
        assert_eq!(read, seen);
        assert_eq!(read.number("page-bytes"), Some(16_384));
        assert_eq!(read.list("loaders").unwrap(), ["/lib/a", "/lib/b"]);
        assert_eq!(read.fact("libc"), None);
    }

    #[test]
    fn another_document_is_refused_in_words() {
        for (text, why) in [
            ("{}", "its `format` is not"),
            (r#"{"format":"orch-machine"}"#, "has no `version`"),
            (r#"{"format":"orch-machine","version":2}"#, "has version 2"),
            (
                r#"{"format":"orch-machine","version":1,"facts":[]}"#,
                "has no object",
            ),
            (
                r#"{"format":"orch-machine","version":1,"facts":{"cores":4}}"#,
                "`cores` that is no text",
            ),
        ] {
            let document = serde_json::from_str(text).unwrap();
            let said = Observation::of_document(&document).unwrap_err();
            assert!(said.contains(why), "{text}: {said}");
        }
    }

    #[test]
    fn no_fact_is_longer_than_any_machine_s() {
        let mut seen = Observation::default();
        seen.set("cpuinfo", &"é".repeat(MOST_BYTES));
        assert!(seen.fact("cpuinfo").unwrap().len() <= MOST_BYTES);
        for index in 0..2 * MOST_FACTS {
            seen.set(&format!("fact-{index}"), "x");
        }
        assert_eq!(seen.facts().count(), MOST_FACTS);
    }
}
