//! What most commands begin with: a project, the house that works on it, and its plan.

use orch_engine::{ActionGraph, Plan};
use orch_model::{Fault, FaultKind};

use crate::arguments::ProjectArguments;
use crate::console::Console;
use crate::environment::Environment;
use crate::house::House;
use crate::planning::{self, LockUse};
use crate::project::Project;
use crate::stop::Stop;

/// A project with its plan.
pub struct Planned {
    /// The project; its lock holds all that the plan needs.
    pub project: Project,
    /// What stands behind the ports.
    pub house: House,
    /// What a run would do.
    pub plan: Plan,
}

impl Planned {
    /// Opens the project that the command line names, and plans it.
    pub fn open(
        environment: Environment,
        arguments: &ProjectArguments,
        console: &Console,
    ) -> Result<Self, Stop> {
        let lock_use = LockUse::of_flag(arguments.locked);
        Self::with_lock(environment, arguments, lock_use, console)
    }

    /// The same, with another way to treat the lock.
    pub fn with_lock(
        environment: Environment,
        arguments: &ProjectArguments,
        lock_use: LockUse,
        console: &Console,
    ) -> Result<Self, Stop> {
        let (mut project, house) = open(environment, arguments, console)?;
        let plan = planning::plan(&house, &mut project, lock_use, console)?;
        Ok(Self {
            project,
            house,
            plan,
        })
    }
}

/// The project that the command line names, and the house that works on it.
pub fn open(
    environment: Environment,
    arguments: &ProjectArguments,
    console: &Console,
) -> Result<(Project, House), Fault> {
    let project = Project::open(&environment, &arguments.pipeline)?;
    let folder = Some(project.folder.clone());
    let house = House::open(environment, folder, arguments.offline, console)?;
    Ok((project, house))
}

/// The graph of a plan. Only a plugin can make one that cannot be.
pub fn graph_of(plan: &Plan) -> Result<ActionGraph, Fault> {
    ActionGraph::of_plan(plan).map_err(|error| Fault::new(FaultKind::Plugin, error.to_string()))
}
