//! What tests of the whole house share: a [`Project`] that runs the real `orch` in a
//! folder of its own or lets it go on ([`Live`]), servers ([`server`], [`secure`],
//! [`ssh_server`], [`module_proxy`], [`registry`], [`faulty`] ones), [`machines`] that really boot,
//! [`component`]s that do what no good one does, and the [`tree`] of this repository for tests about
//! its sources.
//!
//! The tests lie beside it: `tests/` holds the house to its rules, `program/` is run by
//! `host/cli`, so that cargo hands it the `orch` that was built from the same sources.
//! Nothing of the house is linked here: a user's eyes are all that a whole-program test has.

pub mod component;
pub mod faulty;
mod live;
pub mod machines;
pub mod module_proxy;
mod page;
mod project;
mod ran;
pub mod registry;
pub mod secure;
pub mod server;
pub mod ssh_server;
pub mod tree;

pub use expect_test::expect;
pub use live::Live;
pub use project::Project;
pub use ran::Ran;
