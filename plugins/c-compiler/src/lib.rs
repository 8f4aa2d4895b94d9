//! Which C compiler a build's toolchains have, and how it is called for a target machine.
//!
//! It knows how Zig and GCC spell targets and CPUs, and since which release. It does not know
//! what is compiled: a builder puts its own arguments behind those from here.
//!
//! [`Compiler::find`] looks for the tools of the toolchains: `zig`, or a GCC by its full name,
//! such as `aarch64-linux-gnu-gcc`. `remedy` says what to add where none of them fits.

mod compiler;
mod gcc;
mod objcopy;
mod remedy;
mod zig;

pub use crate::compiler::{Call, Compiler, Family, Language};
pub use crate::objcopy::objcopy;
