//! One file a verb. Each turns arguments into calls to the house and values into text;
//! none decides what a plan, a graph or an outcome is.

pub mod audit;
pub mod bench;
pub mod cache;
pub mod check;
pub mod ci;
pub mod completions;
pub mod deploy;
pub mod doctor;
pub mod explain;
pub mod fetch;
pub mod graph;
pub mod history;
pub mod init;
pub mod lock;
pub mod logs;
pub mod plan;
mod plan_deploy;
pub mod plugin;
pub mod query;
pub mod reproducible;
pub mod run;
pub mod schema;
pub mod target;
pub mod toolchain;
pub mod tuning;
pub mod watch;
