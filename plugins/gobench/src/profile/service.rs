//! A service under load: a program of our own starts it, asks it for one path, and meanwhile for
//! the profiles that Go's package `net/http/pprof` serves.

use orch_plugin::benchmark_probe::{Command, ProbePlan, Request, Service};
use orch_plugin::{Error, Problem, output};
use orch_plugin_go_command::{Go, Port, Program};

use super::{KINDS, PROFILE, profiled};
use crate::settings::Settings;

const PROFILER: Program = Program {
    name: "profiler",
    sources: &[
        ("load.go", include_str!("profiler/load.go")),
        ("profiler.go", include_str!("profiler/profiler.go")),
        ("service.go", include_str!("profiler/service.go")),
    ],
};

pub(super) fn plan(request: &Request, settings: &Settings) -> Result<ProbePlan, Error> {
    let program = request.program()?;
    let go = Go::of(&request.toolchain)?;
    let (target, environment) = (&request.target, &request.target_environment);
    let compile = PROFILER.compile(&request.toolchain, target, environment)?;
    starts_here(request, &go)?;

    let mut problems = settings.problems_of_program();
    problems.extend(placeholders_of_files(settings));
    let connections = settings.connections().map_err(|one| problems.push(one));
    let seconds = settings.seconds().map_err(|one| problems.push(one));
    let arguments = settings.arguments.as_deref().unwrap_or_default();
    let service = Service::listening(program, arguments, &settings.env, None);
    let service = service.map_err(|one| problems.push(one));
    let (Ok(connections), Ok(seconds), Ok(service), true) =
        (connections, seconds, service, problems.is_empty())
    else {
        return Err(Error::Invalid(problems));
    };

    let mut command = Command::new(PROFILER.path())
        .argument(format!("-path={}", settings.path.as_deref().unwrap_or("/")))
        .argument(format!("-pprof={}", settings.pprof()))
        .argument(format!("-connections={connections}"))
        .argument(format!("-seconds={seconds}"));
    if let Some(ready) = &settings.ready {
        command = command.argument(format!("-ready={ready}"));
    }
    // The service's alone: what is told to Go's runtime there would slow the load down here.
    let variables = settings.env.iter();
    let variables = variables.map(|(name, value)| format!("-env={name}={value}"));
    let files = KINDS.iter().map(|kind| {
        let flag = format!("-{}=", kind.name);
        (flag, output(kind.file))
    });
    let command = command
        .arguments(variables)
        .arguments(files)
        .argument(service.command.program)
        .arguments(service.command.arguments);
    let action = command.action(PROFILE).after(PROFILER.name);
    let plan = ProbePlan::nothing().action(compile);
    Ok(profiled(plan, &go, action, &KINDS))
}

/// An emulator runs one program, which here would have to start another.
fn starts_here(request: &Request, go: &Go) -> Result<(), Error> {
    let port = Port::of_target(&request.target, &go.release)?;
    let here = Port::of(&request.host);
    if here == Some(port) {
        return Ok(());
    }
    let here = here.map(|here| format!(", which is {}/{}", here.os, here.arch));
    Err(Error::Unsupported(format!(
        "a service for {}/{} cannot be profiled on this machine{}: an emulator runs one program, \
         and this one is started by another; set `targets` to those that this machine runs",
        port.os,
        port.arch,
        here.unwrap_or_default()
    )))
}

/// A service leaves no files: it is asked.
fn placeholders_of_files(settings: &Settings) -> Vec<Problem> {
    let mut problems = Vec::new();
    let arguments = settings.arguments.iter().flatten();
    for (position, argument) in arguments.enumerate() {
        let held = KINDS
            .iter()
            .filter(|kind| argument.contains(kind.placeholder));
        problems.extend(held.map(|kind| {
            let placeholder = kind.placeholder;
            Problem::new(format!(
                "`{placeholder}` is for a program that ends by itself, and `${{port}}` for a service"
            ))
            .at(format!("arguments[{position}]"))
            .hint(format!(
                "take `{placeholder}` away: a service is asked for its profiles"
            ))
        }));
    }
    problems
}

#[cfg(test)]
mod tests;
