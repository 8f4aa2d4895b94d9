//! The action that compiles one source file.

use orch_plugin::{Action, Error, output, source, tool};

use crate::plan::Plan;
use crate::settings::Kind;
use crate::sources::{Source, in_directory, literal};

/// Files that sources include, where the pipeline names none.
const HEADERS: &[&str] = &[
    "**/*.h", "**/*.hh", "**/*.hpp", "**/*.hxx", "**/*.inc", "**/*.inl", "**/*.ipp",
];

pub(crate) fn action(file: &Source, plan: &Plan<'_>) -> Result<Action, Error> {
    let (request, settings) = (plan.request, plan.settings);
    let call = plan.compiler.driver(file.language)?;
    let toolchain = tool(plan.compiler.toolchain(), "");
    let directory = source(request.directory.as_str());
    let standard = settings.standard(file.language);
    let shared = settings.kind == Kind::SharedLibrary;
    let action = Action::new(file.action.as_str(), call.program)
        .arguments(call.arguments)
        .argument("-c")
        .arguments(standard.map(|name| format!("-std={name}")))
        .argument(format!("-O{}", plan.choices.optimisation))
        // No folder of the machine that builds: not in debug information, not in `__FILE__`.
        .argument(("-ffile-prefix-map=", (source(""), "=.")))
        .argument(("-ffile-prefix-map=", (toolchain, "=toolchain")))
        .arguments(settings.include.iter().map(|folder| {
            let folder = source(request.directory.as_str()).join(folder);
            ("-I", folder)
        }))
        .arguments(settings.define.iter().map(|define| format!("-D{define}")))
        .arguments(request.flags("cc.cflags"))
        .arguments(plan.choices.lto)
        .arguments(shared.then_some("-fPIC"))
        .arguments(&settings.cflags)
        .argument("-o")
        .argument(output(file.object.as_str()))
        .argument(as_argument(&file.relative))
        .directory(directory)
        .input(literal(&file.path))
        .output(file.object.as_str());
    let headers = headers(plan);
    let action = plan.with_environment(action);
    Ok(headers.into_iter().fold(action, Action::input))
}

/// Patterns below the pipeline's folder.
fn headers(plan: &Plan<'_>) -> Vec<String> {
    let in_directory = |pattern: &str| in_directory(&plan.request.directory, pattern);
    match &plan.settings.headers {
        Some(patterns) => patterns.iter().map(|it| in_directory(it)).collect(),
        None => HEADERS.iter().map(|it| in_directory(it)).collect(),
    }
}

/// A file whose name begins with `-` is no flag.
fn as_argument(relative: &str) -> String {
    match relative.starts_with('-') {
        true => format!("./{relative}"),
        false => relative.to_owned(),
    }
}
