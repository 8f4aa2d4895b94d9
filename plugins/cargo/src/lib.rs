//! Rust programs for `orch`: one `cargo build`, and before it, where crates come from a
//! registry, one `cargo vendor` that fetches them.
//!
//! `workspace` finds the files that say what is built, `linker` what joins the objects,
//! `compile` puts the actions together.

mod compile;
mod linker;
mod settings;
mod workspace;

#[cfg(test)]
mod tests;

use orch_plugin::builder::{Builder, Request};
use orch_plugin::{Build, Error, Facts};

pub use crate::settings::Settings;

/// The plugin.
pub struct Cargo;

impl Builder for Cargo {
    type Settings = Settings;

    fn plan(request: &Request, settings: Settings, facts: &dyn Facts) -> Result<Build, Error> {
        compile::plan(request, &settings, facts)
    }
}

orch_plugin::export_builder!(Cargo);
