//! From the text of a pipeline file to a valid [`orch_model::Pipeline`], or to every
//! diagnostic at once; the text form of `orch.lock`; and the JSON Schema of the file.
//!
//! Plugins, files and terminals are deliberately not known here: what a plugin's own
//! settings may be is checked by the engine, and diagnostics are drawn by the report.

mod bench;
mod cycles;
mod duration;
mod lock;
mod matrix;
mod name;
mod nearest;
mod needs;
mod outputs;
mod parse;
mod policy;
mod problems;
mod raw;
mod requirement;
mod resolve;
mod schema;
mod settings;
mod shape;
mod source;
mod syntax;
mod table;
mod text;

pub use lock::{parse_lock, render_lock};
pub use parse::{Parsed, parse};
pub use requirement::requirement;
pub use schema::schema;
pub use source::{MAXIMUM_BYTES, read};
