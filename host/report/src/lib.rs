//! Tells people and programs what happens: diagnostics with the line and a caret, progress
//! on a terminal, plain lines for a pipe, JSON events, tables.
//!
//! It turns values of the model and events of the engine into text for the streams that it
//! is given. It deliberately decides nothing: not whether there is colour, how wide the
//! terminal is, what time it is, nor which exit code follows.

mod bench;
mod clock;
mod deploy;
mod diagnostic;
mod duration;
mod escape;
mod excerpt;
mod fault;
mod figure;
mod finished;
mod graph;
mod html;
mod json;
mod plain;
mod profiles;
mod progress;
mod result;
mod service_log;
mod size;
#[cfg(test)]
mod story;
mod style;
mod summary;
mod table;
mod terminal;
mod trace;
mod transfer;
mod watching;
mod wire;
mod wire_node;
mod wire_plan;
mod wire_watching;

pub use bench::{BenchRow, render_benches};
pub use clock::{Clock, system_clock};
pub use deploy::{DeployRow, render_deploys};
pub use diagnostic::render_diagnostics;
pub use duration::human_duration;
pub use escape::{visible, visible_line};
pub use fault::{render_fault, render_log, render_warning};
pub use figure::human_value;
pub use graph::{render_dot, render_svg};
pub use html::{FlameGraph, HtmlPage, Point, Series, human_minute, render_html};
pub use indicatif::ProgressDrawTarget;
pub use json::Json;
pub use plain::Plain;
pub use result::{ResultOrigin, ResultRow, render_results};
pub use service_log::{LogNames, render_log_line};
pub use size::human_bytes;
pub use style::Style;
pub use summary::{Summary, render_summary};
pub use table::Table;
pub use terminal::Terminal;
pub use trace::Trace;
pub use watching::{Watching, render_changes, render_watching};
