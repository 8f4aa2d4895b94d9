//! Small programs in Go that a probe brings, compiled by a build's Go for its target: what is
//! measured runs where the build's program would.

use orch_plugin::{
    Action, Error, InstalledToolchain, Machine, Pair, Path, artifact, output, scratch,
};

use crate::command::Go;
use crate::environment::{BUILD_CACHE, MODULE_CACHE};
use crate::module::Project;
use crate::port::{Port, knows};

/// The oldest release that compiles them, as 1.`OLDEST`.
const OLDEST: u64 = 19;

/// A program in Go's standard library and nothing else.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// How it is called, and the step that compiles it.
    pub name: &'static str,
    /// Its files, by their names.
    pub sources: &'static [(&'static str, &'static str)],
}

impl Program {
    /// Where it lies once it was compiled.
    pub fn path(&self) -> Path {
        artifact(self.name, self.name)
    }

    /// Compiles it for a target, which sets these variables for builders.
    ///
    /// # Errors
    ///
    /// `unsupported` where the toolchain is no Go, or one that is too old, or the target has no
    /// Linux.
    pub fn compile(
        &self,
        toolchain: &InstalledToolchain,
        target: &Machine,
        environment: &[Pair],
    ) -> Result<Action, Error> {
        let go = Go::of(toolchain)?;
        if !knows(&go.release, OLDEST) {
            return Err(Error::Unsupported(format!(
                "this probe needs Go 1.{OLDEST} or later, and toolchain `{}` is {}",
                go.toolchain, go.release
            )));
        }
        let port = linux(target, &go)?;
        // It belongs to no project.
        let variables = go.variables_for(&Project::default(), port, target, environment);
        let action = Action::new(self.name, go.program.clone())
            .argument("build")
            .arguments(go.reproducible())
            .argument("-o")
            .argument(output(self.name))
            .arguments(self.sources.iter().map(|(file, _)| *file))
            .variables(variables)
            .directory(scratch(""))
            .output(self.name)
            .cache(BUILD_CACHE)
            .cache(MODULE_CACHE);
        let sources = self.sources.iter();
        Ok(sources.fold(action, |action, (file, text)| action.file(*file, *text)))
    }
}

/// The port of a target whose programs run here.
fn linux(target: &Machine, go: &Go) -> Result<Port, Error> {
    let port = Port::of_target(target, &go.release)?;
    match port.os {
        "linux" => Ok(port),
        os => Err(Error::Unsupported(format!(
            "this probe runs a program here, which cannot be one for {os}/{}; choose a target with \
             Linux",
            port.arch
        ))),
    }
}
