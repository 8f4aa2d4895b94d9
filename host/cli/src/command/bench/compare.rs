//! `orch bench compare`: the newest figures of two runs, commits, targets or toolchains.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use orch_engine::port::BenchReport;
use orch_history::{History, Kept, Selection};
use orch_model::{Fault, NodeId};
use orch_report::{BenchRow, render_benches};

use crate::command::history::{means, open};
use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
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

/// By what a bench is found on the other side.
type Same = fn(&Kept) -> String;

/// One side: what the user named, and what that means.
struct Side {
    name: String,
    selection: Selection,
    same: Same,
}

impl Side {
    /// A run, the beginning of a commit or a name that git knows, a target, or a toolchain.
    fn find(name: &str, history: &History, folder: &Path) -> Result<Self, Fault> {
        let text = || Some(name.to_owned());
        let any = Selection::default();
        let same_node: Same = |kept| kept.measurement.node.to_string();
        let mut meanings: Vec<(Selection, Same)> = vec![
            (
                Selection {
                    run: text(),
                    ..any.clone()
                },
                same_node,
            ),
            (
                Selection {
                    commit: text(),
                    ..any.clone()
                },
                same_node,
            ),
            (
                Selection {
                    target: text(),
                    ..any.clone()
                },
                |kept| {
                    let cell = kept.measurement.node.as_str().split_once('+');
                    format!(
                        "{}+{}",
                        kept.measurement.bench,
                        cell.map_or("", |(_, cell)| cell)
                    )
                },
            ),
            (
                Selection {
                    toolchain: text(),
                    ..any.clone()
                },
                |kept| {
                    let target = kept.measurement.target.as_deref().unwrap_or_default();
                    format!("{}@{target}", kept.measurement.bench)
                },
            ),
        ];
        if let Some(commit) = commit(folder, name) {
            meanings.push((
                Selection {
                    commit: Some(commit),
                    ..any
                },
                same_node,
            ));
        }
        for (selection, same) in meanings {
            if history.newest(&selection)?.is_some() {
                return Ok(Self {
                    name: name.to_owned(),
                    selection,
                    same,
                });
            }
        }
        let why = format!("nothing was measured under `{name}`");
        Err(Fault::usage(why).hint(
            "name a run, a commit, a target, or a toolchain with its release, as `orch history` \
             shows them",
        ))
    }

    /// Its newest figures, by what they are found by.
    fn newest(&self, history: &History) -> Result<BTreeMap<String, Kept>, Fault> {
        let kept = history.measurements(&self.selection)?;
        Ok(kept
            .into_iter()
            .map(|kept| ((self.same)(&kept), kept))
            .collect())
    }
}

/// What git calls a commit, as `HEAD`.
fn commit(folder: &Path, name: &str) -> Option<String> {
    if name.starts_with('-') {
        return None;
    }
    let mut git = Command::new("git");
    git.arg("-C")
        .arg(folder)
        .args(["rev-parse", "--verify", "--quiet"]);
    let said = git.arg(format!("{name}^{{commit}}")).output().ok()?;
    let text = String::from_utf8(said.stdout).ok()?;
    (said.status.success() && !text.trim().is_empty()).then(|| text.trim().to_owned())
}

fn row(now: &Kept, before: &Kept, name: &str) -> BenchRow {
    let (own, other) = (&now.measurement, &before.measurement);
    let mut notes = Vec::new();
    let is_same = own.hardware.fingerprint == other.hardware.fingerprint
        && own.times_count == other.times_count;
    if !is_same {
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
            metrics: orch_measure::compared(&other.metrics, &own.metrics, is_same),
        },
    }
}
