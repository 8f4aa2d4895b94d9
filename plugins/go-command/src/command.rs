//! The `go` command of a toolchain: where it lies, and what it finds in its environment.

use orch_plugin::{Error, InstalledToolchain, Machine, Pair, Path, Variable};
use semver::Version;

use crate::environment;
use crate::module::Project;
use crate::port::{Port, knows};
use crate::target;

/// The `go` command of an installed toolchain.
#[derive(Clone, Debug)]
pub struct Go {
    /// Where it lies.
    pub program: Path,
    /// Which release it is.
    pub release: Version,
    /// How the pipeline calls the toolchain.
    pub toolchain: String,
    environment: Vec<Variable>,
}

impl Go {
    /// The command of a toolchain.
    ///
    /// # Errors
    ///
    /// `unsupported` where the toolchain has no tool `go`; `failed` where its version is none.
    pub fn of(toolchain: &InstalledToolchain) -> Result<Self, Error> {
        let Some(program) = toolchain.program("go") else {
            return Err(Error::Unsupported(format!(
                "toolchain `{}` has no tool `go`",
                toolchain.name
            )));
        };
        let release = Version::parse(&toolchain.version).map_err(|error| {
            Error::Failed(format!(
                "`{}` is no release of Go: {error}",
                toolchain.version
            ))
        })?;
        Ok(Self {
            program,
            release,
            toolchain: toolchain.name.clone(),
            environment: toolchain.environment.clone(),
        })
    }

    /// What it finds in its environment when it works on a project, whatever it builds for. A
    /// later variable counts where two have one name.
    pub fn variables(&self, project: &Project) -> Vec<Variable> {
        let mut variables = environment::of_toolchain();
        variables.extend(self.environment.iter().cloned());
        if !project.workspace {
            // Without it Go looks for a `go.work` in all folders above.
            variables.push(Variable::new("GOWORK", "off"));
        }
        variables
    }

    /// The same where it compiles for a target, whose port this is and which sets these variables
    /// for builders.
    pub fn variables_for(
        &self,
        project: &Project,
        port: Port,
        target: &Machine,
        environment: &[Pair],
    ) -> Vec<Variable> {
        let mut variables = self.variables(project);
        variables.push(Variable::new("GOOS", port.os));
        variables.push(Variable::new("GOARCH", port.arch));
        let own = target::variables(target, environment, port, &self.release);
        variables.extend(
            own.into_iter()
                .map(|(name, value)| Variable::new(name, value)),
        );
        variables
    }

    /// The flags that keep folders and revisions of this machine out of what is compiled, as far
    /// as the release has them.
    pub fn reproducible(&self) -> Vec<&'static str> {
        let flags = [("-trimpath", 13), ("-buildvcs=false", 18)];
        let known = flags
            .iter()
            .filter(|(_, since)| knows(&self.release, *since));
        known.map(|(flag, _)| *flag).collect()
    }
}
