//! One `go build`: one action, one artifact.

use orch_plugin::builder::Request;
use orch_plugin::{
    Action, Artifact, Build, Error, Facts, Path, Problem, artifact, log, output, source, tool,
};
use semver::Version;

use crate::cgo::{self, Cgo};
use crate::companion;
use crate::environment::{self, BUILD_CACHE, MODULE_CACHE};
use crate::flags;
use crate::module::Project;
use crate::port::{Port, knows};
use crate::settings::BuildSettings;

/// The action's name.
const COMPILE: &str = "compile";

/// The variables that choose between variants of an instruction set, of all ports.
const VARIANTS: &[&str] = &[
    "GO386",
    "GOAMD64",
    "GOARM",
    "GOARM64",
    "GOMIPS",
    "GOMIPS64",
    "GOPPC64",
    "GORISCV64",
    "GOWASM",
];

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
    let release = Version::parse(&request.toolchain.version).map_err(|error| {
        Error::Failed(format!(
            "`{}` is no release of Go: {error}",
            request.toolchain.version
        ))
    })?;
    let Some(go) = request.program("go") else {
        return Err(Error::Unsupported(format!(
            "toolchain `{}` has no tool `go`",
            request.toolchain.name
        )));
    };
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
    problems.extend(module_problems(request, settings, &project, &release));
    Error::if_any(problems)?;

    let name = format!(
        "{}{}",
        settings.output.as_deref().unwrap_or(&request.unit),
        port.suffix()
    );
    let action = action(go, &name, request, settings, &project, &release)
        .variable("GOOS", port.os)
        .variable("GOARCH", port.arch);
    let mut action = match settings.cgo {
        true => Cgo::find(request, &release)?.allow(action, request)?,
        false => action.variable("CGO_ENABLED", "0"),
    };
    for (name, value) in variables(request, port, &release) {
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
    go: Path,
    name: &str,
    request: &Request,
    settings: &BuildSettings,
    project: &Project,
    release: &Version,
) -> Action {
    let proxy = match (&settings.proxy, project.missing.is_empty()) {
        (_, true) => "off",
        (Some(proxy), false) => proxy.as_str(),
        (None, false) => PROXY,
    };
    let fetches = proxy != "off";
    let mut action = Action::new(COMPILE, go)
        .argument("build")
        .arguments(flags::flags(request, settings, release, fetches))
        .argument("-o")
        .argument(output(name))
        .argument(settings.package())
        .variables(environment::of_toolchain())
        .variables(request.toolchain.environment.iter().cloned())
        .variable("GOPROXY", proxy)
        .directory(source(request.directory.as_str()))
        .output(name)
        .cache(BUILD_CACHE)
        .cache(MODULE_CACHE)
        .network(fetches);
    if !project.workspace {
        // Without it Go looks for a `go.work` in all folders above.
        action = action.variable("GOWORK", "off");
    }
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
    release: &Version,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    if project.go_said_by.is_empty() && !settings.package().ends_with(".go") {
        let folder = match request.directory.as_str() {
            "" => "the pipeline's folder",
            directory => directory,
        };
        problems.push(
            Problem::new(format!("there is no `go.mod` in {folder} or above it")).hint(
                "set `directory` to the folder of a Go module, or make one there with `go mod init`",
            ),
        );
    }
    // Releases before 1.21 try their best with newer code; later ones refuse it.
    if let Some(wanted) = &project.go
        && knows(release, 21)
        && !wanted.allows(release)
    {
        problems.push(
            Problem::new(format!(
                "`{}` asks for Go {wanted} or later, and toolchain `{}` is {release}",
                project.go_said_by, request.toolchain.name
            ))
            .hint(format!(
                "set `version = \"{}\"` in `[toolchain.{}]`",
                wanted.series(),
                request.toolchain.name
            )),
        );
    }
    problems
}

/// The variables of a target that are Go's to read, as far as this release reads them.
fn variables(request: &Request, port: Port, release: &Version) -> Vec<(String, String)> {
    let own = port.variant();
    let mut variables = Vec::new();
    for pair in &request.target_environment {
        let name = pair.name.as_str();
        if !name.starts_with("GO") && !name.starts_with("CGO_") {
            continue;
        }
        if VARIANTS.contains(&name) {
            match own {
                Some((known, since)) if known == name && knows(release, since) => {}
                Some((known, since)) if known == name => {
                    log::info(&format!(
                        "Go {release} does not read `{name}`, which came with Go 1.{since}; the \
                         target's `{}` is left out",
                        pair.value
                    ));
                    continue;
                }
                // Of another instruction set.
                _ => continue,
            }
        }
        variables.push((name.to_owned(), pair.value.clone()));
    }
    // Go's own default for a cross compiler is the newest Arm, which older boards lack.
    if port.arch == "arm" && !variables.iter().any(|(name, _)| name == "GOARM") {
        let version = match request.target.architecture() {
            arch if arch.starts_with("armv5") => "5",
            arch if arch.starts_with("armv7") => "7",
            _ => "6",
        };
        variables.push(("GOARM".to_owned(), version.to_owned()));
    }
    variables
}

#[cfg(test)]
mod tests;
