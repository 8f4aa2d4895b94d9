//! The events of `--output json` as they are written: format `orch-events`, version 1, one
//! JSON object a line. These types are the format, apart from the engine's types, so that
//! the engine can change and the format stays. docs/events.md describes every field; a test
//! holds the two together.

use orch_engine::{Forecast, Foreseen, port};
use orch_model::{Diagnostic, Digest, Fault, FaultKind, Log, LogLevel, MemoryUse, Severity};
use serde::Serialize;

use crate::excerpt::Lines;
use crate::result::ResultRow;
use crate::summary::Summary;
use crate::wire_node::{WireEnd, WireName};
use crate::wire_plan::WirePlan;
use crate::wire_watching::{WireChanges, WireWatching};

/// The format's name, in the first line.
pub(crate) const FORMAT: &str = "orch-events";
/// The format's version, in the first line. A field or an event more keeps it; one less, or
/// one that means something else, raises it.
pub(crate) const VERSION: u32 = 1;

/// Who writes, in the first line; all crates of the house have one version.
pub(crate) const PROGRAM: &str = concat!("orch ", env!("CARGO_PKG_VERSION"));

/// A line: when, and what.
#[derive(Serialize)]
pub(crate) struct Line<'a> {
    #[serde(flatten)]
    pub event: WireEvent<'a>,
    pub time_ms: u64,
}

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub(crate) enum WireEvent<'a> {
    StreamOpened {
        format: &'static str,
        version: u32,
        program: &'a str,
    },
    Diagnostic(WireDiagnostic<'a>),
    Fault {
        kind: WireFaultKind,
        message: &'a str,
        hint: Option<&'a str>,
    },
    Warning {
        message: &'a str,
        hint: Option<&'a str>,
    },
    PluginLogged {
        plugin: &'a str,
        level: WireLogLevel,
        message: &'a str,
    },
    ServiceLogged {
        #[serde(flatten)]
        name: WireName<'a>,
        host: &'a str,
        line: &'a str,
    },
    Plan(WirePlan<'a>),
    Forecast {
        nodes: Vec<WireForeseen<'a>>,
    },
    Explanation {
        node: &'a str,
        text: &'a str,
    },
    List {
        of: &'a str,
        rows: &'a [serde_json::Value],
    },
    RunStarted {
        nodes: usize,
    },
    NodeStarted {
        #[serde(flatten)]
        name: WireName<'a>,
    },
    NodeProgressed {
        #[serde(flatten)]
        name: WireName<'a>,
        stage: WireStage,
        done_bytes: u64,
        total_bytes: Option<u64>,
    },
    HostProgressed {
        #[serde(flatten)]
        name: WireName<'a>,
        host: &'a str,
        doing: &'a str,
    },
    NodeFinished {
        #[serde(flatten)]
        name: WireName<'a>,
        took_ms: u64,
        #[serde(flatten)]
        end: WireEnd<'a>,
    },
    RunFinished {
        took_ms: u64,
    },
    Summary {
        took_ms: u64,
        done: usize,
        cached: usize,
        restored: usize,
        failed: usize,
        skipped: usize,
        waiting: usize,
        cancelled: usize,
    },
    Results {
        rows: Vec<WireResult<'a>>,
    },
    Watching(WireWatching<'a>),
    Changed(WireChanges<'a>),
    StreamClosed {
        exit_code: i32,
    },
}

#[derive(Serialize)]
pub(crate) struct WireDiagnostic<'a> {
    severity: WireSeverity,
    message: &'a str,
    file: &'a str,
    places: Vec<WirePlace<'a>>,
    hint: Option<&'a str>,
}

#[derive(Serialize)]
struct WirePlace<'a> {
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    label: &'a str,
}

#[derive(Serialize)]
pub(crate) struct WireForeseen<'a> {
    node: &'a str,
    would: &'static str,
    behind: Option<&'a str>,
}

