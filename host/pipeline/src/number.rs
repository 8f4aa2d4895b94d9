//! Numbers within bounds. What they count is not known here.

use serde_json::{Value as Json, json};
use toml::de::DeValue;

use orch_model::Diagnostic;

use crate::shape::{At, Reader, Shape, wrong_type};
use crate::syntax::Node;

/// A whole number from `LEAST` to `MOST`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Whole<const LEAST: u32, const MOST: u32>(pub u32);

impl<const LEAST: u32, const MOST: u32> Shape for Whole<LEAST, MOST> {
    fn wanted() -> String {
        format!("a whole number from {LEAST} to {MOST}")
    }

    fn wanted_many() -> String {
        format!("whole numbers from {LEAST} to {MOST}")
    }

    fn read(node: &Node<'_>, at: At<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let DeValue::Integer(digits) = node.get_ref() else {
            let text = node.get_ref().as_str();
            let bare = text.filter(|text| text.parse::<u32>().is_ok());
            let hint = bare.map(|text| format!("leave the quotes out: `{text}`"));
            wrong_type::<Self>(node, at, hint, reader);
            return None;
        };
        let value = u32::from_str_radix(digits.as_str(), digits.radix()).ok();
        let value = value.filter(|value| (LEAST..=MOST).contains(value));
        if value.is_none() {
            let message = format!("{at} must be {}, found {digits}", Self::wanted());
            reader.problems.add(Diagnostic::error(message, node.span()));
        }
        value.map(Self)
    }

    fn schema() -> Json {
        json!({ "type": "integer", "minimum": LEAST, "maximum": MOST })
    }
}

/// A number that something measured is held to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Number(pub f64);

impl Shape for Number {
    fn wanted() -> String {
        "a number".to_owned()
    }

    fn wanted_many() -> String {
        "numbers".to_owned()
    }

    fn read(node: &Node<'_>, at: At<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let value = match node.get_ref() {
            DeValue::Integer(digits) => i64::from_str_radix(digits.as_str(), digits.radix())
                .ok()
                .map(|whole| whole as f64),
            DeValue::Float(digits) => digits.as_str().parse().ok(),
            _ => {
                wrong_type::<Self>(node, at, None, reader);
                return None;
            }
        };
        let value = value.filter(|value: &f64| value.is_finite());
        if value.is_none() {
            let message = format!("{at} must be a number that can be reached");
            let hint = "leave it out where there is no bound";
            let problem = Diagnostic::error(message, node.span()).hint(hint);
            reader.problems.add(problem);
        }
        value.map(Self)
    }

    fn schema() -> Json {
        json!({ "type": "number" })
    }
}
