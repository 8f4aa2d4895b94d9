//! `orch toolchain which`: where a tool of an installed release lies.

use orch_model::{Fault, Tool, nearest};

use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::stop::Stop;

use super::release::Installed;

pub fn which(
    environment: Environment,
    wanted: &str,
    tool: Option<&str>,
    console: &Console,
) -> Result<Exit, Stop> {
    let (installed, _house) = Installed::find(environment, wanted, console)?;
    let program = &chosen(&installed, tool)?.program;
    let path = program.below(&installed.tree.root);
    console.document("program", &format!("{}\n", path.display()));
    Ok(Exit::Done)
}

/// The tool of that name; without one the plugin's namesake, or else the first.
fn chosen<'a>(installed: &'a Installed, name: Option<&str>) -> Result<&'a Tool, Fault> {
    let Installed {
        plugin, toolchain, ..
    } = installed;
    let tools = &toolchain.tools;
    let named = |name: &str| tools.iter().find(|tool| tool.name == name);
    let found = match name {
        Some(name) => named(name),
        None => named(plugin.as_str()).or(tools.first()),
    };
    found.ok_or_else(|| {
        let (version, name) = (&toolchain.version, name.unwrap_or_default());
        let known = || tools.iter().map(|tool| tool.name.as_str());
        let fault = Fault::usage(format!("{plugin} {version} has no tool `{name}`"));
        match nearest(name, known()) {
            Some(meant) => fault.hint(format!("did you mean `{meant}`?")),
            None => fault.hint(format!("it has {}", known().collect::<Vec<_>>().join(", "))),
        }
    })
}
