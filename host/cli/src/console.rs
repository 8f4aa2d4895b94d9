//! How this run speaks: the data on stdout, everything else on stderr, as text or JSON.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use orch_engine::PlanProblem;
use orch_engine::port::Observer;
use orch_model::{Change, Diagnostic, Fault, Log, LogLevel, NodeId, SourceText};
use orch_report::{
    Json, LogNames, Plain, ProgressDrawTarget, Style, Terminal, Watching, system_clock,
};

use crate::arguments::{ColorChoice, OutputFormat};
use crate::exit::Exit;

/// The user's streams.
pub struct Console {
    format: OutputFormat,
    out: Style,
    err: Style,
    progress: bool,
    json: Option<Json<std::io::Stdout>>,
    /// Why stdout did not take what it was given.
    unwritten: OnceLock<Fault>,
    /// Whether nobody reads stdout any more.
    unread: AtomicBool,
}

impl Console {
    /// Looks at the streams once.
    pub fn new(format: OutputFormat, color: ColorChoice, no_color: bool) -> Self {
        let style = |terminal: bool, descriptor: &dyn Fn() -> Option<usize>| Style {
            color: match color {
                ColorChoice::Always => true,
                ColorChoice::Never => false,
                ColorChoice::Auto => terminal && !no_color,
            },
            width: descriptor().unwrap_or(Style::PLAIN.width),
        };
        let (stdout, stderr) = (std::io::stdout(), std::io::stderr());
        Self {
            format,
            out: style(stdout.is_terminal(), &|| width(&stdout)),
            err: style(stderr.is_terminal(), &|| width(&stderr)),
            progress: stderr.is_terminal() && format == OutputFormat::Text,
            json: (format == OutputFormat::Json)
                .then(|| Json::new(std::io::stdout(), system_clock())),
            unwritten: OnceLock::new(),
            unread: AtomicBool::new(false),
        }
    }

    /// Whether programs read along.
    pub fn is_json(&self) -> bool {
        self.format == OutputFormat::Json
    }

    /// Colours and width of stdout.
    pub fn style(&self) -> Style {
        self.out
    }

    /// The JSON stream, where that is how this run speaks.
    pub fn json(&self) -> Option<&Json<std::io::Stdout>> {
        self.json.as_ref()
    }

    /// Who watches a run.
    pub fn observer(&self) -> Box<dyn Observer + '_> {
        match &self.json {
            Some(json) => Box::new(json),
            None if self.progress => Box::new(Terminal::new(
                std::io::stderr(),
                ProgressDrawTarget::stderr(),
                self.err,
                system_clock(),
            )),
            None => Box::new(Plain::new(std::io::stderr(), self.err, system_clock())),
        }
    }

    /// Text on stdout, as it is. A reader that went away is no fault of ours; a full disk is
    /// one, which [`Console::close`] reports.
    pub fn print(&self, text: &str) {
        let mut stdout = std::io::stdout().lock();
        let written = stdout
            .write_all(text.as_bytes())
            .and_then(|()| stdout.flush());
        let Err(error) = written else { return };
        self.unread.store(true, Ordering::Relaxed);
        if error.kind() != std::io::ErrorKind::BrokenPipe {
            let fault = Fault::internal(format!("could not write to standard output: {error}"));
            let _ = self.unwritten.set(fault);
        }
    }

    /// A text that is all there is to say: as it is for people, a list of one row for
    /// programs.
    pub fn document(&self, of: &str, text: &str) {
        match &self.json {
            Some(json) => json.list(of, &[serde_json::json!({ "text": text })]),
            None => self.print(text),
        }
    }

    /// A line on stderr, for people only.
    pub fn say(&self, line: &str) {
        if !self.is_json() {
            let _ = writeln!(std::io::stderr(), "{line}");
        }
    }

    /// One line on a terminal, in place of the one before; an empty one removes it. Elsewhere
    /// nothing.
    pub fn progress(&self, line: &str) {
        if self.progress {
            // Back to the first column, and clear to the end of the line.
            let _ = write!(std::io::stderr(), "\r\x1b[K{line}");
        }
    }

    /// A fault.
    pub fn fault(&self, fault: &Fault) {
        match &self.json {
            Some(json) => json.fault(fault),
            None => self.stderr(&orch_report::render_fault(fault, self.err)),
        }
    }

    /// What the user should know though the run goes on.
    pub fn warning(&self, message: &str, hint: Option<&str>) {
        match &self.json {
            Some(json) => json.warning(message, hint),
            None => self.stderr(&orch_report::render_warning(message, hint, self.err)),
        }
    }

    /// What is wrong with a text.
    pub fn diagnostics(&self, source: &SourceText, diagnostics: &[Diagnostic]) {
        if diagnostics.is_empty() {
            return;
        }
        match &self.json {
            Some(json) => json.diagnostics(source, diagnostics),
            None => self.stderr(&orch_report::render_diagnostics(
                source,
                diagnostics,
                self.err,
            )),
        }
    }

    /// What is wrong with a pipeline once plugins were asked.
    pub fn problems(&self, source: &SourceText, problems: &[PlanProblem]) {
        let diagnostics: Vec<_> = problems
            .iter()
            .map(|problem| problem.diagnostic.clone())
            .collect();
        self.diagnostics(source, &diagnostics);
    }

    /// What plugins said. Lines for their authors are left out.
    pub fn logs(&self, logs: &[Log]) {
        for log in logs.iter().filter(|log| log.level != LogLevel::Debug) {
            match &self.json {
                Some(json) => json.observe(orch_engine::port::Event::PluginLogged(log)),
                None if log.level == LogLevel::Warning => {
                    self.stderr(&orch_report::render_log(log, self.err));
                }
                None => {}
            }
        }
    }

    /// A line of the log of a deploy's service on a machine, which people know by a name.
    pub fn service_logged(
        &self,
        names: &LogNames,
        name: &str,
        (deploy, host): (&NodeId, &str),
        line: &str,
    ) {
        match &self.json {
            Some(json) => json.service_logged(deploy, host, line),
            None => self.print(&orch_report::render_log_line(names, name, line, self.out)),
        }
    }

    /// What is waited for.
    pub fn watching(&self, watching: &Watching) {
        match &self.json {
            Some(json) => json.watching(watching),
            None => self.stderr(&orch_report::render_watching(watching, self.err)),
        }
    }

    /// What others have changed, by name.
    pub fn changed(&self, changes: &BTreeMap<String, Change>) {
        match &self.json {
            Some(json) => json.changed(changes),
            None => self.stderr(&orch_report::render_changes(changes, self.err)),
        }
    }

    /// Whether whoever read along is gone, or nothing can be written.
    pub fn is_broken(&self) -> bool {
        let is_unread = self.unread.load(Ordering::Relaxed);
        is_unread || self.json.as_ref().is_some_and(Json::is_broken)
    }

    /// Ends a JSON stream, so that a reader can tell an end from a break.
    pub fn close(&self, exit: Exit) -> Exit {
        if let Some(fault) = self.unwritten.get() {
            self.stderr(&orch_report::render_fault(fault, self.err));
            return Exit::of_fault(fault.kind);
        }
        match self.json.as_ref().map(|json| json.close(exit.code())) {
            Some(Err(fault)) => {
                self.stderr(&orch_report::render_fault(&fault, self.err));
                Exit::of_fault(fault.kind)
            }
            Some(Ok(())) | None => exit,
        }
    }

    fn stderr(&self, text: &str) {
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }
}

fn width(stream: &impl std::os::fd::AsFd) -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(stream).ok()?;
    (size.ws_col > 0).then_some(size.ws_col.into())
}
