//! `orch history`: what was measured before.

use std::path::Path;

use orch_history::{History, Kept, Selection, benchstat, csv, json};
use orch_model::{Fault, NodeId};
use orch_report::{Table, human_value};

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
        "run", "number", "time", "commit", "bench", "metric", "median", "samples", "gates",
    ];
    let mut table = Table::new(headers).right(1).right(6).right(7);
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
            let commit = kept.run.commit.as_deref().unwrap_or_default();
            table.row([
                kept.run.id.as_str(),
                &kept.number.to_string(),
                &utc(kept.run.time_s),
                &short(commit),
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

/// The beginning of a commit, long enough for git to know it.
fn short(commit: &str) -> String {
    let (name, edited) = match commit.strip_suffix("-dirty") {
        Some(name) => (name, "-dirty"),
        None => (commit, ""),
    };
    format!("{}{edited}", name.get(..12).unwrap_or(name))
}

/// `2026-11-21 20:18`, in UTC; nothing for a time that no calendar has.
fn utc(seconds: i64) -> String {
    let Ok(time) = time::OffsetDateTime::from_unix_timestamp(seconds) else {
        return String::new();
    };
    let (year, month, day) = time.to_calendar_date();
    let month = u8::from(month);
    format!(
        "{year:04}-{month:02}-{day:02} {:02}:{:02}",
        time.hour(),
        time.minute()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_the_calendar() {
        assert_eq!(utc(1_795_292_280), "2026-11-21 20:18");
        assert_eq!(utc(i64::MAX), "");
    }
}
