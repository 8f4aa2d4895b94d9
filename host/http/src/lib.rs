//! HTTP as `orch` speaks it: whom it trusts, what every request says, what a failed one means,
//! and what of an address may be told. What is asked, how often, and what becomes of the bytes,
//! its users know: `orch-fetch` gets what is pinned, `orch-image` speaks with registries.

mod client;
mod failure;
mod mirror;
pub mod redact;
mod trust;

pub use client::{build, builder, runtime};
pub use failure::Failure;
pub use mirror::{Mirror, mirrored};
pub use trust::Authorities;
