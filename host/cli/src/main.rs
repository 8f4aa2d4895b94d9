//! `orch`: reads the command line, puts the house together, says what came of it. The only
//! crate that knows every other one.

mod alone;
mod arguments;
mod command;
mod console;
mod deploying;
mod environment;
mod exit;
mod facts;
mod files;
mod following;
mod grants;
mod hands;
mod healing;
mod history;
mod house;
mod interrupt;
mod isolation;
mod judge;
mod kept_plan;
mod known_projects;
mod machine_toolchains;
mod measuring;
mod planned;
mod planning;
mod project;
mod pushing;
mod quantity;
mod report_file;
mod results;
mod selection;
mod shortcut;
mod stop;
mod trace_file;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, BenchCommand, Command, FleetCommand};
use command::watch::Wanted;
use console::Console;
use deploying::DeployOptions;
use environment::Environment;
use exit::Exit;
use stop::Stop;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let _ = error.print();
            return match error.use_stderr() {
                true => Exit::Usage.into(),
                false => Exit::Done.into(),
            };
        }
    };
    if let Command::InternalReaper = arguments.command {
        return orch_execute::reaper_main();
    }
    if let Command::InternalSandbox { part } = arguments.command {
        return orch_sandbox::sandbox_main(part.is_some());
    }
    if let Command::InternalCalibration = arguments.command {
        std::hint::black_box(orch_measure::calibration_work());
        return Exit::Done.into();
    }
    let console = Console::new(arguments.output, arguments.color, environment::no_color());
    let exit = match perform(arguments.command, &console) {
        Ok(exit) | Err(Stop::Said(exit)) => exit,
        Err(Stop::Fault(fault)) => {
            console.fault(&fault);
            Exit::of_fault(fault.kind)
        }
    };
    console.close(exit).into()
}

fn perform(command: Command, console: &Console) -> Result<Exit, Stop> {
    let environment = Environment::read()?;
    match command {
        Command::Init { folder } => command::init::init(&environment, &folder, console),
        Command::Check {
            project,
            reproducible: Some(build),
        } => command::reproducible::reproducible(environment, &build, &project, console),
        Command::Check { project, .. } => command::check::check(environment, &project, console),
        Command::Plan {
            project,
            selection,
            tuning,
        } => command::plan::plan(environment, &project, &selection, tuning, console),
        Command::Run {
            project,
            selection,
            running,
        } => command::run::run(environment, &project, &selection, &running, console),
        Command::Bench {
            command: Some(BenchCommand::Calibrate { on, pipeline }),
            ..
        } => match on {
            None => command::bench::calibrate(environment, &pipeline, console),
            Some(on) => command::bench::calibrate_fleet(environment, &pipeline, &on, console),
        },
        Command::Bench {
            command:
                Some(BenchCommand::Compare {
                    before,
                    now,
                    only,
                    pipeline,
                }),
            ..
        } => {
            let sides = [before.as_str(), now.as_str()];
            command::bench::compare(environment, &pipeline, sides, &only, console)
        }
        Command::Bench {
            command: None,
            project,
            selection,
            running,
        } => command::bench::bench(environment, &project, &selection, &running, console),
        Command::Deploy {
            names,
            project,
            running,
            break_lock,
        } => {
            let options = DeployOptions {
                break_lock,
                ..DeployOptions::default()
            };
            let names = names.as_slice();
            command::deploy::deploy(environment, &project, names, &running, options, console)
        }
        Command::Promote {
            name,
            project,
            running,
        } => {
            let options = DeployOptions {
                promotes: true,
                ..DeployOptions::default()
            };
            command::deploy::deploy(environment, &project, &[name], &running, options, console)
        }
        Command::Rollback {
            name,
            to,
            break_lock,
            project,
        } => {
            let options = DeployOptions {
                break_lock,
                ..DeployOptions::default()
            };
            command::deploy::rollback(environment, &project, &name, to, options, console)
        }
        Command::Status { only, project } => {
            command::deploy::status(environment, &project, &only, console)
        }
        Command::Logs { order, project } => {
            command::logs::logs(environment, &project, &order, console)
        }
        Command::Audit { verify, pipeline } => {
            command::audit::audit(&environment, &pipeline, verify, console)
        }
        Command::Fleet(FleetCommand::Check { only, project }) => {
            command::deploy::fleet(environment, &project, &only, console)
        }
        Command::History { arguments } => {
            command::history::history(environment, &arguments, console)
        }
        Command::Watch {
            project,
            selection,
            running,
            deploy,
        } => {
            let wanted = Wanted {
                arguments: &project,
                selection: &selection,
                running: &running,
                deploys: deploy.as_deref(),
            };
            command::watch::watch(environment, wanted, console)
        }
        Command::Explain {
            node,
            against,
            project,
        } => command::explain::explain(environment, &node, against, &project, console),
        Command::Graph {
            project,
            selection,
            format,
        } => command::graph::graph(environment, &project, &selection, format, console),
        Command::Query { question, project } => {
            command::query::query(environment, &question, &project, console)
        }
        Command::Lock { project, update } => {
            command::lock::lock(environment, &project, update, console)
        }
        Command::Fetch { project } => command::fetch::fetch(environment, &project, console),
        Command::Schema(project) => command::schema::schema(environment, &project, console),
        Command::Doctor => command::doctor::doctor(environment, console),
        Command::Ci(command) => command::ci::ci(environment, command, console),
        Command::Toolchain(command) => command::toolchain::toolchain(environment, command, console),
        Command::Target(command) => command::target::target(environment, command, console),
        Command::Plugin(command) => command::plugin::plugin(environment, command, console),
        Command::Cache(command) => command::cache::cache(environment, command, console),
        Command::Completions { shell } => command::completions::completions(shell, console),
        Command::InternalReaper
        | Command::InternalCalibration
        | Command::InternalSandbox { .. } => Ok(Exit::Done),
    }
}
