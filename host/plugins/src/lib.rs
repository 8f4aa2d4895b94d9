//! Plugins as WebAssembly components: reading, granting, limiting and calling them, and
//! the engine that runs WebAssembly artifacts.
//!
//! This is the only crate that knows wasmtime. It deliberately does not know what a plan
//! is, how facts are found, or where the user keeps grants: questions go to a
//! [`orch_engine::port::FactSource`], and the text of [`Grants`] comes from the caller.

mod bounded_output;
mod call;
mod code_cache;
mod compile;
mod component_file;
mod contract;
mod embedded;
mod engine;
mod failure;
mod grants;
mod host;
mod inspect;
mod limits;
mod machinery;
mod permission;
mod ports;
mod resources;
mod review;
mod shown;
mod ticker;
mod v0_1;
mod wasi;

pub use component_file::component_path;
pub use embedded::{EmbeddedSettings, EmbeddedWasm};
pub use grants::Grants;
pub use host::{PluginHost, PluginHostSettings};
pub use inspect::inspect;
pub use limits::Limits;

use contract::CONTRACT_VERSION;
