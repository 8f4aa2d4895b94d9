//! A run as a timeline, in the trace event format that Perfetto and Chrome open: one bar a
//! node, in as many rows as nodes ran at once.
//!
//! The format: "Trace Event Format", a document of the Chromium project; complete events
//! (`"ph": "X"`), times in microseconds.

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::Mutex;
use std::time::Duration;

use serde::Serialize;

use orch_engine::port::{Event, Observer};
use orch_engine::{Origin, Outcome};
use orch_model::NodeId;

use crate::clock::Clock;

/// Notes when each node began and ended, and passes every event on.
pub struct Trace<'a> {
    next: Box<dyn Observer + 'a>,
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    running: HashMap<NodeId, Begun>,
    rows: Vec<bool>,
    bars: Vec<Bar>,
}

struct Begun {
    at: Duration,
    row: usize,
}

#[derive(Serialize)]
struct Bar {
    name: String,
    cat: &'static str,
    ph: &'static str,
    ts: u128,
    dur: u128,
    pid: u32,
    tid: usize,
    args: Details,
}

#[derive(Serialize)]
struct Details {
    outcome: &'static str,
}

impl<'a> Trace<'a> {
    /// Passes events on to `next`.
    pub fn new(next: Box<dyn Observer + 'a>, clock: Clock) -> Self {
        Self {
            next,
            clock,
            state: Mutex::default(),
        }
    }

    /// Writes the timeline of all nodes that are over.
    pub fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        let state = self.state.lock().expect("nobody panics with it");
        let trace = serde_json::json!({
            "displayTimeUnit": "ms",
            "traceEvents": &state.bars,
        });
        serde_json::to_writer(&mut *to, &trace)?;
        writeln!(to)
    }
}

impl Observer for Trace<'_> {
    fn observe(&self, event: Event<'_>) {
        let now = (self.clock)();
        match &event {
            Event::NodeStarted { node } => self.state().begin(node, now),
            Event::NodeFinished { node, outcome, .. } => self.state().end(node, outcome, now),
            _ => {}
        }
        self.next.observe(event);
    }
}

impl Trace<'_> {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics with it")
    }
}

impl State {
    /// A node takes the first row that is free.
    fn begin(&mut self, node: &NodeId, at: Duration) {
        let row = self.rows.iter().position(|taken| !taken);
        let row = row.unwrap_or_else(|| {
            self.rows.push(false);
            self.rows.len() - 1
        });
        self.rows[row] = true;
        self.running.insert(node.clone(), Begun { at, row });
    }

    fn end(&mut self, node: &NodeId, outcome: &Outcome, now: Duration) {
        // What was skipped had not begun.
        let Some(begun) = self.running.remove(node) else {
            return;
        };
        self.rows[begun.row] = false;
        self.bars.push(Bar {
            name: node.as_str().to_owned(),
            cat: "node",
            ph: "X",
            ts: begun.at.as_micros(),
            dur: now.saturating_sub(begun.at).as_micros(),
            pid: 1,
            tid: begun.row + 1,
            args: Details {
                outcome: word(outcome),
            },
        });
    }
}

fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Succeeded { origin, .. } => match origin {
            Origin::Done => "done",
            Origin::Cached => "cached",
            Origin::Restored => "restored",
        },
        Outcome::Failed { .. } => "failed",
        Outcome::Skipped { .. } => "skipped",
        Outcome::Cancelled => "cancelled",
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::story::{self, StandingClock};

    struct Silence;

    impl Observer for Silence {
        fn observe(&self, _: Event<'_>) {}
    }

    #[test]
    fn bars_share_rows_when_their_times_do_not_overlap() {
        let clock = StandingClock::default();
        let trace = Trace::new(Box::new(Silence), clock.clock());
        let node = |name| NodeId::task(name, None);
        let begin = |name, at| {
            clock.set(at);
            trace.observe(Event::NodeStarted { node: &node(name) });
        };
        let end = |name, outcome: &Outcome, at| {
            clock.set(at);
            story::finish(&trace, &node(name), outcome, 0);
        };
        begin("a", 10);
        begin("b", 20);
        end("a", &story::succeeded(1), 30);
        begin("c", 30);
        end("skipped", &story::skipped(), 35);
        end("c", &story::cached(), 40);
        end("b", &story::failed(), 50);
        let mut text = Vec::new();
        trace.write(&mut text).unwrap();
        let text = String::from_utf8(text).unwrap().replace("},{", "},\n{");
        expect![[r#"
            {"displayTimeUnit":"ms","traceEvents":[{"name":"task.a","cat":"node","ph":"X","ts":10000,"dur":20000,"pid":1,"tid":1,"args":{"outcome":"done"}},
            {"name":"task.c","cat":"node","ph":"X","ts":30000,"dur":10000,"pid":1,"tid":1,"args":{"outcome":"cached"}},
            {"name":"task.b","cat":"node","ph":"X","ts":20000,"dur":30000,"pid":1,"tid":2,"args":{"outcome":"failed"}}]}
        "#]].assert_eq(&text);
    }
}
