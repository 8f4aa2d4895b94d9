//! A service under load: a program of our own starts it, asks it for one path, and meanwhile for
//! the profiles that Go's package `net/http/pprof` serves.

use orch_plugin::benchmark_probe::{Command, ProbePlan, Request, port_problem, takes_port};
use orch_plugin::{Error, Problem, output};
use orch_plugin_go_command::{Go, Port, Program};

use super::{KINDS, Kind, PROFILE, profiled};
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
    let arguments = settings.arguments.as_deref().unwrap_or_default();
    problems.extend(placeholders_of_files(arguments));
    let connections = settings.connections().map_err(|one| problems.push(one));
    let seconds = settings.seconds().map_err(|one| problems.push(one));
    if !takes_port(arguments, &settings.env) {
        problems.push(port_problem());
    }
    let (Ok(connections), Ok(seconds), true) = (connections, seconds, problems.is_empty()) else {
        return Err(Error::Invalid(problems));
    };

    let path = settings.path.as_deref().unwrap_or("/");
    let mut flags = vec![
        format!("-path={path}"),
        format!("-pprof={}", settings.pprof()),
        format!("-connections={connections}"),
        format!("-seconds={seconds}"),
    ];
    flags.extend(settings.ready.iter().map(|path| format!("-ready={path}")));
    for (name, value) in &settings.env {
        // The service's alone: what it tells to Go's runtime would slow the load down.
        flags.push(format!("-env={name}={value}"));
    }
    let mut command = Command::new(PROFILER.path()).arguments(&flags);
    for kind in &KINDS {
        command = command.argument((format!("-{}=", kind.name), output(kind.file)));
    }
    command = command.argument(program).arguments(arguments);
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
fn placeholders_of_files(arguments: &[String]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (position, argument) in arguments.iter().enumerate() {
        for Kind { placeholder, .. } in &KINDS {
            if argument.contains(placeholder) {
                problems.push(
                    Problem::new(format!(
                        "`{placeholder}` is for a program that ends by itself, and `${{port}}` for \
                         a service"
                    ))
                    .at(format!("arguments[{position}]"))
                    .hint("take it away: a service is asked for its profiles"),
                );
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests;
