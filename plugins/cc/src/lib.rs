//! C and C++ for `orch`: one action compiles one source file, one more links.
//!
//! `sources` knows which files there are and their languages, `choices` what tuning and the
//! pipeline choose together; `compile`, `link` and `debug_file` put the actions together. `command`
//! is for a build that runs `make` in their place. Which compiler is called, and how for a target, is the c-compiler crate's.

mod choices;
mod command;
mod compile;
mod debug_file;
mod link;
mod plan;
mod settings;
mod sources;
#[cfg(test)]
mod tests;

use orch_plugin::builder::{Builder, Request};
use orch_plugin::{Build, Error, Facts};

use crate::plan::Plan;
pub use crate::settings::BuildSettings;

/// The plugin.
pub struct Cc;

impl Builder for Cc {
    type Settings = BuildSettings;

    fn plan(request: &Request, settings: BuildSettings, facts: &dyn Facts) -> Result<Build, Error> {
        let plan = Plan::of(request, &settings)?;
        if !settings.command.is_empty() {
            return command::build(&plan);
        }
        let sources = sources::find(&request.directory, &settings.sources, facts)?;
        let mut build = Build::nothing();
        for source in &sources {
            build = build.action(compile::action(source, &plan)?);
        }
        link::into(build, &sources, &plan)
    }
}

orch_plugin::export_builder!(Cc);
