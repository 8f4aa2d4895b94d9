//! `out/report.html`: a run's figures as a page, with their history.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use orch_history::{History, Selection};
use orch_model::Fault;
use orch_report::{BenchRow, FlameGraph, HtmlPage, Point, Series, human_minute, render_html};

use crate::measuring::{MEASUREMENTS, hardware};
use crate::project::Project;

/// Where it lies, below the pipeline's folder.
pub const REPORT: &str = "out/report.html";

/// Writes the page for the benches of a run.
pub fn write(project: &Project, name: &str, rows: &[BenchRow]) -> Result<(), Fault> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let time_s = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    let history = History::open_existing(&project.folder.join(MEASUREMENTS))?;
    let series = match &history {
        Some(history) => series(history, rows)?,
        None => Vec::new(),
    };
    let titles = titles(rows);
    let profiles = rows.iter().flat_map(|row| &row.report.profiles);
    let flames = titles
        .iter()
        .zip(profiles)
        .map(|(title, profile)| FlameGraph {
            title,
            unit: &profile.unit,
            folded: &profile.stacks,
        });
    let text = render_html(&HtmlPage {
        project: name,
        made: &human_minute(time_s),
        benches: rows,
        history: &series,
        flames: &flames.collect::<Vec<_>>(),
    });
    let file = project.folder.join(REPORT);
    replace(&file, &text).map_err(|error| Fault::io("write", &file, &error))
}

/// What stands above each profile of the benches, in their order.
fn titles(rows: &[BenchRow]) -> Vec<String> {
    let titles = rows.iter().flat_map(|row| {
        let profiles = row.report.profiles.iter();
        profiles.map(|profile| format!("{} {}", row.node, profile.name))
    });
    titles.collect()
}

/// Readers see the old page or the new one, never a part.
fn replace(file: &Path, text: &str) -> std::io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    // Whoever may read what is beside it may read it: the user's mask decides.
    let mut unfinished = tempfile::Builder::new()
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(folder)?;
    std::io::Write::write_all(&mut unfinished, text.as_bytes())?;
    unfinished.persist(file).map_err(|error| error.error)?;
    Ok(())
}

/// The metrics that are held to a gate, or else the first of each bench, over all runs on machines
/// like this.
fn series(history: &History, rows: &[BenchRow]) -> Result<Vec<Series>, Fault> {
    let hardware = hardware().fingerprint;
    let mut all = Vec::new();
    for row in rows {
        let selection = Selection {
            node: Some(row.node.clone()),
            hardware: Some(hardware),
            ..Selection::default()
        };
        let metrics = &row.report.metrics;
        let gated = metrics.iter().filter(|metric| !metric.gates.is_empty());
        let mut shown: Vec<_> = gated.collect();
        if shown.is_empty() {
            shown.extend(metrics.first());
        }
        for metric in shown {
            let points = history.series(&selection, &metric.name)?;
            all.push(Series {
                node: row.node.to_string(),
                metric: metric.name.clone(),
                unit: metric.unit.clone(),
                better: metric.better,
                points: points.into_iter().map(point).collect(),
            });
        }
    }
    Ok(all)
}

fn point(kept: orch_history::Point) -> Point {
    let (low, median, high) = orch_measure::median_with_interval(&kept.metric.values);
    let failed = orch_measure::gate_failed(&kept);
    Point {
        run: kept.run.id,
        commit: kept.run.commit,
        time_s: kept.run.time_s,
        median,
        low,
        high,
        failed,
    }
}
