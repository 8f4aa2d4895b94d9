//! Which C compiler a build's toolchains have, and how it is called for a target machine.
//!
//! It knows how compilers spell targets and CPUs, and since which release. It does not know
//! what is compiled: a builder puts its own arguments behind those from here.
//!
//! `zig` is the one compiler that a toolchain source brings so far: [`Compiler::find`] looks
//! for its tool, `zig`, and tells what to add where no toolchain has one.

mod compiler;
mod cpu;
mod target;

pub use crate::compiler::{Call, Compiler, Language};
