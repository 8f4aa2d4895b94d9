//! The action that compiles one source file.

use orch_plugin::builder::Request;
use orch_plugin::{Action, Error, output, source, tool};
use orch_plugin_c_compiler::Compiler;

use crate::firmware;
use crate::settings::BuildSettings;
use crate::sources::{Source, in_directory, literal};

/// Files that sources include, where the pipeline names none.
const HEADERS: &[&str] = &[
    "**/*.h", "**/*.hh", "**/*.hpp", "**/*.hxx", "**/*.inc", "**/*.inl", "**/*.ipp",
];

pub(crate) fn action(
    file: &Source,
    compiler: &Compiler,
    request: &Request,
    settings: &BuildSettings,
) -> Result<Action, Error> {
    let call = compiler.driver(file.language)?;
    let toolchain = tool(compiler.toolchain(), "");
    let standard = settings.standard(file.language);
    let action = Action::new(file.action.as_str(), call.program)
        .arguments(call.arguments)
        .argument("-c")
        .arguments(standard.map(|name| format!("-std={name}")))
        .argument("-O2")
        .arguments(
            firmware::is_for(&request.target)
                .then_some(firmware::COMPILE)
                .into_iter()
                .flatten(),
        )
        // No folder of the machine that builds: not in debug information, not in `__FILE__`.
        .argument(("-ffile-prefix-map=", (source(""), "=.")))
        .argument(("-ffile-prefix-map=", (toolchain, "=toolchain")))
        .arguments(settings.include.iter().map(|folder| {
            let folder = source(request.directory.as_str()).join(folder);
            ("-I", folder)
        }))
        .arguments(settings.define.iter().map(|define| format!("-D{define}")))
        .arguments(request.flags("cc.cflags"))
        .arguments(&settings.cflags)
        .argument("-o")
        .argument(output(file.object.as_str()))
        .argument(as_argument(&file.relative))
        .directory(source(request.directory.as_str()))
        .input(literal(&file.path))
        .output(file.object.as_str());
    let action = with_environment(action, compiler, request);
    let headers = headers(request, settings);
    Ok(headers.into_iter().fold(action, Action::input))
}

/// The compiler's environment with what tuning sets, and the directories kept for it.
pub(crate) fn with_environment(action: Action, compiler: &Compiler, request: &Request) -> Action {
    let action = action.variables(compiler.environment().iter().cloned());
    let action = compiler.caches().into_iter().fold(action, Action::cache);
    request
        .build_variables()
        .into_iter()
        .fold(action, |action, pair| {
            action.variable(pair.name.as_str(), pair.value.as_str())
        })
}

/// Patterns below the pipeline's folder.
fn headers(request: &Request, settings: &BuildSettings) -> Vec<String> {
    let in_directory = |pattern: &str| in_directory(&request.directory, pattern);
    match &settings.headers {
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
