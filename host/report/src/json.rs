//! Writes events as JSON, one a line: when and how often, not what they hold.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use orch_engine::port::{Event, Observer, Stage};
use orch_engine::{Foreseen, Plan};
use orch_model::{Change, Diagnostic, Fault, NodeId, SourceText};
use serde::Serialize as _;
use serde_json::ser::Formatter;

use crate::clock::Clock;
use crate::escape::is_dangerous;
use crate::excerpt::Lines;
use crate::result::ResultRow;
use crate::summary::Summary;
use crate::watching::Watching;
use crate::wire::{FORMAT, Line, PROGRAM, VERSION, WireEvent};
use crate::wire_node::WireName;
use crate::wire_plan::WirePlan;
use crate::wire_watching::{WireChanges, WireWatching};

/// Time between two events about the bytes of one node's stage.
const BETWEEN_PROGRESS: Duration = Duration::from_millis(200);

/// Writes events as JSON. The first line names format and version, the last one the exit
/// code; a stream without a last line was broken off.
pub struct Json<W> {
    state: Mutex<State<W>>,
    clock: Clock,
}

struct State<W> {
    to: W,
    progressed: HashMap<NodeId, (Stage, Duration)>,
    failed: Option<io::Error>,
}

impl<W: Write + Send> Json<W> {
    /// Writes the first line to the stream, usually standard output.
    pub fn new(to: W, clock: Clock) -> Self {
        let json = Self {
            state: Mutex::new(State {
                to,
                progressed: HashMap::new(),
                failed: None,
            }),
            clock,
        };
        json.write(WireEvent::StreamOpened {
            format: FORMAT,
            version: VERSION,
            program: PROGRAM,
        });
        json
    }

    /// Writes one event for each diagnostic.
    pub fn diagnostics(&self, source: &SourceText, diagnostics: &[Diagnostic]) {
        let lines = Lines::new(&source.text);
        for diagnostic in diagnostics {
            self.write(WireEvent::of_diagnostic(&source.name, &lines, diagnostic));
        }
    }

    /// Writes a fault.
    pub fn fault(&self, fault: &Fault) {
        self.write(WireEvent::of_fault(fault));
    }

    /// Writes what a user should know though the run goes on.
    pub fn warning(&self, message: &str, hint: Option<&str>) {
        self.write(WireEvent::Warning { message, hint });
    }

    /// Writes what would be done.
    pub fn plan(&self, plan: &Plan) {
        self.write(WireEvent::Plan(WirePlan::of(plan)));
    }

    /// Writes what a run would do with each node.
    pub fn forecast(&self, foreseen: &[Foreseen]) {
        self.write(WireEvent::of_forecast(foreseen));
    }

    /// Writes why a node is what it is, in words.
    pub fn explanation(&self, node: &str, text: &str) {
        self.write(WireEvent::Explanation { node, text });
    }

    /// Writes a list of things; `of` says what they are, e.g. `toolchains`. The guide to the
    /// events describes the rows of each list.
    pub fn list(&self, of: &str, rows: &[serde_json::Value]) {
        self.write(WireEvent::List { of, rows });
    }

    /// Writes what was made.
    pub fn results(&self, rows: &[ResultRow]) {
        self.write(WireEvent::of_results(rows));
    }

    /// Writes how the nodes of the run ended.
    pub fn summary(&self, summary: &Summary) {
        self.write(WireEvent::of_summary(summary));
    }

    /// Writes a line of the log of a deploy's service on a machine.
    pub fn service_logged(&self, deploy: &NodeId, host: &str, line: &str) {
        self.write(WireEvent::ServiceLogged {
            name: WireName::of(deploy),
            host,
            line,
        });
    }

    /// Writes what is waited for.
    pub fn watching(&self, watching: &Watching) {
        self.write(WireEvent::Watching(WireWatching::of(watching)));
    }

    /// Writes what others have changed, by name.
    pub fn changed(&self, changes: &BTreeMap<String, Change>) {
        self.write(WireEvent::Changed(WireChanges::of(changes)));
    }

    /// Whether nobody reads any more, or nothing can be written.
    pub fn is_broken(&self) -> bool {
        self.state().failed.is_some()
    }

    /// Writes the last line. An error is the first one that any line met: from then on
    /// nothing was written.
    pub fn close(&self, exit_code: i32) -> Result<(), Fault> {
        self.write(WireEvent::StreamClosed { exit_code });
        match self.state().failed.take() {
            None => Ok(()),
            Some(error) => Err(Fault::internal(format!("could not write events: {error}"))),
        }
    }

    fn write(&self, event: WireEvent<'_>) {
        let now = (self.clock)();
        self.state().write(event, now);
    }

    fn state(&self) -> MutexGuard<'_, State<W>> {
        self.state.lock().expect("nobody panics with the stream")
    }
}

impl<W: Write + Send> Observer for Json<W> {
    fn observe(&self, event: Event<'_>) {
        let now = (self.clock)();
        let mut state = self.state();
        match &event {
            Event::NodeProgressed {
                node,
                stage,
                done,
                total,
            } => {
                let is_last = *total == Some(*done);
                if !state.is_due(node, *stage, is_last, now) {
                    return;
                }
            }
            Event::NodeFinished { node, .. } => {
                state.progressed.remove(*node);
            }
            _ => {}
        }
        state.write(WireEvent::of(&event), now);
    }
}

/// A stream that somebody else goes on using after the run.
impl<W: Write + Send> Observer for &Json<W> {
    fn observe(&self, event: Event<'_>) {
        Json::observe(self, event);
    }
}

impl<W: Write> State<W> {
    /// Whether progress is to be written: the first and the last of a stage, and between
    /// them not too often.
    fn is_due(&mut self, node: &NodeId, stage: Stage, is_last: bool, now: Duration) -> bool {
        let due = is_last
            || self.progressed.get(node).is_none_or(|(before, at)| {
                *before != stage || now.saturating_sub(*at) >= BETWEEN_PROGRESS
            });
        if due {
            self.progressed.insert(node.clone(), (stage, now));
        }
        due
    }

    fn write(&mut self, event: WireEvent<'_>, now: Duration) {
        if self.failed.is_some() {
            return;
        }
        let line = Line {
            event,
            time_ms: now.as_millis() as u64,
        };
        let mut bytes = Vec::new();
        let written = line
            .serialize(&mut serde_json::Serializer::with_formatter(
                &mut bytes,
                HarmlessText,
            ))
            .map_err(io::Error::from)
            .and_then(|()| {
                bytes.push(b'\n');
                // One write a line: a reader never sees half of one.
                self.to.write_all(&bytes)
            })
            .and_then(|()| self.to.flush());
        self.failed = written.err();
    }
}

/// Compact JSON that a terminal can show: what JSON allows in a string but a terminal
/// obeys is written as `\u….` too.
struct HarmlessText;

impl Formatter for HarmlessText {
    fn write_string_fragment<W>(&mut self, to: &mut W, fragment: &str) -> io::Result<()>
    where
        W: ?Sized + Write,
    {
        let mut rest = fragment;
        while let Some((at, c)) = rest.char_indices().find(|(_, c)| is_dangerous(*c)) {
            to.write_all(&rest.as_bytes()[..at])?;
            // All of them are in the first plane: one escape is enough.
            write!(to, "\\u{:04x}", c as u32)?;
            rest = &rest[at + c.len_utf8()..];
        }
        to.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
