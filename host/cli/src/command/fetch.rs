//! `orch fetch`: downloads and unpacks every toolchain of a pipeline.

use orch_engine::{NodeKind, RunOptions};

use crate::arguments::ProjectArguments;
use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::house::House;
use crate::known_projects;
use crate::planning::{self, LockUse};
use crate::project::Project;
use crate::stop::Stop;

use super::run::{Hands, graph_of, perform};

pub fn fetch(
    environment: Environment,
    arguments: &ProjectArguments,
    console: &Console,
) -> Result<Exit, Stop> {
    let mut project = Project::open(&environment, &arguments.pipeline)?;
    let house = House::open(environment, Some(project.folder.clone()), arguments.offline)?;
    let plan = planning::plan(
        &house,
        &mut project,
        LockUse::of_flag(arguments.locked),
        console,
    )?;
    let whole = graph_of(&plan)?;
    let fetches: Vec<_> = whole
        .nodes()
        .iter()
        .filter(|node| matches!(node.kind, NodeKind::Fetch { .. }))
        .map(|node| node.id.clone())
        .collect();
    let graph = whole.needed_by(|id| fetches.contains(id));
    let options = RunOptions {
        // Downloads wait for the network, not for a core.
        jobs: 4,
        keep_going: true,
    };
    // Nothing that is fetched is executed.
    let hands = Hands::new(&house, &project, None)?;
    known_projects::note(&house.store, &project.folder)?;
    let run = perform(&house, &hands, &graph, options, console)?;
    Ok(Exit::of_run(&run))
}
