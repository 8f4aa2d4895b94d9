//! JSON: everything that is kept.

use std::fmt::Write;

use crate::Kept;

/// The measurements as one JSON object, each on a line of its own.
///
/// `format` is `orch-history`. A new field does not raise `version`; taking one away or giving it
/// another meaning does. A verdict is an object. Times are in seconds since 1970-01-01, UTC.
pub fn json(kept: &[Kept]) -> String {
    let mut text = String::from(r#"{"format":"orch-history","version":1,"measurements":["#);
    for (position, kept) in kept.iter().enumerate() {
        let comma = if position == 0 { "" } else { "," };
        let object = serde_json::to_string(kept).expect("a measurement has a JSON form");
        let _ = write!(text, "{comma}\n{object}");
    }
    text.push_str("\n]}\n");
    text
}
