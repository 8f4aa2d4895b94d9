//! `orch graph`: what needs what, as a picture, for Graphviz or for programs.

use crate::arguments::{GraphFormat, ProjectArguments, Selection};
use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::planned::{Planned, graph_of};
use crate::selection::select;
use crate::stop::Stop;

pub fn graph(
    environment: Environment,
    arguments: &ProjectArguments,
    selection: &Selection,
    format: GraphFormat,
    console: &Console,
) -> Result<Exit, Stop> {
    let plan = Planned::open(environment, arguments, console)?.plan;
    let graph = select(&plan, &graph_of(&plan)?, selection)?;
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
