//! `orch history`: what was measured before.

use std::path::Path;

use orch_history::{History, Kept, Selection, benchstat, csv, json};
use orch_model::{Fault, NodeId};
use orch_report::{Table, human_minute, human_value};

use crate::arguments::{HistoryArguments, HistoryFormat};
use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::measuring::MEASUREMENTS;
use crate::project::Project;
use crate::stop::Stop;

pub fn history(
    environment: Environment,
    arguments: &HistoryArguments,
    console: &Console,
) -> Result<Exit, Stop> {
    let (_, history) = open(&environment, &arguments.pipeline)?;
    let mut kept = history.measurements(&Selection::default())?;
    kept.retain(|kept| means(&arguments.only, &kept.measurement.node));
    if let Some(metric) = &arguments.metric {
        for one in &mut kept {
            one.measurement
                .metrics
                .retain(|known| known.name == *metric);
        }
        kept.retain(|kept| !kept.measurement.metrics.is_empty());
    }
    if kept.is_empty() {
        return Err(Fault::usage("nothing like that was measured")
            .hint("`orch history` without `--only` and `--metric` shows everything")
            .into());
    }
    if let Some(events) = console.json() {
        let rows = kept
            .iter()
            .map(|kept| serde_json::to_value(kept).expect("it has a JSON form"));
        events.list("measurements", &rows.collect::<Vec<_>>());
        return Ok(Exit::Done);
    }
    let text = match arguments.format {
        HistoryFormat::Table => table(&kept, arguments.metric.is_some()).render(console.style()),
        HistoryFormat::Json => json(&kept),
        HistoryFormat::Csv => csv(&kept),
        HistoryFormat::Benchstat => benchstat(&kept),
    };
    console.print(&text);
    Ok(Exit::Done)
}

/// The history of the project that a command line names.
pub fn open(environment: &Environment, pipeline: &Path) -> Result<(Project, History), Fault> {
    let project = Project::open(environment, pipeline)?;
    let history = History::open_existing(&project.folder.join(MEASUREMENTS))?;
    let history = history.ok_or_else(|| {
        Fault::usage("nothing was measured in this project yet").hint("`orch bench` measures")
    })?;
    Ok((project, history))
}

/// Whether a selection means a node; all where nothing is selected.
pub fn means(only: &[String], node: &NodeId) -> bool {
    only.is_empty() || only.iter().any(|wanted| node.is_meant_by(wanted))
}

/// A line for each metric: the first of each bench, or all that were asked for.
fn table(kept: &[Kept], all: bool) -> Table {
    let headers = [
        "run",
        "number",
        "time",
        "commit",
        "toolchains",
        "bench",
        "metric",
        "median",
        "samples",
        "gates",
    ];
    let mut table = Table::new(headers).right(1).right(7).right(8);
    for kept in kept {
        let measurement = &kept.measurement;
        let shown = match all {
            true => measurement.metrics.len(),
            false => 1,
        };
        for metric in measurement.metrics.iter().take(shown) {
            let gates = match (measurement.failed, measurement.times_count) {
                (true, _) => "failed or open",
                (false, true) => "",
                (false, false) => "for function only",
            };
            table.row([
                kept.run.id.as_str(),
                &kept.number.to_string(),
                &human_minute(kept.run.time_s),
                &kept.run.short_commit().unwrap_or_default(),
                &measurement.toolchains,
                measurement.node.as_str(),
                &metric.name,
                &human_value(
                    orch_measure::median_with_interval(&metric.values).1,
                    &metric.unit,
                ),
                &metric.values.len().to_string(),
                gates,
            ]);
        }
    }
    table
}
