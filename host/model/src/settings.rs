//! The keys of a table that belong to a plugin: their values as JSON, and where each
//! stands in the file, so that a plugin's complaint can point at it.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::Span;

/// A plugin's settings with the place of each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// The values, in the order of the file.
    pub values: Map<String, Value>,
    /// Where each value stands, by JSON pointer (`/flags/2`); the empty pointer is the
    /// table's header.
    pub spans: BTreeMap<String, Span>,
    /// Where each key stands, by the same pointers.
    pub key_spans: BTreeMap<String, Span>,
}

impl Settings {
    /// The settings as a plugin gets them: a JSON object, with its keys sorted, so that
    /// their order in the file changes nothing.
    pub fn json(&self) -> String {
        let mut value = Value::Object(self.values.clone());
        value.sort_all_objects();
        value.to_string()
    }

    /// Where the value behind a JSON pointer stands; the nearest enclosing value's
    /// place where it has none itself.
    pub fn span(&self, pointer: &str) -> Option<Span> {
        nearest(&self.spans, pointer)
    }

    /// Where the value behind a JSON pointer stands, or an enclosing value that is a
    /// setting itself: never the table's header.
    pub fn own_span(&self, pointer: &str) -> Option<Span> {
        let span = self.span(pointer)?;
        (self.spans.get("") != Some(&span)).then_some(span)
    }

    /// Where the key behind a JSON pointer stands.
    pub fn key_span(&self, pointer: &str) -> Option<Span> {
        self.key_spans
            .get(pointer)
            .cloned()
            .or_else(|| nearest(&self.spans, pointer))
    }

    /// The JSON pointer of a setting as a plugin names it: `targets[2].cpu` is
    /// `/targets/2/cpu`.
    pub fn pointer(setting: &str) -> String {
        let mut pointer = String::new();
        for part in setting
            .split(['.', '[', ']'])
            .filter(|part| !part.is_empty())
        {
            pointer.push('/');
            pointer.push_str(&part.replace('~', "~0").replace('/', "~1"));
        }
        pointer
    }
}

fn nearest(spans: &BTreeMap<String, Span>, pointer: &str) -> Option<Span> {
    let mut pointer = pointer;
    loop {
        if let Some(span) = spans.get(pointer) {
            return Some(span.clone());
        }
        pointer = &pointer[..pointer.rfind('/')?];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_found_by_the_name_that_a_plugin_uses() {
        assert_eq!(Settings::pointer("targets[2].cpu"), "/targets/2/cpu");
        let settings = Settings {
            spans: BTreeMap::from([(String::new(), 0..4), ("/targets".into(), 10..20)]),
            ..Settings::default()
        };
        assert_eq!(settings.span("/targets/2/cpu"), Some(10..20));
        assert_eq!(settings.span("/other"), Some(0..4));
    }
}
