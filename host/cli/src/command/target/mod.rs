//! `orch target …`: the platforms that the loaded plugins offer, and machines themselves.

mod check;
mod probe;

use std::path::Path;

use orch_engine::port::Plugins;
use orch_model::{Fault, FaultKind, Role};
use orch_report::Table;

use crate::arguments::TargetCommand;
use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::stop::Stop;

use super::plugin::loaded;

pub fn target(
    environment: Environment,
    command: TargetCommand,
    console: &Console,
) -> Result<Exit, Stop> {
    match command {
        TargetCommand::List(project) => list(environment, &project.pipeline, console),
        TargetCommand::Probe { host, pipeline } => {
            probe::probe(environment, host.as_deref(), &pipeline, console)
        }
        TargetCommand::Check { artifact, on } => {
            check::check(&environment, &artifact, on.as_deref(), console)
        }
    }
}

fn list(environment: Environment, pipeline: &Path, console: &Console) -> Result<Exit, Stop> {
    let (plugins, _) = loaded(environment, pipeline, console)?;
    let mut table = Table::new(["platform", "plugin", "what it is"]);
    let mut rows = Vec::new();
    for summary in plugins.summaries() {
        if !summary.manifest.roles.contains(&Role::TargetPlatform) {
            continue;
        }
        let id = &summary.manifest.id;
        let called = plugins.platform_offers(id);
        console.logs(&called.logs);
        let offers = called
            .result
            .map_err(|failure| Fault::new(FaultKind::Plugin, failure.to_string()))?;
        for offer in offers {
            table.row([offer.name.as_str(), id.as_str(), &offer.summary]);
            rows.push(serde_json::json!({
                "platform": offer.name, "plugin": id, "summary": offer.summary,
            }));
        }
    }
    match console.json() {
        Some(json) => json.list("targets", &rows),
        None => console.print(&table.render(console.style())),
    }
    Ok(Exit::Done)
}
