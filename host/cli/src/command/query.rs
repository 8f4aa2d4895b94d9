//! `orch query`: the nodes that a question means, a line each.

use orch_execute::patterns_mean;

use crate::arguments::ProjectArguments;
use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::planned::{Planned, graph_of};
use crate::stop::Stop;

pub fn query(
    environment: Environment,
    question: &str,
    arguments: &ProjectArguments,
    console: &Console,
) -> Result<Exit, Stop> {
    let plan = Planned::open(environment, arguments, console)?.plan;
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
