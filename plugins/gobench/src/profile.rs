//! The probe `profile`: where a program in Go, or its benchmarks, spend time and memory. It runs
//! once, as a step that leaves what Go's package `runtime/pprof` writes, and each sample is a look
//! into that by Go's own `pprof`. What is asked of a service for it is `service`'s.

use orch_plugin::benchmark_probe::{
    Command, Measurement, ProbePlan, Profile, Reading, Request, Work,
};
use orch_plugin::{
    Action, Artifact, Error, Facts, IntoWord, Problem, Sample, Word, artifact, output,
};
use orch_plugin_go_command::environment::{BUILD_CACHE, MODULE_CACHE};
use orch_plugin_go_command::{Go, Project};

use crate::settings::{CPU_FILE, HEAP_FILE, Settings, Subject};
use crate::stacks::Printed;
use crate::suite::Suite;
use crate::{LONGEST_MS, ONLY, PROFILE};

mod service;

/// How long each benchmark runs where nothing is said: Go looks a hundred times a second.
const BENCHTIME: &str = "1s";

/// A file that Go writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Kind {
    /// What its measurement is called.
    name: &'static str,
    file: &'static str,
    /// Where the user's arguments want it.
    placeholder: &'static str,
    /// The flag of tests that asks for it.
    flag: &'static str,
    /// What is drawn of it: the column, its name for people, and its unit.
    drawn: &'static [(&'static str, &'static str, &'static str)],
}

const KINDS: [Kind; 2] = [
    Kind {
        name: "cpu",
        file: "cpu.pprof",
        placeholder: CPU_FILE,
        flag: "-test.cpuprofile=",
        drawn: &[("cpu/nanoseconds", "processor time", "ns")],
    },
    Kind {
        name: "heap",
        file: "heap.pprof",
        placeholder: HEAP_FILE,
        flag: "-test.memprofile=",
        drawn: &[
            ("alloc_space/bytes", "memory allocated", "B"),
            ("inuse_space/bytes", "memory in use at the end", "B"),
        ],
    },
];

pub(crate) fn plan(
    request: &Request,
    settings: &Settings,
    facts: &dyn Facts,
) -> Result<ProbePlan, Error> {
    match settings.subject() {
        Subject::Benchmarks => of_benchmarks(request, settings, facts),
        Subject::Program => of_program(request, settings),
        Subject::Service => service::plan(request, settings),
    }
}

/// Profiles of each package's benchmarks.
fn of_benchmarks(
    request: &Request,
    settings: &Settings,
    facts: &dyn Facts,
) -> Result<ProbePlan, Error> {
    let suite = Suite::of(request, settings, facts)?;
    let benchtime = settings.benchtime.as_deref().unwrap_or(BENCHTIME);
    let mut plan = ProbePlan::nothing();
    for package in &suite.packages {
        let run = suite.run(package, benchtime);
        let flags = KINDS.iter().map(|kind| (kind.flag, output(kind.file)));
        let step = package.step(PROFILE);
        let action = run.arguments(flags).action(step.as_str());
        let action = action.after(package.step("compile"));
        plan = plan
            .action(suite.compile(package))
            .action(leaving(action, &KINDS));
        for kind in &KINDS {
            let name = match package.name.as_str() {
                ONLY => kind.file.to_owned(),
                name => format!("{name}/{}", kind.file),
            };
            plan = kept(plan, &suite.go, &step, kind, package.step(kind.name), name);
        }
    }
    Ok(plan)
}

/// Profiles of the build's own program, which is told where to leave them.
fn of_program(request: &Request, settings: &Settings) -> Result<ProbePlan, Error> {
    let arguments = settings.arguments.as_deref().unwrap_or_default();
    let mut problems = settings.problems_of_program();
    let is_wanted = |kind: &Kind| arguments.iter().any(|one| one.contains(kind.placeholder));
    let wanted: Vec<Kind> = KINDS.into_iter().filter(is_wanted).collect();
    if wanted.is_empty() {
        problems.push(
            Problem::new("`arguments` does not say where the program leaves a profile")
                .at("arguments")
                .hint(
                    "write `${cpu}` or `${heap}` where it takes a file's name, or `${port}` where \
                     a service takes its port",
                ),
        );
    }
    Error::if_any(problems)?;
    let go = Go::of(&request.toolchain)?;
    let command = arguments
        .iter()
        .map(|argument| filled(argument))
        .fold(Command::new(request.program()?), Command::argument);
    let variables = settings.env.iter();
    let command = variables.fold(command, |command, (name, value)| {
        command.variable(name, value)
    });
    let plan = ProbePlan::nothing();
    Ok(profiled(plan, &go, command.action(PROFILE), &wanted))
}

/// With the one step that leaves these, each looked into and kept by its own name.
fn profiled(plan: ProbePlan, go: &Go, action: Action, kinds: &[Kind]) -> ProbePlan {
    let plan = plan.action(leaving(action, kinds));
    kinds.iter().fold(plan, |plan, kind| {
        let (name, file) = (kind.name.to_owned(), kind.file.to_owned());
        kept(plan, go, PROFILE, kind, name, file)
    })
}

/// An argument with the places of files for their placeholders.
fn filled(argument: &str) -> Word {
    let found = KINDS.iter().find_map(|kind| {
        let (before, behind) = argument.split_once(kind.placeholder)?;
        Some((before, kind, behind))
    });
    match found {
        Some((before, kind, behind)) => {
            (filled(before), (output(kind.file), filled(behind))).into_word()
        }
        None => argument.into_word(),
    }
}

fn leaving(action: Action, kinds: &[Kind]) -> Action {
    let files = kinds.iter().map(|kind| kind.file);
    files.fold(action, Action::output)
}

/// With a file that the user finds, and a measurement that looks into it.
fn kept(
    plan: ProbePlan,
    go: &Go,
    step: &str,
    kind: &Kind,
    measurement: String,
    name: String,
) -> ProbePlan {
    let file = artifact(step, kind.file);
    // Since Go 1.25 a toolchain builds its own `pprof` when that is first asked for.
    let look = Command::new(go.program.clone())
        .arguments(["tool", "pprof", "-raw"])
        .argument(file.clone())
        .variables(go.variables(&Project::default()))
        .cache(BUILD_CACHE)
        .cache(MODULE_CACHE);
    plan.file(Artifact::file(name, file))
        .measurement(Measurement {
            warmups: 0,
            samples: 1,
            timeout_ms: LONGEST_MS,
            ..Measurement::of(measurement, Work::Run(look))
        })
}

/// What is drawn of a file, by the last look into it.
pub(crate) fn read(measurement: &str, samples: &[Sample]) -> Result<Reading, Error> {
    let (name, package) = match measurement.split_once('-') {
        Some((name, package)) => (name, format!(" of {package}")),
        None => (measurement, String::new()),
    };
    let kind = KINDS.iter().find(|kind| kind.name == name);
    let (Some(kind), Some(sample)) = (kind, samples.last()) else {
        return Ok(Reading::from(Vec::new()));
    };
    let text = String::from_utf8_lossy(&sample.stdout);
    let printed = Printed::read(&text)?;
    let profiles = kind.drawn.iter().filter_map(|(column, name, unit)| {
        Some(Profile {
            name: format!("{name}{package}"),
            unit: (*unit).to_owned(),
            stacks: printed.folded(column)?,
        })
    });
    Ok(Reading {
        metrics: Vec::new(),
        profiles: profiles.collect(),
    })
}

#[cfg(test)]
mod tests;
