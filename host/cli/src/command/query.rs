//! `orch query`: the nodes that a question means, a line each.

use orch_execute::patterns_mean;

use crate::arguments::ProjectArguments;
use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::house::House;
use crate::planning::{self, LockUse};
use crate::project::Project;
use crate::stop::Stop;

use super::run::graph_of;

pub fn query(
    environment: Environment,
    question: &str,
    arguments: &ProjectArguments,
    console: &Console,
) -> Result<Exit, Stop> {
    let mut project = Project::open(&environment, &arguments.pipeline)?;
    let house = House::open(environment, Some(project.folder.clone()), arguments.offline)?;
    let lock_use = LockUse::of_flag(arguments.locked);
    let plan = planning::plan(&house, &mut project, lock_use, console)?;
    let graph = graph_of(&plan)?;
    let meant = orch_engine::query(&graph, question, &patterns_mean)?;
    let names = meant.iter().map(|at| graph.nodes()[*at].id.as_str());
    match console.json() {
        Some(json) => {
            let rows: Vec<_> = names
                .map(|name| serde_json::json!({ "node": name }))
                .collect();
            json.list("nodes", &rows);
        }
        None => {
            let lines: String = names.map(|name| format!("{name}\n")).collect();
            console.print(&lines);
        }
    }
    Ok(Exit::Done)
}