#[derive(Serialize)]
pub(crate) struct WireResult<'a> {
    build: &'a str,
    target: &'a str,
    toolchain: Option<&'a str>,
    artifact: &'a str,
    bytes: u64,
    digest: &'a Digest,
    kind: &'a str,
    memories: &'a [MemoryUse],
    took_ms: u64,
    origin: &'static str,
    smoke: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum WireSeverity {
    Warning,
    Error,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum WireFaultKind {
    Action,
    Usage,
    Plugin,
    Fetch,
    Internal,
    Lost,
    GateFailed,
    GateInconclusive,
    RolledBack,
    Interrupted,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum WireLogLevel {
    Debug,
    Info,
    Warning,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum WireStage {
    Download,
    Unpack,
    Execute,
    Measure,
}

impl<'a> WireEvent<'a> {
    /// An event of the engine's.
    pub fn of(event: &'a port::Event<'a>) -> Self {
        match event {
            port::Event::RunStarted { nodes } => WireEvent::RunStarted { nodes: *nodes },
            port::Event::PluginLogged(log) => WireEvent::of_log(log),
            port::Event::NodeStarted { node } => WireEvent::NodeStarted {
                name: WireName::of(node),
            },
            port::Event::NodeProgressed {
                node,
                stage,
                done,
                total,
            } => WireEvent::NodeProgressed {
                name: WireName::of(node),
                stage: (*stage).into(),
                done_bytes: *done,
                total_bytes: *total,
            },
            port::Event::HostProgressed { node, host, doing } => WireEvent::HostProgressed {
                name: WireName::of(node),
                host,
                doing,
            },
            port::Event::NodeFinished {
                node,
                outcome,
                took,
            } => WireEvent::NodeFinished {
                name: WireName::of(node),
                took_ms: took.as_millis() as u64,
                end: WireEnd::of(outcome),
            },
            port::Event::RunFinished { took } => WireEvent::RunFinished {
                took_ms: took.as_millis() as u64,
            },
        }
    }

    /// How the nodes of a run ended.
    pub fn of_summary(summary: &Summary) -> Self {
        WireEvent::Summary {
            took_ms: summary.took.as_millis() as u64,
            done: summary.done,
            cached: summary.cached,
            restored: summary.restored,
            failed: summary.failed,
            skipped: summary.skipped,
            waiting: summary.waiting,
            cancelled: summary.cancelled,
        }
    }

    /// What a run would do.
    pub fn of_forecast(foreseen: &'a [Foreseen]) -> Self {
        let nodes = foreseen.iter().map(|foreseen| {
            let (would, behind) = match &foreseen.forecast {
                Forecast::UpToDate => ("stay", None),
                Forecast::WouldRestore => ("restore", None),
                Forecast::WouldRun => ("run", None),
                Forecast::DependsOn(first) => ("follow", Some(first.as_str())),
            };
            WireForeseen {
                node: foreseen.id.as_str(),
                would,
                behind,
            }
        });
        WireEvent::Forecast {
            nodes: nodes.collect(),
        }
    }

    /// A fault.
    pub fn of_fault(fault: &'a Fault) -> Self {
        WireEvent::Fault {
            kind: fault.kind.into(),
            message: &fault.message,
            hint: fault.hint.as_deref(),
        }
    }

    /// A diagnostic about the file of that name.
    pub fn of_diagnostic(file: &'a str, lines: &Lines<'_>, diagnostic: &'a Diagnostic) -> Self {
        let places = diagnostic.places.iter().map(|place| {
            let (line, column) = lines.location(place.span.start);
            let (end_line, end_column) = lines.location(place.span.end);
            WirePlace {
                line,
                column,
                end_line,
                end_column,
                label: &place.label,
            }
        });
        WireEvent::Diagnostic(WireDiagnostic {
            severity: match diagnostic.severity {
                Severity::Warning => WireSeverity::Warning,
                Severity::Error => WireSeverity::Error,
            },
            message: &diagnostic.message,
            file,
            places: places.collect(),
            hint: diagnostic.hint.as_deref(),
        })
    }

    /// The artifacts of a run.
    pub fn of_results(rows: &'a [ResultRow]) -> Self {
        let rows = rows.iter().map(|row| WireResult {
            build: &row.build,
            target: &row.target,
            toolchain: row.toolchain.as_deref(),
            artifact: &row.artifact,
            bytes: row.bytes,
            digest: &row.digest,
            kind: &row.kind,
            memories: &row.memories,
            took_ms: row.took.as_millis() as u64,
            origin: row.origin.as_str(),
            smoke: &row.smoke,
        });
        WireEvent::Results {
            rows: rows.collect(),
        }
    }

    fn of_log(log: &'a Log) -> Self {
        WireEvent::PluginLogged {
            plugin: log.plugin.as_str(),
            level: match log.level {
                LogLevel::Debug => WireLogLevel::Debug,
                LogLevel::Info => WireLogLevel::Info,
                LogLevel::Warning => WireLogLevel::Warning,
            },
            message: &log.message,
        }
    }
}

impl From<FaultKind> for WireFaultKind {
    fn from(kind: FaultKind) -> Self {
        match kind {
            FaultKind::Action => WireFaultKind::Action,
            FaultKind::Usage => WireFaultKind::Usage,
            FaultKind::Plugin => WireFaultKind::Plugin,
            FaultKind::Fetch => WireFaultKind::Fetch,
            FaultKind::Internal => WireFaultKind::Internal,
            FaultKind::Lost => WireFaultKind::Lost,
            FaultKind::GateFailed => WireFaultKind::GateFailed,
            FaultKind::GateInconclusive => WireFaultKind::GateInconclusive,
            FaultKind::RolledBack => WireFaultKind::RolledBack,
            FaultKind::Interrupted => WireFaultKind::Interrupted,
        }
    }
}

impl From<port::Stage> for WireStage {
    fn from(stage: port::Stage) -> Self {
        match stage {
            port::Stage::Download => WireStage::Download,
            port::Stage::Unpack => WireStage::Unpack,
            port::Stage::Execute => WireStage::Execute,
            port::Stage::Measure => WireStage::Measure,
        }
    }
}
