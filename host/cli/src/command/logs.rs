//! `orch logs`: what the services of deploys say on their machines.

use std::collections::BTreeSet;

use orch_deploy::{HostLog, ServiceLogs, last_lines};
use orch_engine::Cancel;
use orch_model::{Fault, nearest};

use super::deploy::deploys;
use crate::arguments::{LogArguments, ProjectArguments};
use crate::console::Console;
use crate::deploying::{DeployOptions, connections, deployer};
use crate::environment::Environment;
use crate::exit::Exit;
use crate::following::Following;
use crate::interrupt;
use crate::planned::Planned;
use crate::stop::Stop;

pub fn logs(
    environment: Environment,
    arguments: &ProjectArguments,
    order: &LogArguments,
    console: &Console,
) -> Result<Exit, Stop> {
    let connections = connections(&environment);
    let planned = Planned::open(environment, arguments, console)?;
    let options = DeployOptions {
        connections: Some(connections.clone()),
        ..DeployOptions::default()
    };
    let deployer = deployer(&planned, options)?;
    let cancel = Cancel::new();
    interrupt::listen(&cancel, false)?;
    let mut logs = Vec::new();
    for deploy in deploys(&planned.plan, order.deploy.as_slice())? {
        logs.extend(shown(deployer.logs(deploy)?, console));
    }
    let logs = chosen(logs, order)?;
    let _interrupt = connections.ended_by(&cancel);
    std::thread::scope(|scope| {
        let mut following = Following::new(scope, console, &cancel);
        let mut exit = Exit::Done;
        match order.follow {
            true => {
                following.follow(&logs, order.lines);
                following.wait();
            }
            false => {
                for (log, read) in logs.iter().zip(last_lines(&logs, order.lines)) {
                    match read {
                        Ok(lines) => following.show(&logs, log, &lines),
                        Err(_) if cancel.is_cancelled() => {}
                        Err(fault) => {
                            console.fault(&fault);
                            exit = Exit::of_fault(fault.kind);
                        }
                    }
                }
            }
        }
        Ok(match cancel.is_cancelled() && !console.is_broken() {
            true => Exit::Interrupted,
            false => exit,
        })
    })
}

/// Logs whose secrets are hidden as far as they are known.
pub fn shown(logs: ServiceLogs, console: &Console) -> Vec<HostLog> {
    if !logs.hosts.is_empty() && !logs.unread_secrets.is_empty() {
        let why = logs.unread_secrets.join("; ");
        let message = format!("what logs say of it is shown as it is: {why}");
        console.warning(&message, None);
    }
    logs.hosts
}

/// Those of the machines that are wanted, if they can be read in the way that is wanted.
fn chosen(mut logs: Vec<HostLog>, order: &LogArguments) -> Result<Vec<HostLog>, Fault> {
    if logs.is_empty() {
        let what = match &order.deploy {
            Some(name) => format!("deploy `{name}` has"),
            None => "the deploys of this pipeline have".to_owned(),
        };
        return Err(Fault::usage(format!("{what} no log"))
            .hint("only a deployer can say how one is read, and an image has none"));
    }
    let known: BTreeSet<String> = logs.iter().map(|log| log.host().to_owned()).collect();
    if let Some(other) = order.hosts.iter().find(|host| !known.contains(*host)) {
        let hint = match nearest(other, known.iter().map(String::as_str)) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => {
                let known: Vec<String> = known.into_iter().collect();
                format!("there are {}", known.join(", "))
            }
        };
        return Err(Fault::usage(format!("no machine with a log is called `{other}`")).hint(hint));
    }
    logs.retain(|log| order.hosts.is_empty() || order.hosts.iter().any(|name| name == log.host()));
    let can_be_read = |log: &HostLog| match order.follow {
        true => log.can_be_followed(),
        false => log.is_kept(),
    };
    let first = logs[0].deploy().clone();
    logs.retain(can_be_read);
    match (logs.is_empty(), order.follow) {
        (false, _) => Ok(logs),
        (true, true) => Err(
            Fault::usage(format!("the log of `{first}` cannot be followed"))
                .hint("leave out `--follow`"),
        ),
        (true, false) => Err(
            Fault::usage(format!("the machines keep no log of `{first}`"))
                .hint("`--follow` shows what is said from now on"),
        ),
    }
}
