//! `orch bench compare`: the newest figures of two runs, commits, targets or toolchains.

use std::collections::BTreeMap;
use std::path::Path;

use orch_engine::port::BenchReport;
use orch_history::{History, Kept, Kind, Meaning};
use orch_model::{Fault, NodeId};
use orch_report::{BenchRow, render_benches};

use crate::command::history::{means, open};
use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::measuring::commit_named;
use crate::stop::Stop;

/// Sets two sides of a history side by side.
pub fn compare(
    environment: Environment,
    pipeline: &Path,
    sides: [&str; 2],
    only: &[String],
    console: &Console,
) -> Result<Exit, Stop> {
    let (project, history) = open(&environment, pipeline)?;
    let [before, now] = sides.map(|side| Side::find(side, &history, &project.folder));
    let (before, now) = (before?, now?);
    let (before_rows, now_rows) = (before.newest(&history)?, now.newest(&history)?);
    let mut rows = Vec::new();
    for (bench, kept) in &now_rows {
        let Some(other) = before_rows
            .get(bench)
            .filter(|_| means(only, &kept.measurement.node))
        else {
            continue;
        };
        rows.push(row(kept, other, &before.name));
    }
    if rows.is_empty() {
        let why = format!(
            "`{}` and `{}` have no bench in common",
            before.name, now.name
        );
        return Err(Fault::usage(why)
            .hint("`orch history` shows what was measured, and when")
            .into());
    }
    match console.json() {
        Some(json) => json.list(
            "benches",
            &rows.iter().map(BenchRow::to_json).collect::<Vec<_>>(),
        ),
        None => console.print(&render_benches(&rows, console.style())),
    }
    Ok(Exit::Done)
}

/// One side: what the user named, and what that means.
struct Side {
    name: String,
    meaning: Meaning,
}

impl Side {
    fn find(name: &str, history: &History, folder: &Path) -> Result<Self, Fault> {
        let found = history.meaning(name, |name| commit_named(folder, name))?;
        let meaning = found.ok_or_else(|| {
            Fault::usage(format!("nothing was measured under `{name}`")).hint(
                "name a run, a commit (with `-dirty` where its sources were edited), a target, or \
                 a toolchain with its release, as `orch history` shows them",
            )
        })?;
        Ok(Self {
            name: name.to_owned(),
            meaning,
        })
    }

    /// Its newest figures, by what they are found by.
    fn newest(&self, history: &History) -> Result<BTreeMap<String, Kept>, Fault> {
        let kept = history.measurements(&self.meaning.selection)?;
        let named = kept.into_iter().map(|kept| (self.same(&kept), kept));
        Ok(named.collect())
    }

    /// By what a bench is found on the other side.
    fn same(&self, kept: &Kept) -> String {
        let measurement = &kept.measurement;
        match self.meaning.kind {
            Kind::Run | Kind::Commit => measurement.node.to_string(),
            Kind::Target => {
                let cell = measurement.node.as_str().split_once('+');
                let cell = cell.map_or("", |(_, cell)| cell);
                format!("{}+{cell}", measurement.bench)
            }
            Kind::Toolchain => {
                let target = measurement.target.as_deref().unwrap_or_default();
                format!("{}@{target}", measurement.bench)
            }
        }
    }
}

fn row(now: &Kept, before: &Kept, name: &str) -> BenchRow {
    let (own, other) = (&now.measurement, &before.measurement);
    let mut notes = Vec::new();
    if !orch_measure::are_comparable(before, now) {
        notes.push(format!(
            "`{name}` was measured on {}{}: times of two machines are never compared, so what is \
             shown of it is its value alone",
            other.hardware.summary,
            match other.times_count {
                true => "",
                false => " by an emulator",
            }
        ));
    }
    let node: &NodeId = &own.node;
    BenchRow {
        node: node.clone(),
        known: false,
        report: BenchReport {
            machine: own.hardware.summary.clone(),
            function_only: !own.times_count,
            baseline: Some(format!("{name} (measurement {})", before.number)),
            notes,
            profiles: Vec::new(),
            metrics: orch_measure::compared(before, now),
        },
    }
}
