//! `orch fetch`: downloads and unpacks every toolchain of a pipeline.

use orch_engine::{NodeKind, RunOptions};

use crate::arguments::ProjectArguments;
use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::hands::{Hands, perform};
use crate::known_projects;
use crate::planned::{Planned, graph_of};
use crate::stop::Stop;

pub fn fetch(
    environment: Environment,
    arguments: &ProjectArguments,
    console: &Console,
) -> Result<Exit, Stop> {
    let Planned {
        project,
        house,
        plan,
    } = Planned::open(environment, arguments, console)?;
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
    let cancel = house.interruptible(console)?;
    let run = perform(&house, &hands, &graph, options, cancel, console, None)?;
    Ok(Exit::of_run(&run))
}
