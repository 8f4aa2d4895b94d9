//! Distribution packages for `orch`: cross compilers, their C libraries and other tools as
//! apt knows them, unpacked without root and started where they lie.
//!
//! `version` and `clause` know Debian's notation, `resolve` which packages a set needs, `apt`
//! where they are asked for; `programs` knows what is in well-known packages, `toolchain`
//! puts all of it together.

mod apt;
mod clause;
mod programs;
mod resolve;
mod settings;
mod toolchain;
mod version;

use orch_plugin::toolchain_source::{Toolchain, ToolchainSource};
use orch_plugin::{Error, Facts, Machine};

pub use crate::settings::Settings;

/// The plugin.
pub struct Debian;

impl ToolchainSource for Debian {
    type Settings = Settings;

    fn releases(
        requirement: &str,
        host: &Machine,
        settings: Settings,
        facts: &dyn Facts,
    ) -> Result<Vec<String>, Error> {
        toolchain::releases(requirement, host, &settings, facts)
    }

    fn locate(
        version: &str,
        host: &Machine,
        settings: Settings,
        facts: &dyn Facts,
    ) -> Result<Toolchain, Error> {
        toolchain::locate(version, host, &settings, facts)
    }
}

orch_plugin::export_toolchain_source!(Debian);
