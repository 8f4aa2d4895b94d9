//! Progress for a pipe or a log file: one line for each node that is over, two for each
//! download and unpacking, no control characters.

use std::collections::HashMap;
use std::io::Write;
use std::sync::Mutex;
use std::time::Duration;

use orch_engine::port::{Event, Observer, Stage};
use orch_model::{LogLevel, NodeId};

use crate::clock::Clock;
use crate::duration::human_duration;
use crate::escape::visible_line;
use crate::fault::render_log;
use crate::finished::{Marks, render_finished, word_column};
use crate::size::human_bytes;
use crate::style::Style;
use crate::transfer::Transfer;

/// Writes a line for each event that a log wants.
pub struct Plain {
    state: Mutex<State>,
    style: Style,
    clock: Clock,
}

struct State {
    to: Box<dyn Write + Send>,
    transfers: HashMap<NodeId, Transfer>,
}

impl Plain {
    /// Writes to the stream, usually standard error; what it cannot take is dropped, since
    /// a run must not fail for its log. Of plugins' log lines only warnings are shown.
    pub fn new(to: impl Write + Send + 'static, style: Style, clock: Clock) -> Self {
        Self {
            state: Mutex::new(State {
                to: Box::new(to),
                transfers: HashMap::new(),
            }),
            style,
            clock,
        }
    }

    /// Writes text in the order of the events.
    pub fn print(&self, text: &str) {
        self.state
            .lock()
            .expect("nobody panics with the stream")
            .print(text);
    }
}

impl Observer for Plain {
    fn observe(&self, event: Event<'_>) {
        let now = (self.clock)();
        let mut state = self.state.lock().expect("nobody panics with the stream");
        match event {
            Event::RunStarted { .. } | Event::NodeStarted { .. } | Event::RunFinished { .. } => {}
            Event::PluginLogged(log) if log.level >= LogLevel::Warning => {
                state.print(&render_log(log, self.style));
            }
            Event::PluginLogged(_) => {}
            Event::NodeProgressed {
                node,
                stage,
                done,
                total,
            } => state.progress(node, stage, done, total, now),
            Event::HostProgressed { node, host, doing } => state.print(&format!(
                "{}{}  {}\n",
                word_column(""),
                visible_line(node.as_str()),
                visible_line(&format!("{host}: {doing}"))
            )),
            Event::NodeFinished {
                node,
                outcome,
                took,
            } => {
                if let Some(transfer) = state.transfers.remove(node)
                    && outcome.is_success()
                    && !transfer.is_complete()
                {
                    state.print(&ended(node, &transfer, now));
                }
                state.print(&render_finished(
                    node,
                    outcome,
                    took,
                    Marks::Words,
                    self.style,
                ));
            }
        }
    }
}

impl State {
    fn print(&mut self, text: &str) {
        // One write a text: lines of two processes on one pipe do not mix.
        let _ = self.to.write_all(text.as_bytes());
        let _ = self.to.flush();
    }

    fn progress(
        &mut self,
        node: &NodeId,
        stage: Stage,
        done: u64,
        total: Option<u64>,
        now: Duration,
    ) {
        if matches!(stage, Stage::Execute | Stage::Measure) {
            return;
        }
        let before = self.transfers.get(node).copied();
        let same = before.filter(|before| before.goes_on(stage, done));
        let transfer = match same {
            Some(before) => before.advanced(stage, done, total, now),
            None => Transfer::begin(stage, done, total, now),
        };
        if same.is_none() {
            if let Some(before) = before.filter(|before| !before.is_complete()) {
                self.print(&ended(node, &before, now));
            }
            self.print(&begun(node, &transfer));
        }
        if transfer.is_complete() && !same.is_some_and(|before| before.is_complete()) {
            self.print(&ended(node, &transfer, now));
        }
        self.transfers.insert(node.clone(), transfer);
    }
}

fn begun(node: &NodeId, transfer: &Transfer) -> String {
    let word = match transfer.stage {
        Stage::Download => "downloading",
        Stage::Unpack | Stage::Execute | Stage::Measure => "unpacking",
    };
    let size = transfer.total.map(human_bytes).unwrap_or_default();
    let line = format!(
        "{}{}  {size}",
        word_column(word),
        visible_line(node.as_str())
    );
    format!("{}\n", line.trim_end())
}

fn ended(node: &NodeId, transfer: &Transfer, now: Duration) -> String {
    let word = match transfer.stage {
        Stage::Download => "downloaded",
        Stage::Unpack | Stage::Execute | Stage::Measure => "unpacked",
    };
    format!(
        "{}{}  {} in {}\n",
        word_column(word),
        visible_line(node.as_str()),
        human_bytes(transfer.done),
        human_duration(now.saturating_sub(transfer.since)),
    )
}

#[cfg(test)]
#[path = "plain_tests.rs"]
mod tests;
