//! C and C++ for `orch`: one action compiles one source file, one more links.
//!
//! `sources` knows which files there are and their languages, `compile` and `link` put the
//! actions together. Which compiler is called, and how for a target, is the c-compiler crate's.

mod compile;
mod firmware;
mod link;
mod settings;
mod sources;
#[cfg(test)]
mod tests;

use orch_plugin::builder::{Builder, Request};
use orch_plugin::{Build, Error, Facts};
use orch_plugin_c_compiler::Compiler;

pub use crate::settings::BuildSettings;

/// The plugin.
pub struct Cc;

impl Builder for Cc {
    type Settings = BuildSettings;

    fn plan(request: &Request, settings: BuildSettings, facts: &dyn Facts) -> Result<Build, Error> {
        let toolchains: Vec<_> = std::iter::once(&request.toolchain)
            .chain(&request.tools)
            .cloned()
            .collect();
        let compiler = Compiler::find(&toolchains, &request.target, request.static_link)?;
        let sources = sources::find(&request.directory, &settings.sources, facts)?;
        let mut build = Build::nothing();
        for source in &sources {
            build = build.action(compile::action(source, &compiler, request, &settings)?);
        }
        link::into(build, &sources, &compiler, request, &settings)
    }
}

orch_plugin::export_builder!(Cc);
