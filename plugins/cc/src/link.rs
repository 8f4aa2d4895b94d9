//! What was compiled becomes a program or a library.

use orch_plugin::{Action, Artifact, Build, Error, Path, Problem, artifact, output};
use orch_plugin_c_compiler::Language;

use crate::debug_file;
use crate::plan::Plan;
use crate::settings::{Kind, Symbols};
use crate::sources::Source;

/// The action's name.
pub(crate) const LINK: &str = "link";

/// The build with its last actions, and what they leave.
pub(crate) fn into(build: Build, sources: &[Source], plan: &Plan<'_>) -> Result<Build, Error> {
    let name = file_name(plan);
    if plan.settings.kind == Kind::StaticLibrary {
        let library = Artifact::file(name.as_str(), artifact(LINK, name.as_str()));
        let action = collect(&name, sources, plan)?;
        return Ok(build.action(action).artifact(library));
    }
    check_shared(plan)?;
    let build = build.action(link(&name, sources, plan)?);
    match plan.choices.symbols {
        Symbols::Split => debug_file::into(build, &name, plan),
        Symbols::Keep | Symbols::Strip => {
            let linked = shipped(&name, artifact(LINK, name.as_str()), plan);
            Ok(build.artifact(linked))
        }
    }
}

/// The file that ships; only a program is one that is started.
pub(crate) fn shipped(name: &str, path: Path, plan: &Plan<'_>) -> Artifact {
    match plan.settings.kind {
        Kind::Program => Artifact::program(name, path),
        Kind::StaticLibrary | Kind::SharedLibrary => Artifact::file(name, path),
    }
}

fn check_shared(plan: &Plan<'_>) -> Result<(), Error> {
    let is_shared = plan.settings.kind == Kind::SharedLibrary;
    match &plan.settings.soname {
        Some(_) if !is_shared => Err(Problem::new("only a shared library has a soname")
            .at("soname")
            .hint("take it away, or set `kind = \"shared-library\"`")
            .into()),
        _ if is_shared && plan.request.static_link => Err(Problem::new(
            "the target wants no shared library, so nothing there could load one",
        )
        .at("kind")
        .hint("set `kind = \"static-library\"`, or take a target with a C library of its own")
        .into()),
        _ => Ok(()),
    }
}

/// The driver of C++ links C++'s own library, so one source in it is enough.
fn link(name: &str, sources: &[Source], plan: &Plan<'_>) -> Result<Action, Error> {
    let (request, settings) = (plan.request, plan.settings);
    let languages = sources.iter().map(|source| source.language);
    let call = plan
        .compiler
        .driver(languages.max().unwrap_or(Language::C))?;
    let libraries = settings.libraries.iter().map(|name| format!("-l{name}"));
    let optimisation = format!("-O{}", plan.choices.optimisation);
    let action = Action::new(LINK, call.program)
        .arguments(call.arguments)
        .arguments(request.static_link.then_some("-static"))
        .arguments(shared_flags(name, plan))
        // Link-time optimisation compiles here.
        .arguments(plan.choices.lto.map(|_| optimisation))
        .arguments(plan.choices.lto)
        .arguments(objects(sources))
        .arguments(request.flags("cc.ldflags"))
        .arguments((plan.choices.symbols == Symbols::Strip).then_some("-s"))
        .arguments(&settings.ldflags)
        .arguments(libraries)
        .argument("-o")
        .argument(output(name))
        .output(name);
    Ok(plan.with_environment(after(action, sources)))
}

fn shared_flags(name: &str, plan: &Plan<'_>) -> Vec<String> {
    if plan.settings.kind != Kind::SharedLibrary {
        return Vec::new();
    }
    let soname = plan.settings.soname.as_deref().unwrap_or(name);
    let option = match &plan.request.target {
        machine if machine.names("windows") => None,
        machine if machine.names("darwin") => Some("install_name,@rpath/"),
        _ => Some("soname,"),
    };
    let soname = option.map(|option| format!("-Wl,-{option}{soname}"));
    std::iter::once("-shared".to_owned())
        .chain(soname)
        .collect()
}

/// Objects of the same name stand beside each other: `q` replaces none. `D` leaves out times.
fn collect(name: &str, sources: &[Source], plan: &Plan<'_>) -> Result<Action, Error> {
    let call = plan.compiler.archiver()?;
    let action = Action::new(LINK, call.program)
        .arguments(call.arguments)
        .argument("qcsD")
        .argument(output(name))
        .arguments(objects(sources))
        .output(name);
    Ok(plan.with_environment(after(action, sources)))
}

fn objects(sources: &[Source]) -> impl Iterator<Item = Path> {
    sources
        .iter()
        .map(|source| artifact(source.action.as_str(), source.object.as_str()))
}

fn after(action: Action, sources: &[Source]) -> Action {
    sources.iter().fold(action, |action, source| {
        action.after(source.action.as_str())
    })
}

/// What the target calls a file of this kind.
fn file_name(plan: &Plan<'_>) -> String {
    let stem = plan.settings.output.as_deref();
    let stem = stem.unwrap_or(&plan.request.unit);
    let target = &plan.request.target;
    match plan.settings.kind {
        Kind::Program if target.names("windows") => format!("{stem}.exe"),
        Kind::Program if target.architecture() == "wasm32" => format!("{stem}.wasm"),
        Kind::Program => stem.to_owned(),
        Kind::StaticLibrary => format!("lib{stem}.a"),
        Kind::SharedLibrary if target.names("windows") => format!("{stem}.dll"),
        Kind::SharedLibrary if target.names("darwin") => format!("lib{stem}.dylib"),
        Kind::SharedLibrary => format!("lib{stem}.so"),
    }
}
