//! Small programs in Go that this plugin brings, compiled by the build's Go for its target: what
//! is measured runs where the build's program would.

use orch_plugin::benchmark_probe::Request;
use orch_plugin::{Action, Error, Path, artifact, output, scratch};
use orch_plugin_go_command::environment::{BUILD_CACHE, MODULE_CACHE};
use orch_plugin_go_command::{Go, Port, Project, knows};

/// The oldest release that compiles them, as 1.`OLDEST`.
const OLDEST: u64 = 19;

/// A program: its name, and its one file of source.
pub(crate) struct Program {
    pub(crate) name: &'static str,
    pub(crate) source: &'static str,
}

impl Program {
    /// Where it lies once it was compiled.
    pub(crate) fn path(&self) -> Path {
        artifact(self.name, self.name)
    }

    /// Compiles it.
    ///
    /// # Errors
    ///
    /// `unsupported` where the toolchain is no Go, or one that is too old, or the target has no
    /// Linux.
    pub(crate) fn compile(&self, request: &Request) -> Result<Action, Error> {
        let go = Go::of(&request.toolchain)?;
        if !knows(&go.release, OLDEST) {
            return Err(Error::Unsupported(format!(
                "this probe needs Go 1.{OLDEST} or later, and toolchain `{}` is {}",
                go.toolchain, go.release
            )));
        }
        let port = linux(request, &go)?;
        let file = format!("{}.go", self.name);
        let variables = go.variables_for(
            // It belongs to no project.
            &Project::default(),
            port,
            &request.target,
            &request.target_environment,
        );
        Ok(Action::new(self.name, go.program.clone())
            .argument("build")
            .arguments(go.reproducible())
            .argument("-o")
            .argument(output(self.name))
            .argument(file.as_str())
            .variables(variables)
            .directory(scratch(""))
            .file(file, self.source)
            .output(self.name)
            .cache(BUILD_CACHE)
            .cache(MODULE_CACHE))
    }
}

/// The port of a target whose programs run here.
fn linux(request: &Request, go: &Go) -> Result<Port, Error> {
    let port = Port::of_target(&request.target, &go.release)?;
    match port.os {
        "linux" => Ok(port),
        os => Err(Error::Unsupported(format!(
            "this probe runs a program here, which cannot be one for {os}/{}; choose a target with \
             Linux",
            port.arch
        ))),
    }
}
