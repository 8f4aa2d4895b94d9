//! How Go's own command is called: by a builder for what ships, by probes for what is measured.
//!
//! It knows which ports a release has, which environment its programs need, and what a project
//! says of itself. It does not know what is built, nor with which flags.
//!
//! [`Go`] is the command of a toolchain, [`Port`] the system and instruction set that it builds
//! for, [`Project`] the module or workspace that it works in, [`Program`] one that a probe brings. [`release`] knows how versions are
//! spelt, [`environment`] what every program of a toolchain is told.

mod command;
pub mod environment;
mod module;
mod port;
mod problems;
mod program;
pub mod release;
mod target;

pub use crate::command::Go;
pub use crate::module::Project;
pub use crate::port::{Port, knows};
pub use crate::program::Program;
pub use crate::target::variables;
