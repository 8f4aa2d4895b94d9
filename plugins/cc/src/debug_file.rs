//! Debug information in a file of its own: it ships beside what is installed, and a debugger
//! finds it by the name that is left in its place.
//! <https://sourceware.org/gdb/current/onlinedocs/gdb.html/Separate-Debug-Files.html>

use orch_plugin::{Action, Artifact, Build, Error, artifact, output};
use orch_plugin_c_compiler::objcopy;

use crate::link::{LINK, shipped};
use crate::plan::Plan;

/// The action that takes the debug information out, and the one that leaves its name behind.
const TAKE: &str = "debug-file";
const LEAVE: &str = "strip";

pub(crate) fn into(build: Build, name: &str, plan: &Plan<'_>) -> Result<Build, Error> {
    let program = objcopy(&plan.toolchains, &plan.request.target)?;
    let debug = format!("{name}.debug");
    let taken = Action::new(TAKE, program.clone())
        .argument("--only-keep-debug")
        .argument(artifact(LINK, name))
        .argument(output(debug.as_str()))
        .after(LINK)
        .output(debug.as_str());
    let link = artifact(TAKE, debug.as_str());
    let left = Action::new(LEAVE, program)
        .argument("--strip-all")
        .argument(("--add-gnu-debuglink=", link.clone()))
        .argument(artifact(LINK, name))
        .argument(output(name))
        .after(LINK)
        .after(TAKE)
        .output(name);
    Ok(build
        .action(taken)
        .action(left)
        .artifact(shipped(name, artifact(LEAVE, name), plan))
        .artifact(Artifact::file(debug, link)))
}
