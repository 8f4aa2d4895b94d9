//! The text of `orch.lock`: TOML that is sorted, the same on every host, and small
//! enough to review. What gets locked, and when, is not known here.

mod entries;
mod read;
mod render;

pub use read::parse_lock;
pub use render::render_lock;

/// How settings are written when there are none; such a line is left out.
const NO_SETTINGS: &str = "{}";
