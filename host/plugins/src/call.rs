//! What one call of a plugin has and leaves: its questions and lines, what it took, and
//! how long it ran. A call starts with a fresh one, so nothing passes from call to call.

use std::sync::Arc;
use std::time::{Duration, Instant};

use orch_engine::port::FactSource;
use orch_model::{Answer, Log, LogLevel, PluginId, Question, RecordedFact, Refusal};
use wasmtime_wasi::{WasiCtxView, WasiView};

use crate::permission::{Denial, Permissions};
use crate::resources::{Exceeded, Resources};
use crate::wasi::EmptyWorld;
use crate::{Limits, shown};

/// The data of a call's store.
pub(crate) struct CallState {
    plugin: PluginId,
    permissions: Arc<Permissions>,
    facts: Arc<dyn FactSource>,
    limits: Arc<Limits>,
    /// What its memories and tables take.
    pub resources: Resources,
    world: Option<EmptyWorld>,
    started: Instant,
    /// Time spent on answers, which is not the plugin's own.
    answering: Duration,
    questions: usize,
    question_bytes: usize,
    recorded: Vec<RecordedFact>,
    logs: Vec<Log>,
    lines_dropped: usize,
    denial: Option<Denial>,
}

/// What is left when a call is over.
pub(crate) struct Left {
    /// Every question with the digest of its answer, in order.
    pub facts: Vec<RecordedFact>,
    /// The lines, in order.
    pub logs: Vec<Log>,
    /// The last line that the plugin wrote itself.
    pub last_line: Option<String>,
    /// The first question that was denied.
    pub denial: Option<Denial>,
}

impl CallState {
    /// A call that starts now. `world` is for plugins that import WASI.
    pub fn new(
        plugin: PluginId,
        permissions: Arc<Permissions>,
        facts: Arc<dyn FactSource>,
        limits: Arc<Limits>,
        world: Option<EmptyWorld>,
    ) -> Self {
        Self {
            plugin,
            permissions,
            facts,
            resources: Resources::new(&limits),
            limits,
            world,
            started: Instant::now(),
            answering: Duration::ZERO,
            questions: 0,
            question_bytes: 0,
            recorded: Vec::new(),
            logs: Vec::new(),
            lines_dropped: 0,
            denial: None,
        }
    }

    /// Asks a question for the plugin: whether it may, what the answer is, and a record of
    /// both. `Err` ends the plugin.
    pub fn ask(&mut self, question: Question) -> Result<Result<Answer, Refusal>, Exceeded> {
        self.questions += 1;
        if self.questions > self.limits.questions {
            return Err(Exceeded::Questions(self.limits.questions));
        }
        self.question_bytes += bytes_of(&question);
        if self.question_bytes > self.limits.question_bytes {
            return Err(Exceeded::QuestionBytes(self.limits.question_bytes));
        }
        let answer = match self.permissions.check(&question) {
            Ok(()) => {
                let asked = Instant::now();
                let answer = self.facts.answer(&question);
                self.answering += asked.elapsed();
                answer
            }
            Err(denial) => {
                self.denial.get_or_insert(denial);
                Err(Refusal::Denied)
            }
        };
        self.recorded.push(RecordedFact::new(question, &answer));
        Ok(answer)
    }

    /// Of the files that a pattern found, those that the plugin may know of.
    pub fn keep_granted(&self, files: Vec<String>) -> Vec<String> {
        self.permissions.keep_granted(files)
    }

    /// Keeps a line for the user, while there is room.
    pub fn log(&mut self, level: LogLevel, message: &str) {
        if self.logs.len() >= self.limits.log_lines {
            self.lines_dropped += 1;
            return;
        }
        let message = shown::line(message, self.limits.log_line_bytes);
        self.logs.push(self.line(level, message));
    }

    /// Whether the plugin still has time of its own.
    pub fn check_time(&self) -> Result<(), Exceeded> {
        let own = self.started.elapsed().saturating_sub(self.answering);
        if own > self.limits.call_time {
            return Err(Exceeded::Time(self.limits.call_time));
        }
        Ok(())
    }

    /// The call is over.
    pub fn finish(mut self) -> Left {
        if let Some(world) = self.world.take() {
            for line in world.stderr().lines() {
                self.log(LogLevel::Debug, line);
            }
        }
        let last_line = self.logs.last().map(|log| log.message.clone());
        if self.lines_dropped > 0 {
            let message = format!("{} more lines dropped", self.lines_dropped);
            self.logs.push(self.line(LogLevel::Warning, message));
        }
        Left {
            facts: self.recorded,
            logs: self.logs,
            last_line,
            denial: self.denial,
        }
    }

    fn line(&self, level: LogLevel, message: String) -> Log {
        Log {
            plugin: self.plugin.clone(),
            level,
            message,
        }
    }
}

impl WasiView for CallState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        self.world
            .as_mut()
            .expect("only plugins that import WASI are linked with it, and they have a world")
            .view()
    }
}

/// How much of a question comes from the plugin.
fn bytes_of(question: &Question) -> usize {
    match question {
        Question::HostMachine => 0,
        Question::Variable(text)
        | Question::Glob(text)
        | Question::Download(text)
        | Question::PackageVersions(text) => text.len(),
        Question::Read(path) => path.as_str().len(),
        Question::PackageFile {
            name,
            version,
            machine,
        } => {
            let features: usize = machine.features.iter().map(|name| name.len() + 24).sum();
            let cpu = machine.cpu.as_ref().map_or(0, String::len);
            name.len() + version.len() + machine.triple.len() + cpu + features
        }
        Question::Program { name, .. } => name.len(),
        Question::Run { tool, arguments } => {
            let arguments: usize = arguments.iter().map(|word| word.len() + 24).sum();
            tool.to_string().len() + arguments
        }
    }
}
