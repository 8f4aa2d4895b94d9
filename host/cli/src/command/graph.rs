//! `orch graph`: what needs what, as a picture, for Graphviz or for programs.

use crate::arguments::{GraphFormat, ProjectArguments, Selection};
use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::house::House;
use crate::planning::{self, LockUse};
use crate::project::Project;
use crate::selection::select;
use crate::stop::Stop;

use super::run::graph_of;

pub fn graph(
    environment: Environment,
    arguments: &ProjectArguments,
    selection: &Selection,
    format: GraphFormat,
    console: &Console,
) -> Result<Exit, Stop> {
    let mut project = Project::open(&environment, &arguments.pipeline)?;
    let house = House::open(environment, Some(project.folder.clone()), arguments.offline)?;
    let lock_use = LockUse::of_flag(arguments.locked);
    let plan = planning::plan(&house, &mut project, lock_use, console)?;
    let graph = select(&graph_of(&plan)?, selection)?;
    let nodes = || -> Vec<_> {
        orch_engine::edges(&graph)
            .map(|(node, needs)| serde_json::json!({ "node": node, "needs": needs }))
            .collect()
    };
    match (console.json(), format) {
        (Some(json), _) => json.list("graph", &nodes()),
        (None, GraphFormat::Svg) => console.print(&orch_report::render_svg(&graph)),
        (None, GraphFormat::Dot) => console.print(&orch_report::render_dot(&graph)),
        (None, GraphFormat::Json) => {
            console.print(&format!("{}\n", serde_json::json!({ "nodes": nodes() })));
        }
    }
    Ok(Exit::Done)
}
