//! From the text of a pipeline file to a valid [`orch_model::Pipeline`], or to every
//! diagnostic at once; the same for a fleet's inventory; the text form of `orch.lock`; and the JSON
//! Schema of the pipeline file.
//!
//! Plugins, files and terminals are deliberately not known here: what a plugin's own
//! settings may be is checked by the engine, and diagnostics are drawn by the report.

mod address;
mod bench;
mod choice;
mod command;
mod cycles;
mod deploy;
mod duration;
mod fleet;
mod health;
mod host;
mod inventory;
mod json;
mod lock;
mod matrix;
mod name;
mod names;
mod nearest;
mod needs;
mod number;
mod of;
mod on;
mod outputs;
mod parse;
mod placeholders;
mod policy;
mod problems;
mod raw;
mod requirement;
mod resolve;
mod rollout;
mod schema;
mod secret;
mod settings;
mod shape;
mod source;
mod syntax;
mod table;
mod text;
mod texts;
mod wave;

pub use inventory::inventory;
pub use lock::{parse_lock, render_lock};
pub use parse::{Parsed, parse};
pub use requirement::requirement;
pub use schema::schema;
pub use source::{MAXIMUM_BYTES, read};
