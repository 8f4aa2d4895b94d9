//! The keys of a table that belong to a plugin, as JSON with the place of each. What a
//! plugin makes of them is not known here.

use serde_json::{Map, Number, Value as Json};
use toml::de::DeValue;

use orch_model::{Diagnostic, Settings, Span};

use crate::shape::Reader;
use crate::syntax::{Key, Node, in_order, shorten};

/// Deeper than any plugin's settings; JSON parsers have limits, and so has the stack.
const DEPTH: usize = 32;

/// More values than any table's settings have.
const VALUES: usize = 10_000;

/// Turns entries into settings; complains about what JSON cannot say.
pub(crate) fn read(
    entries: Vec<(&Key<'_>, &Node<'_>)>,
    path: &str,
    header: Span,
    reader: &mut Reader<'_>,
) -> Settings {
    let mut taker = Taker {
        settings: Settings::default(),
        path,
        reader,
        values: 0,
    };
    taker.settings.spans.insert(String::new(), header);
    let values = taker.entries(entries, "", 0);
    taker.settings.values = values;
    taker.settings
}

struct Taker<'a, 'r> {
    settings: Settings,
    path: &'a str,
    reader: &'a mut Reader<'r>,
    values: usize,
}

impl Taker<'_, '_> {
    fn entries(
        &mut self,
        entries: Vec<(&Key<'_>, &Node<'_>)>,
        pointer: &str,
        depth: usize,
    ) -> Map<String, Json> {
        let mut values = Map::new();
        for (key, node) in entries {
            if self.values >= VALUES {
                break;
            }
            let name = key.get_ref();
            let pointer = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
            self.settings.key_spans.insert(pointer.clone(), key.span());
            let value = self.value(node, pointer, depth + 1);
            values.insert(name.to_string(), value);
        }
        values
    }

    fn value(&mut self, node: &Node<'_>, pointer: String, depth: usize) -> Json {
        self.values += 1;
        if self.values == VALUES {
            self.complain(node, format!("has more than {VALUES} settings"), None);
        }
        if depth > DEPTH {
            self.complain(
                node,
                format!("has settings nested deeper than {DEPTH}"),
                None,
            );
            return Json::Null;
        }
        let value = match node.get_ref() {
            DeValue::String(text) => Json::String(text.to_string()),
            DeValue::Boolean(value) => Json::Bool(*value),
            DeValue::Integer(digits) => {
                match i64::from_str_radix(digits.as_str(), digits.radix()) {
                    Ok(number) => Json::from(number),
                    Err(_) => {
                        let range = format!("it may be {} to {}", i64::MIN, i64::MAX);
                        self.complain(node, "has a number that is too large".into(), Some(range))
                    }
                }
            }
            DeValue::Float(digits) => {
                match digits.as_str().parse().ok().and_then(Number::from_f64) {
                    Some(number) => Json::Number(number),
                    None => self.complain(
                        node,
                        "has a number that plugins cannot be given".into(),
                        Some("`inf` and `nan` are not numbers in JSON".into()),
                    ),
                }
            }
            DeValue::Datetime(_) => {
                let text = self.reader.text.get(node.span()).unwrap_or_default();
                let hint = format!("put it in quotes: `\"{}\"`", shorten(text));
                self.complain(
                    node,
                    "has a date, which plugins cannot be given".into(),
                    Some(hint),
                )
            }
            DeValue::Array(items) => {
                let mut values = Vec::new();
                for (index, item) in items.iter().enumerate() {
                    if self.values >= VALUES {
                        break;
                    }
                    values.push(self.value(item, format!("{pointer}/{index}"), depth + 1));
                }
                Json::Array(values)
            }
            DeValue::Table(table) => Json::Object(self.entries(in_order(table), &pointer, depth)),
        };
        self.settings.spans.insert(pointer, node.span());
        value
    }

    fn complain(&mut self, node: &Node<'_>, what: String, hint: Option<String>) -> Json {
        let message = format!("`{}` {what}", shorten(self.path));
        self.reader
            .problems
            .add(Diagnostic::error(message, node.span()).maybe_hint(hint));
        Json::Null
    }
}
