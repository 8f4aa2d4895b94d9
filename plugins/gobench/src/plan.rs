//! Compiles the tests of each package into a program, and has it run its benchmarks.

use std::collections::BTreeSet;

use orch_plugin::benchmark_probe::{Command, Measurement, ProbePlan, Request, Work};
use orch_plugin::{Action, Error, Facts, artifact, output, source};
use orch_plugin_go_command::environment::{BUILD_CACHE, MODULE_CACHE};
use orch_plugin_go_command::{Go, Port, Project};

use crate::ONLY;
use crate::packages::{self, join};
use crate::settings::Settings;

/// The program that `go test -c` leaves.
const PROGRAM: &str = "bench.test";

/// How long all benchmarks of a package may take for one sample, in milliseconds.
const LONGEST_MS: u32 = 10 * 60 * 1_000;

pub(crate) fn plan(
    request: &Request,
    settings: &Settings,
    facts: &dyn Facts,
) -> Result<ProbePlan, Error> {
    let go = Go::of(&request.toolchain)?;
    let port = Port::of_target(&request.target, &go.release)?;
    if port.os != "linux" {
        return Err(Error::Unsupported(format!(
            "benchmarks are run on this machine, which runs no program for {}/{}; choose a target \
             with Linux",
            port.os, port.arch
        )));
    }
    let (project, mut problems) = Project::without_network(&request.directory, &go, facts)?;
    problems.extend(settings.problems());
    let folders = packages::find(&request.directory, settings, facts, &mut problems)?;
    Error::if_any(problems)?;

    let names = names(&folders);
    let mut plan = ProbePlan::nothing();
    for (folder, name) in folders.iter().zip(names) {
        let compile = match name.as_str() {
            ONLY => "compile".to_owned(),
            name => format!("compile-{name}"),
        };
        let action = self::compile(&compile, folder, settings, &project, &go, port, request);
        let run = Work::Run(run(&compile, folder, request, settings));
        plan = plan.action(action).measurement(Measurement {
            timeout_ms: LONGEST_MS,
            ..Measurement::of(name, run)
        });
    }
    Ok(plan)
}

/// What the measurement of each folder is called: by the folder, in letters that the host allows.
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

fn compile(
    name: &str,
    folder: &str,
    settings: &Settings,
    project: &Project,
    go: &Go,
    port: Port,
    request: &Request,
) -> Action {
    let mut action = Action::new(name, go.program.clone())
        .arguments(["test", "-c", "-vet=off"])
        .arguments(go.reproducible());
    if !settings.tags.is_empty() {
        action = action.argument(format!("-tags={}", settings.tags.join(",")));
    }
    let action = action
        .argument("-o")
        .argument(output(PROGRAM))
        .argument(join(".", folder))
        .variables(go.variables_for(project, port, &request.target, &request.target_environment))
        .directory(source(request.directory.as_str()))
        .output(PROGRAM)
        .cache(BUILD_CACHE)
        .cache(MODULE_CACHE);
    let inputs = project.inputs_with_tests();
    inputs.into_iter().fold(action, Action::input)
}

/// One run of all benchmarks of a package, in its folder: that is where Go runs its tests.
fn run(compile: &str, folder: &str, request: &Request, settings: &Settings) -> Command {
    let folder = join(&request.directory, folder);
    let mut command = Command::new(artifact(compile, PROGRAM))
        .argument("-test.run=^$")
        .argument(format!("-test.bench={}", settings.bench))
        .argument("-test.benchmem")
        .argument(format!("-test.benchtime={}", settings.benchtime))
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

#[cfg(test)]
mod tests;
