//! Puts deploying together: how machines are reached, what is sent, and what is kept of it.

use std::path::Path;
use std::process::{Command, Stdio};

use orch_deploy::{Connections, Deploying, FleetDeployer, Owner};
use orch_engine::Cancel;
use orch_engine::port::{DeployJob, DeployProgress, Deployed, Deployer, OutputFile};
use orch_inspect::Certainty;
use orch_model::{Fault, FaultKind, FleetHost, Inventory, MachineFacts, Observation, SourceText};
use orch_store::Store;

use crate::environment::Environment;
use crate::measuring::commit;
use crate::planned::Planned;
use crate::pushing::Pushing;

/// The largest inventory that is read.
const MOST_BYTES: usize = 16 << 20;

/// What the user wants of a deploy beside that it is done.
#[derive(Clone, Default)]
pub struct DeployOptions {
    /// What waits for a person may go on.
    pub promotes: bool,
    /// Locks of others are taken away.
    pub break_lock: bool,
    /// Connections that are open already, and stay so.
    pub connections: Option<Connections>,
}

/// Connections to machines, by the user's own `ssh`.
pub fn connections(environment: &Environment) -> Connections {
    Connections::new(environment.find_program("ssh"))
}

/// Deploys what a project makes.
pub fn deployer(planned: &Planned, options: DeployOptions) -> Result<FleetDeployer, Fault> {
    let Planned {
        project,
        house,
        plan,
    } = planned;
    let environment = house.environment.clone();
    let targets: Vec<String> = plan.targets.iter().map(|one| one.name.clone()).collect();
    let (store, looked_into) = (house.store.clone(), house.store.clone());
    let pushing = Pushing::new(house, project)?;
    let folder = project.folder.clone();
    let at = folder.clone();
    let opened = options.connections;
    Ok(FleetDeployer::new(Deploying {
        connections: opened.unwrap_or_else(|| connections(&environment)),
        owner: Owner::this(person(&environment)),
        commit: commit(&folder),
        hosts: Box::new(move |inventory| hosts(inventory, &at, &targets)),
        variable: Box::new(move |name| environment.variable(name).map(str::to_owned)),
        content: Box::new(move |digest| store.read(digest)),
        obstacles: Box::new(move |file, machine| obstacles(&looked_into, file, machine)),
        push: Box::new(move |images, cancel| pushing.push(images, cancel)),
        promotes: options.promotes,
        break_lock: options.break_lock,
        folder,
    }))
}

/// Who is at work: `ann@laptop`.
pub fn person(environment: &Environment) -> String {
    let user = ["USER", "LOGNAME"].into_iter();
    let user = user.filter_map(|name| environment.variable(name)).next();
    let user = user.map_or_else(
        || format!("user {}", rustix::process::getuid().as_raw()),
        str::to_owned,
    );
    let system = rustix::system::uname();
    format!("{user}@{}", system.nodename().to_string_lossy())
}

/// The same as one word, as machines are told who measures on them.
pub fn owner(environment: &Environment) -> String {
    person(environment).replace(char::is_whitespace, "-")
}

/// The machines of an inventory that is not in the pipeline.
pub fn hosts(
    inventory: &Inventory,
    folder: &Path,
    targets: &[String],
) -> Result<Vec<FleetHost>, Fault> {
    let (name, text) = match inventory {
        Inventory::Hosts(hosts) => return Ok(hosts.clone()),
        Inventory::File(path) => {
            let file = folder.join(path.as_str());
            let text = std::fs::read(&file);
            (
                path.to_string(),
                text.map_err(|error| {
                    Fault::usage(format!("could not read the inventory `{path}`: {error}"))
                })?,
            )
        }
        Inventory::Program(words) => (words.join(" "), printed(words, folder)?),
    };
    if text.len() > MOST_BYTES {
        return Err(Fault::usage(format!(
            "the inventory `{name}` is larger than 16 MiB"
        )));
    }
    let text = String::from_utf8(text)
        .map_err(|_| Fault::usage(format!("the inventory `{name}` is no UTF-8 text")))?;
    let source = SourceText {
        name,
        text: text.into(),
    };
    let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
    orch_pipeline::inventory(&source, &targets).map_err(|problems| {
        let said = problems.iter().map(|problem| {
            let at = problem.places.first().map_or(0, |place| place.span.start);
            let before = source.text.get(..at).unwrap_or_default();
            format!(
                "line {}: {}",
                before.matches('\n').count() + 1,
                problem.message
            )
        });
        let said: Vec<_> = said.collect();
        let fault = Fault::usage(format!("inventory `{}`: {}", source.name, said.join("; ")));
        match problems.iter().find_map(|problem| problem.hint.clone()) {
            Some(hint) => fault.hint(hint),
            None => fault,
        }
    })
}

fn printed(words: &[String], folder: &Path) -> Result<Vec<u8>, Fault> {
    let Some((program, arguments)) = words.split_first() else {
        return Err(Fault::usage("the inventory's program has no name"));
    };
    let said = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| {
            Fault::usage(format!(
                "could not run the inventory's `{program}`: {error}"
            ))
        })?;
    match said.status.success() {
        true => Ok(said.stdout),
        false => Err(Fault::usage(format!(
            "the inventory's `{program}` ended with {}",
            said.status
        ))),
    }
}

/// What certainly keeps a file from running on a machine.
pub fn obstacles(
    store: &Store,
    file: &OutputFile,
    machine: &Observation,
) -> Result<Vec<String>, Fault> {
    let data = store.read(&file.digest)?.ok_or_else(|| {
        Fault::lost(format!("`{}` is missing from the store", file.path))
            .hint("run again: it will be made anew")
    })?;
    // What is no program can run nowhere, and need not.
    let Ok(facts) = orch_inspect::inspect(&data) else {
        return Ok(Vec::new());
    };
    let machine = MachineFacts::of_observation(machine);
    let obstacles = orch_inspect::obstacles(&facts, &machine).into_iter();
    let certain = obstacles.filter(|one| one.certainty == Certainty::Certain);
    Ok(certain
        .map(|one| format!("{} ({})", one.what, one.why))
        .collect())
}

/// For graphs in which nothing is deployed.
pub struct NoDeployer;

impl Deployer for NoDeployer {
    fn deploy(
        &self,
        job: DeployJob<'_>,
        _: &dyn DeployProgress,
        _: &Cancel,
    ) -> Result<Deployed, Fault> {
        let why = format!("`{}` cannot be deployed by this command", job.node);
        Err(Fault::new(FaultKind::Usage, why).hint("`orch run` and `orch deploy` do it"))
    }
}
