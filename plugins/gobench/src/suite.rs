//! The tests of a module as programs: which packages have benchmarks, how their tests are
//! compiled, and how such a program is run. What becomes of a run is not known here.

use std::collections::BTreeSet;

use orch_plugin::benchmark_probe::{Command, Request};
use orch_plugin::{Action, Error, Facts, artifact, output, source};
use orch_plugin_go_command::environment::{BUILD_CACHE, MODULE_CACHE};
use orch_plugin_go_command::{Go, Port, Project};

use crate::ONLY;
use crate::packages::{self, join};
use crate::settings::Settings;

/// The program that `go test -c` leaves.
const PROGRAM: &str = "bench.test";

/// The benchmarks of a build.
pub(crate) struct Suite<'a> {
    pub(crate) go: Go,
    port: Port,
    project: Project,
    request: &'a Request,
    settings: &'a Settings,
    /// With the name of each, in letters that the host allows.
    pub(crate) packages: Vec<Package>,
}

/// A package that has benchmarks.
pub(crate) struct Package {
    /// [`ONLY`] where there is no other.
    pub(crate) name: String,
    /// Below the build's own.
    folder: String,
}

impl Package {
    /// What a step for it is called: `compile`, or `compile-internal+web` beside others.
    pub(crate) fn step(&self, what: &str) -> String {
        match self.name.as_str() {
            ONLY => what.to_owned(),
            name => format!("{what}-{name}"),
        }
    }
}

impl<'a> Suite<'a> {
    /// Looks for benchmarks.
    ///
    /// # Errors
    ///
    /// `unsupported` where nothing can be run here; `invalid` for settings that are wrong.
    pub(crate) fn of(
        request: &'a Request,
        settings: &'a Settings,
        facts: &dyn Facts,
    ) -> Result<Self, Error> {
        let go = Go::of(&request.toolchain)?;
        let port = Port::of_target(&request.target, &go.release)?;
        if port.os != "linux" {
            return Err(Error::Unsupported(format!(
                "benchmarks are run on this machine, which runs no program for {}/{}; choose a \
                 target with Linux",
                port.os, port.arch
            )));
        }
        let (project, mut problems) = Project::without_network(&request.directory, &go, facts)?;
        problems.extend(settings.problems());
        let folders = packages::find(&request.directory, settings, facts, &mut problems)?;
        Error::if_any(problems)?;
        let names = names(&folders);
        let packages = folders.into_iter().zip(names);
        Ok(Self {
            go,
            port,
            project,
            request,
            settings,
            packages: packages
                .map(|(folder, name)| Package { name, folder })
                .collect(),
        })
    }

    /// Compiles the tests of a package.
    pub(crate) fn compile(&self, package: &Package) -> Action {
        let (go, request) = (&self.go, self.request);
        let mut action = Action::new(package.step("compile"), go.program.clone())
            .arguments(["test", "-c", "-vet=off"])
            .arguments(go.reproducible());
        if !self.settings.tags.is_empty() {
            action = action.argument(format!("-tags={}", self.settings.tags.join(",")));
        }
        let environment = &request.target_environment;
        let variables = go.variables_for(&self.project, self.port, &request.target, environment);
        let action = action
            .argument("-o")
            .argument(output(PROGRAM))
            .argument(join(".", &package.folder))
            .variables(variables)
            .directory(source(request.directory.as_str()))
            .output(PROGRAM)
            .cache(BUILD_CACHE)
            .cache(MODULE_CACHE);
        let inputs = self.project.inputs_with_tests();
        inputs.into_iter().fold(action, Action::input)
    }

    /// One run of all benchmarks of a package, each for this time, in the package's folder: that is
    /// where Go runs its tests.
    pub(crate) fn run(&self, package: &Package, benchtime: &str) -> Command {
        let settings = self.settings;
        let folder = join(&self.request.directory, &package.folder);
        let mut command = Command::new(artifact(package.step("compile"), PROGRAM))
            .argument("-test.run=^$")
            .argument(format!("-test.bench={}", settings.bench))
            .argument("-test.benchmem")
            .argument(format!("-test.benchtime={benchtime}"))
            .argument("-test.count=1")
            .directory(source(folder.as_str()))
            .input(join(&folder, "testdata/**"));
        if !settings.cpu.is_empty() {
            let counts: Vec<_> = settings.cpu.iter().map(u32::to_string).collect();
            command = command.argument(format!("-test.cpu={}", counts.join(",")));
        }
        let command = settings.inputs.iter().fold(command, Command::input);
        let variables = settings.env.iter();
        variables.fold(command, |command, (name, value)| {
            command.variable(name, value)
        })
    }
}

/// What the package in each folder is called: by the folder, in letters that the host allows.
/// Folders that are called alike are told apart by a number.
fn names(folders: &BTreeSet<String>) -> Vec<String> {
    if folders.len() == 1 {
        return vec![ONLY.to_owned()];
    }
    let mut taken = BTreeSet::from([ONLY.to_owned()]);
    let names = folders.iter().map(|folder| {
        let allowed = |c: char| match c {
            c if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') => c,
            _ => '+',
        };
        let folder = folder.trim_start_matches(['.', '-']);
        let plain: String = match folder.is_empty() {
            true => "root".to_owned(),
            false => folder.chars().map(allowed).take(100).collect(),
        };
        let numbered = (2..).map(|number| format!("{plain}+{number}"));
        let mut candidates = std::iter::once(plain.clone()).chain(numbered);
        let free = candidates.find(|name| taken.insert(name.clone()));
        free.unwrap_or(plain)
    });
    names.collect()
}
