//! Go of its sources: one run of `make.bash`, and a whole tree as its output.
//! <https://go.dev/doc/install/source>
//!
//! Every release that the plugin `go` fetches carries its sources, so the build's toolchain is
//! the release whose sources are built, and the one that builds them is lent. Of the first no
//! program is used.

mod bootstrap;
mod port;

#[cfg(test)]
mod tests;

use orch_plugin::builder::{Builder, Request};
use orch_plugin::{
    Action, Artifact, Build, Error, Facts, InstalledToolchain, Path, Problem, artifact, output,
    scratch, source, tool,
};
use semver::Version;
use serde::Deserialize;

use crate::port::Port;

/// The only action.
const MAKE: &str = "make";
/// The folder of the whole tree below that action's output.
const TREE: &str = "go";
/// What is run: the sources are copied, since a toolchain is for reading, and built there.
const SCRIPT: &str = include_str!("make.sh");

/// The plugin.
pub struct GoSource;

/// Settings of a `[build.*]` table.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    experiment: Vec<String>,
}

impl Builder for GoSource {
    type Settings = Settings;

    fn plan(request: &Request, settings: Settings, _: &dyn Facts) -> Result<Build, Error> {
        let port = Port::of(&request.target)?;
        let (builder, bash) = lent(request)?;
        let made_by = |version: &str| {
            Version::parse(version)
                .map_err(|error| Error::Failed(format!("`{version}` is no release of Go: {error}")))
        };
        let release = made_by(&request.toolchain.version)?;
        bootstrap::check(&release, &made_by(&builder.version)?)?;
        let mut action = Action::new(MAKE, bash)
            .arguments(["-c", SCRIPT, MAKE])
            .argument(tool(request.toolchain.name.as_str(), ""))
            .argument(output(TREE))
            .variable("GOROOT_BOOTSTRAP", tool(builder.name.as_str(), ""))
            .variable("GOOS", port.os)
            .variable("GOARCH", port.arch)
            .variable("GOENV", "off")
            .variable("GOTOOLCHAIN", "local")
            .variable("CGO_ENABLED", "0")
            .variable("GOCACHE", scratch("cache"))
            .variable("XDG_CONFIG_HOME", "/dev/null")
            .directory(source(request.directory.as_str()))
            .output(TREE);
        if !settings.experiment.is_empty() {
            action = action.variable("GOEXPERIMENT", settings.experiment.join(","));
        }
        for pair in &request.target_environment {
            if pair.name.starts_with("GO") {
                action = action.variable(pair.name.as_str(), pair.value.as_str());
            }
        }
        let program = |name: &str| {
            let path = artifact(MAKE, format!("{TREE}/bin/{name}"));
            Artifact::program(name, path)
        };
        Ok(Build::nothing()
            .action(action)
            .artifact(program("go"))
            .artifact(program("gofmt")))
    }
}

/// What the pipeline lends: a Go that builds, and the shell that `make.bash` is written for.
fn lent(request: &Request) -> Result<(&InstalledToolchain, Path), Error> {
    let with = |name: &str| {
        let mut lent = request.tools.iter();
        lent.find_map(|toolchain| Some((toolchain, toolchain.program(name)?)))
    };
    match (with("go"), with("bash")) {
        (Some((builder, _)), Some((_, bash))) => Ok((builder, bash)),
        (builder, _) => {
            let (what, table) = match builder {
                None => (
                    "another Go that builds it",
                    "`[toolchain.bootstrap]` `with = \"go\"`",
                ),
                Some(_) => (
                    "`bash`, which `make.bash` is written for",
                    "`[toolchain.shell]` `with = \"system\"` and `programs = [\"bash\"]`",
                ),
            };
            Err(Problem::new(format!("Go of its sources needs {what}"))
                .hint(format!("add {table}, and name it in `tools`"))
                .into())
        }
    }
}

orch_plugin::export_builder!(GoSource);
