//! Go for `orch`: where its releases come from, and how its programs are built.
//!
//! `official` knows where releases are found, `toolchain` what a release has, `cgo` which C
//! compiler is called; `compile` puts one `go build` together; `companion` pins and builds
//! programs that go with a toolchain. How the `go` command is called whatever it does is
//! `orch_plugin_go_command`'s to know.

mod cgo;
mod companion;
mod compile;
mod flags;
mod gcflags;
mod misfits;
mod official;
mod settings;
mod slim;
mod toolchain;

use orch_plugin::builder::{Builder, Request};
use orch_plugin::toolchain_source::{Toolchain, ToolchainSource};
use orch_plugin::{Build, Error, Facts, Machine};
use orch_plugin_releases::SourceSettings;

pub use crate::settings::BuildSettings;

/// The plugin.
pub struct Go;

impl ToolchainSource for Go {
    type Settings = SourceSettings;

    fn releases(
        requirement: &str,
        host: &Machine,
        settings: SourceSettings,
        facts: &dyn Facts,
    ) -> Result<Vec<String>, Error> {
        toolchain::releases(requirement, host, &settings, facts)
    }

    fn locate(
        version: &str,
        host: &Machine,
        settings: SourceSettings,
        facts: &dyn Facts,
    ) -> Result<Toolchain, Error> {
        toolchain::locate(version, host, &settings, facts)
    }
}

impl Builder for Go {
    type Settings = BuildSettings;

    fn plan(request: &Request, settings: BuildSettings, facts: &dyn Facts) -> Result<Build, Error> {
        compile::plan(request, &settings, facts)
    }
}

orch_plugin::export_toolchain_source!(Go);
orch_plugin::export_builder!(Go);
