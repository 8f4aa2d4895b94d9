//! The last action: what was compiled becomes a program.

use orch_plugin::builder::Request;
use orch_plugin::{Action, Artifact, Build, Error, artifact, output};
use orch_plugin_c_compiler::{Compiler, Language};

use crate::compile::with_environment;
use crate::firmware;
use crate::settings::BuildSettings;
use crate::sources::Source;

/// The action's name.
const LINK: &str = "link";

/// The build with its last action, and the program that it leaves.
pub(crate) fn into(
    build: Build,
    sources: &[Source],
    compiler: &Compiler,
    request: &Request,
    settings: &BuildSettings,
) -> Result<Build, Error> {
    let stem = settings.output.as_deref().unwrap_or(&request.unit);
    let name = format!("{stem}{}", suffix(request));
    let action = action(&name, sources, compiler, request, settings)?;
    let program = Artifact::program(name.as_str(), artifact(LINK, name.as_str()));
    if !firmware::is_for(&request.target) {
        return Ok(build.action(action).artifact(program));
    }
    let map = format!("{stem}.map");
    let action = firmware::link(action, &map, request, settings)?;
    let map = Artifact::file(map.as_str(), artifact(LINK, map.as_str()));
    Ok(build.action(action).artifact(program).artifact(map))
}

/// The driver of C++ links C++'s own library, so one source in it is enough.
fn action(
    name: &str,
    sources: &[Source],
    compiler: &Compiler,
    request: &Request,
    settings: &BuildSettings,
) -> Result<Action, Error> {
    let languages = sources.iter().map(|source| source.language);
    let call = compiler.driver(languages.max().unwrap_or(Language::C))?;
    let objects = sources
        .iter()
        .map(|source| artifact(source.action.as_str(), source.object.as_str()));
    let libraries = settings.libraries.iter().map(|name| format!("-l{name}"));
    let action = Action::new(LINK, call.program)
        .arguments(call.arguments)
        .arguments(request.static_link.then_some("-static"))
        .arguments(objects)
        .arguments(request.flags("cc.ldflags"))
        .arguments(&settings.ldflags)
        .arguments(libraries)
        .argument("-o")
        .argument(output(name))
        .output(name);
    let action = sources.iter().fold(action, |action, source| {
        action.after(source.action.as_str())
    });
    Ok(with_environment(action, compiler, request))
}

fn suffix(request: &Request) -> &'static str {
    match &request.target {
        machine if machine.names("windows") => ".exe",
        machine if machine.architecture() == "wasm32" => ".wasm",
        machine if firmware::is_for(machine) => ".elf",
        _ => "",
    }
}
