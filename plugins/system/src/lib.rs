//! Toolchains that are on the machine already. The host looks for a program, asks its version
//! and digests it; this plugin says which programs, reads what they say, and knows what to
//! install where one is missing.

mod compiler;
mod environment;
mod install;
mod program;
mod settings;
mod version;

#[cfg(test)]
mod tests;

use orch_plugin::toolchain_source::{FoundProgram, Toolchain, ToolchainSource};
use orch_plugin::{Error, Facts, Machine, Tool};

use crate::program::Found;
pub use crate::settings::Settings;

/// The plugin.
pub struct System;

impl ToolchainSource for System {
    type Settings = Settings;

    fn releases(
        requirement: &str,
        _: &Machine,
        settings: Settings,
        facts: &dyn Facts,
    ) -> Result<Vec<String>, Error> {
        let programs = program::find_all(&settings, requirement, facts)?;
        Ok(programs.iter().take(1).map(Found::version).collect())
    }

    fn locate(
        version: &str,
        host: &Machine,
        settings: Settings,
        facts: &dyn Facts,
    ) -> Result<Toolchain, Error> {
        let programs = program::find_all(&settings, "", facts)?;
        Ok(Toolchain {
            version: version.to_owned(),
            archives: Vec::new(),
            files: Vec::new(),
            tools: tools(&programs, host),
            environment: environment::of(&programs),
            sysroot: None,
            programs: programs.into_iter().map(found).collect(),
        })
    }
}

/// Each program by its own name, and by the full one that builders know compilers by.
fn tools(programs: &[Found], host: &Machine) -> Vec<Tool> {
    let own = programs.iter().map(|program| program.name.clone());
    let full = programs.iter().filter_map(|program| {
        let full = compiler::full_name(&program.name, host)?;
        let is_new = programs.iter().all(|other| other.name != full);
        is_new.then_some((full, program.name.as_str()))
    });
    let own = own.map(|name| Tool::new(name.as_str(), format!("bin/{name}")));
    let full = full.map(|(full, name)| Tool::new(full, format!("bin/{name}")));
    own.chain(full).collect()
}

fn found(program: Found) -> FoundProgram {
    FoundProgram {
        name: program.name,
        digest: program.digest,
    }
}

orch_plugin::export_toolchain_source!(System);
