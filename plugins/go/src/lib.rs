//! Go: where its releases come from, and how a package becomes a program.

mod build;
mod module;
mod official;
mod platform;
mod registry;
mod release;
mod source;

pub use build::GoBuild;
pub use source::GoReleases;

orch_plugin::export_toolchain_source!(GoReleases);
orch_plugin::export_builder!(GoBuild);
