//! What is going on right now, and how a terminal shows it below the finished lines: a line
//! for each node that runs, a bar for each that moves bytes, one line for the whole run.
//! Pure: time comes in as a number, lines go out as text.

use std::collections::BTreeMap;
use std::time::Duration;

use orch_engine::port::{Event, Stage};
use orch_model::NodeId;
use unicode_width::UnicodeWidthStr;

use crate::duration::human_duration;
use crate::escape::visible_line;
use crate::size::human_bytes;
use crate::style::{Meaning, Style};
use crate::summary::Summary;
use crate::table::cut;
use crate::transfer::Transfer;

/// Running nodes that are shown.
const MOST_LINES: usize = 12;
/// Columns of a bar.
const BAR_WIDTH: usize = 24;

/// What is going on.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    nodes: usize,
    summary: Summary,
    running: BTreeMap<NodeId, Running>,
    since: Duration,
}

#[derive(Debug)]
struct Running {
    since: Duration,
    transfer: Option<Transfer>,
    /// What each machine of a deploy does now.
    hosts: BTreeMap<String, String>,
}

impl Progress {
    /// Takes an event into account.
    pub fn observe(&mut self, event: &Event<'_>, now: Duration) {
        match event {
            Event::RunStarted { nodes } => {
                *self = Progress {
                    nodes: *nodes,
                    since: now,
                    ..Progress::default()
                };
            }
            Event::PluginLogged(_) => {}
            Event::NodeStarted { node } => {
                self.running_node(node, now);
            }
            Event::NodeProgressed {
                node,
                stage,
                done,
                total,
            } => {
                let running = self.running_node(node, now);
                running.transfer = match (stage, running.transfer) {
                    (Stage::Execute, _) => None,
                    (_, None) => Some(Transfer::begin(*stage, *done, *total, now)),
                    (_, Some(before)) => Some(before.advanced(*stage, *done, *total, now)),
                };
            }
            Event::HostProgressed { node, host, doing } => {
                let hosts = &mut self.running_node(node, now).hosts;
                hosts.insert((*host).to_owned(), (*doing).to_owned());
            }
            Event::NodeFinished { node, outcome, .. } => {
                self.running.remove(*node);
                self.summary.count(outcome);
            }
            Event::RunFinished { .. } => *self = Progress::default(),
        }
    }

    /// The lines to show, none when nothing is going on.
    pub fn lines(&self, now: Duration, style: Style) -> Vec<String> {
        let mut running: Vec<(&NodeId, &Running)> = self.running.iter().collect();
        running.sort_by_key(|(node, running)| (running.since, *node));
        let names = running.iter().take(MOST_LINES);
        let name_width = names
            .map(|(node, _)| node.as_str().width())
            .max()
            .unwrap_or(0);
        let mut lines: Vec<String> = running
            .iter()
            .take(MOST_LINES)
            .map(|(node, running)| {
                let name = visible_line(node.as_str());
                let line = format!("  {name:<name_width$}  {}", running.text(now));
                cut(&line, style.width)
            })
            .collect();
        if running.len() > MOST_LINES {
            let more = format!("  … and {} more", running.len() - MOST_LINES);
            lines.push(style.paint(Meaning::Faint, &cut(&more, style.width)));
        }
        if self.nodes > 0 {
            lines.push(self.overall(now, style));
        }
        lines
    }

    fn overall(&self, now: Duration, style: Style) -> String {
        let summary = &self.summary;
        let mut parts = vec![format!("running {}", self.running.len())];
        for (count, name) in [
            (summary.done, "done"),
            (summary.restored, "restored"),
            (summary.cached, "cached"),
            (summary.failed, "failed"),
            (summary.skipped, "skipped"),
            (summary.waiting, "waiting"),
        ] {
            if count > 0 || name == "done" {
                parts.push(format!("{name} {count}"));
            }
        }
        parts.push(format!("of {}", self.nodes));
        parts.push(human_duration(now.saturating_sub(self.since)));
        style.paint(Meaning::Strong, &cut(&parts.join(" · "), style.width))
    }

    fn running_node(&mut self, node: &NodeId, now: Duration) -> &mut Running {
        self.running.entry(node.clone()).or_insert(Running {
            since: now,
            transfer: None,
            hosts: BTreeMap::new(),
        })
    }
}

impl Running {
    fn text(&self, now: Duration) -> String {
        let Some(transfer) = &self.transfer else {
            let took = human_duration(now.saturating_sub(self.since));
            return match self.hosts.is_empty() {
                true => took,
                false => format!("{took}  {}", together(&self.hosts)),
            };
        };
        let word = match transfer.stage {
            Stage::Download => "download",
            Stage::Unpack => "unpack",
            Stage::Execute => "run",
            Stage::Measure => return measured(transfer),
        };
        let done = human_bytes(transfer.done);
        let mut parts = vec![format!("{word:<8}")];
        match transfer.total {
            Some(total) => {
                parts.push(bar(transfer.done, total));
                parts.push(format!("{done} of {}", human_bytes(total)));
            }
            None => parts.push(done),
        }
        if let Some(rate) = transfer.rate(now) {
            parts.push(format!("{}/s", human_bytes(rate)));
        }
        if let Some(left) = transfer.left(now) {
            parts.push(format!("{} left", human_duration(left)));
        }
        parts.join("  ")
    }
}

/// How many machines do what: `2 staging · 1 live`.
fn together(hosts: &BTreeMap<String, String>) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for doing in hosts.values() {
        *counts.entry(doing).or_default() += 1;
    }
    let parts: Vec<_> = counts
        .iter()
        .map(|(doing, count)| format!("{count} {}", visible_line(doing)))
        .collect();
    parts.join(" · ")
}

/// Samples are counted, and how long the rest takes depends on what they show.
fn measured(transfer: &Transfer) -> String {
    match transfer.total {
        Some(total) => format!(
            "measure   {}  sample {} of {total}",
            bar(transfer.done, total),
            transfer.done
        ),
        None => format!("measure   sample {}", transfer.done),
    }
}

fn bar(done: u64, total: u64) -> String {
    let share = match total {
        0 => 1.0,
        total => done.min(total) as f64 / total as f64,
    };
    let full = (share * BAR_WIDTH as f64) as usize;
    format!("{}{}", "━".repeat(full), "─".repeat(BAR_WIDTH - full))
}
