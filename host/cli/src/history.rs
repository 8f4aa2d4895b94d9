//! A project's history on disk, `.orch/history`: a line for each run that executed
//! something. A run adds its line and reads nothing but the end of the file.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use orch_engine::{NodeRecord, Run};
use orch_model::{Fault, NodeId};

const VERSION: u32 = 1;

/// A larger history loses its older half.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// A run that executed something.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PastRun {
    version: u32,
    /// Its number in this project, counted from 1.
    pub run: u64,
    /// When it ended, in seconds since 1970.
    pub ended_s: u64,
    /// What it executed.
    pub executed: Vec<NodeRecord>,
}

/// What a past run executed for one node.
#[derive(Clone, Debug)]
pub struct Executed {
    /// The run's number.
    pub run: u64,
    /// When it ended, in seconds since 1970.
    pub ended_s: u64,
    /// What it executed.
    pub record: NodeRecord,
}

/// Every time that a node was executed, oldest first. Lines that are damaged or of another
/// version count as none.
pub fn of_node(project: &Path, node: &NodeId) -> Vec<Executed> {
    let text = std::fs::read(file(project)).unwrap_or_default();
    let lines = text.split(|byte| *byte == b'\n');
    lines
        .filter_map(past_run)
        .filter_map(|past| {
            let record = past.executed.into_iter().find(|one| one.node == *node)?;
            Some(Executed {
                run: past.run,
                ended_s: past.ended_s,
                record,
            })
        })
        .collect()
}

/// Adds a run. One that executed nothing leaves no trace.
pub fn add(project: &Path, run: &Run) -> Result<(), Fault> {
    let executed = NodeRecord::of_run(run);
    if executed.is_empty() {
        return Ok(());
    }
    let file = file(project);
    let failed = |error: std::io::Error| Fault::io("write", &file, &error);
    std::fs::create_dir_all(project.join(".orch")).map_err(failed)?;
    let mut history = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .open(&file)
        .map_err(failed)?;
    // Two runs that end at once get numbers one after the other.
    history.lock().map_err(failed)?;
    let (number, whole) = end(&mut history).map_err(failed)?;
    let past = PastRun {
        version: VERSION,
        run: number + 1,
        ended_s: now_s(),
        executed,
    };
    // What a killed `orch` left of a line is ended first.
    let mut line = if whole { Vec::new() } else { vec![b'\n'] };
    serde_json::to_writer(&mut line, &past).map_err(|error| Fault::internal(error.to_string()))?;
    line.push(b'\n');
    history.write_all(&line).map_err(failed)?;
    if history.metadata().map_err(failed)?.len() > MOST_BYTES {
        drop_older_half(&file)?;
    }
    Ok(())
}

/// Seconds since 1970 by this machine's clock.
pub fn now_s() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

fn file(project: &Path) -> PathBuf {
    project.join(".orch").join("history")
}

fn past_run(line: &[u8]) -> Option<PastRun> {
    let past: PastRun = serde_json::from_slice(line).ok()?;
    (past.version == VERSION).then_some(past)
}

/// The number of the last run, and whether its line was ended.
fn end(history: &mut File) -> std::io::Result<(u64, bool)> {
    let length = history.metadata()?.len();
    let mut tail = Vec::new();
    let mut window = 4096;
    loop {
        let from = length.saturating_sub(window);
        history.seek(SeekFrom::Start(from))?;
        tail.clear();
        history.read_to_end(&mut tail)?;
        let whole = tail.last().is_none_or(|byte| *byte == b'\n');
        // Its first line may be cut, unless the window is the whole file.
        let lines = tail.split(|byte| *byte == b'\n');
        let last = lines
            .skip(usize::from(from > 0))
            .filter_map(past_run)
            .last();
        if let Some(last) = last {
            return Ok((last.run, whole));
        }
        if from == 0 {
            return Ok((0, whole));
        }
        window *= 16;
    }
}

fn drop_older_half(file: &Path) -> Result<(), Fault> {
    let text = std::fs::read(file).map_err(|error| Fault::io("read", file, &error))?;
    let half = text.len() / 2;
    let behind = text[half..].iter().position(|byte| *byte == b'\n');
    let from = behind.map_or(text.len(), |at| half + at + 1);
    crate::files::replace(file, &text[from..])
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use orch_engine::port::ActionResult;
    use orch_engine::{NodeRun, Origin, Outcome};
    use orch_model::Digest;

    use super::*;

    fn run(key: &str, origin: Origin) -> Run {
        Run {
            nodes: vec![NodeRun {
                id: node(),
                outcome: Outcome::Succeeded {
                    result: ActionResult::default(),
                    origin,
                },
                key: Some(Digest::of(key)),
                took: Duration::ZERO,
            }],
            took: Duration::ZERO,
        }
    }

    fn node() -> NodeId {
        NodeId::task("test", None)
    }

    fn numbers(project: &Path) -> Vec<u64> {
        of_node(project, &node())
            .iter()
            .map(|past| past.run)
            .collect()
    }

    #[test]
    fn runs_that_executed_something_are_numbered() {
        let project = tempfile::tempdir().unwrap();
        add(project.path(), &run("one", Origin::Done)).unwrap();
        add(project.path(), &run("one", Origin::Cached)).unwrap();
        add(project.path(), &run("two", Origin::Done)).unwrap();
        assert_eq!(numbers(project.path()), [1, 2]);
        let past = of_node(project.path(), &node());
        assert_eq!(past[1].record.key, Digest::of("two"));
    }

    #[test]
    fn a_line_that_was_cut_costs_that_line_only() {
        let project = tempfile::tempdir().unwrap();
        for key in ["one", "two"] {
            add(project.path(), &run(key, Origin::Done)).unwrap();
        }
        let file = file(project.path());
        let text = std::fs::read(&file).unwrap();
        std::fs::write(&file, &text[..text.len() - 20]).unwrap();
        add(project.path(), &run("three", Origin::Done)).unwrap();
        assert_eq!(numbers(project.path()), [1, 2]);
    }

    #[test]
    fn a_long_history_loses_its_older_half() {
        let project = tempfile::tempdir().unwrap();
        for key in ["one", "two", "three", "four"] {
            add(project.path(), &run(key, Origin::Done)).unwrap();
        }
        drop_older_half(&file(project.path())).unwrap();
        assert_eq!(numbers(project.path()), [4]);
        add(project.path(), &run("five", Origin::Done)).unwrap();
        assert_eq!(numbers(project.path()), [4, 5]);
    }
}
