//! One `go build`: one action, one artifact.

use orch_plugin::builder::Request;
use orch_plugin::{Action, Artifact, Build, Error, Facts, Problem, artifact, output, source, tool};
use orch_plugin_go_command::environment::{BUILD_CACHE, MODULE_CACHE};
use orch_plugin_go_command::{Go, Port, Project, knows, variables};
use semver::Version;

use crate::cgo::{self, Cgo};
use crate::companion;
use crate::flags;
use crate::settings::BuildSettings;

/// The action's name.
const COMPILE: &str = "compile";

/// Where modules come from if the pipeline doesn't say: Go's own default.
pub(crate) const PROXY: &str = "https://proxy.golang.org,direct";

pub(crate) fn plan(
    request: &Request,
    settings: &BuildSettings,
    facts: &dyn Facts,
) -> Result<Build, Error> {
    if let Some(companion) = &settings.companion {
        return companion::plan(request, companion, settings.proxy.as_deref(), facts);
    }
    let go = Go::of(&request.toolchain)?;
    let release = go.release.clone();
    let port = Port::of_target(&request.target, &release)?;
    if request.static_link && port.os == "darwin" {
        return Err(Error::Unsupported(
            "a program for macOS always needs the system's own libraries, and the target wants \
             none"
                .to_owned(),
        ));
    }
    if settings.cgo {
        cgo::callable(port)?;
    }
    let workspaces = settings
        .environment
        .get("GOWORK")
        .is_none_or(|value| value != "off");
    let mut project = Project::find(&request.directory, workspaces, facts)?;
    project.use_vendor(&release, facts)?;
    let mut problems = flags::problems(request, settings, &project);
    problems.extend(module_problems(request, settings, &project, &go));
    Error::if_any(problems)?;

    let name = format!(
        "{}{}",
        settings.output.as_deref().unwrap_or(&request.unit),
        port.suffix()
    );
    let action = action(&go, &name, request, settings, &project)
        .variable("GOOS", port.os)
        .variable("GOARCH", port.arch);
    let mut action = match settings.cgo {
        true => Cgo::find(request, &release)?.allow(action, request)?,
        false => action.variable("CGO_ENABLED", "0"),
    };
    for (name, value) in variables(&request.target, &request.target_environment, port, &release) {
        action = action.variable(name, value);
    }
    for pair in request.build_variables() {
        action = action.variable(pair.name.as_str(), pair.value.as_str());
    }
    for (name, value) in &settings.environment {
        action = action.variable(name.as_str(), value.as_str());
    }
    let build = Build::nothing().action(action).artifact(Artifact::program(
        name.as_str(),
        artifact(COMPILE, name.as_str()),
    ));
    Ok(support_files(request, port, &release)
        .into_iter()
        .fold(build, Build::artifact))
}

/// `go build` of a project, whatever it builds for.
fn action(
    go: &Go,
    name: &str,
    request: &Request,
    settings: &BuildSettings,
    project: &Project,
) -> Action {
    let proxy = match (&settings.proxy, project.missing.is_empty()) {
        (_, true) => "off",
        (Some(proxy), false) => proxy.as_str(),
        (None, false) => PROXY,
    };
    let fetches = proxy != "off";
    let action = Action::new(COMPILE, go.program.clone())
        .argument("build")
        .arguments(flags::flags(request, settings, &go.release, fetches))
        .argument("-o")
        .argument(output(name))
        .argument(settings.package())
        .variables(go.variables(project))
        .variable("GOPROXY", proxy)
        .directory(source(request.directory.as_str()))
        .output(name)
        .cache(BUILD_CACHE)
        .cache(MODULE_CACHE)
        .network(fetches);
    match &settings.inputs {
        Some(inputs) => inputs.iter().fold(action, Action::input),
        None => project.inputs().into_iter().fold(action, Action::input),
    }
}

/// What of the Go tree fits a program to the JavaScript engine that runs it, and in the second
/// file, which 1.18 brought, to Node.js. They lie in `lib` since 1.24:
/// <https://go.dev/doc/go1.24#wasm>
fn support_files(request: &Request, port: Port, release: &Version) -> Vec<Artifact> {
    let names: &[&str] = match port.os {
        "js" if knows(release, 18) => &["wasm_exec.js", "wasm_exec_node.js"],
        "js" => &["wasm_exec.js"],
        _ => &[],
    };
    let folder = if knows(release, 24) { "lib" } else { "misc" };
    names
        .iter()
        .map(|&name| {
            let file = format!("{folder}/wasm/{name}");
            Artifact::file(name, tool(request.toolchain.name.as_str(), file))
        })
        .collect()
}

/// What in the project's own files keeps this release from building it.
fn module_problems(
    request: &Request,
    settings: &BuildSettings,
    project: &Project,
    go: &Go,
) -> Vec<Problem> {
    let lacks_module = match settings.package().ends_with(".go") {
        true => None,
        false => project.lacks_module(&request.directory),
    };
    lacks_module
        .into_iter()
        .chain(project.is_too_new(go))
        .collect()
}

#[cfg(test)]
mod tests;
