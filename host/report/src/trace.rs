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

/// When each node began and ended.
pub struct Trace {
    clock: Clock,
    state: Mutex<State>,
}

/// Notes events in a [`Trace`] and passes every one on.
struct Watching<'a> {
    trace: &'a Trace,
    next: Box<dyn Observer + 'a>,
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

impl Trace {
    /// An empty timeline.
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            state: Mutex::default(),
        }
    }

    /// An observer that notes what happens and passes it on to `next`.
    pub fn watch<'a>(&'a self, next: Box<dyn Observer + 'a>) -> impl Observer + 'a {
        Watching { trace: self, next }
    }

    /// Writes the timeline of all nodes that are over.
    pub fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        let state = self.state();
        let trace = serde_json::json!({
            "displayTimeUnit": "ms",
            "traceEvents": &state.bars,
        });
        serde_json::to_writer(&mut *to, &trace)?;
        writeln!(to)
    }
}

impl Observer for Watching<'_> {
    fn observe(&self, event: Event<'_>) {
        let now = (self.trace.clock)();
        let mut state = self.trace.state();
        match &event {
            Event::NodeStarted { node } => state.begin(node, now),
            Event::NodeFinished { node, outcome, .. } => state.end(node, outcome, now),
            _ => {}
        }
        drop(state);
        self.next.observe(event);
    }
}

impl Trace {
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
        Outcome::Waits { .. } => "waits",
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
        let trace = Trace::new(clock.clock());
        let watching = trace.watch(Box::new(Silence));
        let node = |name| NodeId::task(name, None);
        let begin = |name, at| {
            clock.set(at);
            watching.observe(Event::NodeStarted { node: &node(name) });
        };
        let end = |name, outcome: &Outcome, at| {
            clock.set(at);
            story::finish(&watching, &node(name), outcome, 0);
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
