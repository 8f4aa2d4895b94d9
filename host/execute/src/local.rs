//! The executor of this machine: directories, inputs, process, outputs, in that order.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use orch_engine::Cancel;
use orch_engine::port::{ActionResult, Execution, Executor, Job, WasmRunner};
use orch_model::{Action, Fault, Part, Runner, Sample};
use orch_store::Store;
use rustix::io::Errno;

use crate::ended::Ended;
use crate::environment::{environment, find, program};
use crate::process::{End, Process, ProcessError};
use crate::reaper::Reaper;
use crate::workspace::Workspace;
use crate::{inputs, outputs};

/// How long a WebAssembly module without a limit of its own may run.
const LONGEST_WASM_RUN: Duration = Duration::from_secs(24 * 60 * 60);

/// The exit codes by which [`WasmRunner`] tells a trap and the end of the time.
const TRAPPED: i32 = 134;
const TIMED_OUT: i32 = 124;

/// What the local executor is told about the machine.
#[derive(Clone)]
pub struct LocalSettings {
    /// The cache directory: actions work below `work/`, kept directories lie below `caches/`.
    pub cache: PathBuf,
    /// The absolute path of the pipeline's folder.
    pub project: PathBuf,
    /// Where the machine's programs and emulators are looked for, as in `PATH`.
    pub system_path: OsString,
    /// Runs WebAssembly inside `orch`.
    pub wasm: Arc<dyn WasmRunner>,
    /// The command whose process runs [`crate::reaper_main`]. An empty one leaves actions
    /// running when `orch` is killed; it is for tests of other things.
    pub reaper: Vec<OsString>,
    /// How much is kept of the beginning and of the end of each stream of an action.
    pub output_bytes: usize,
    /// How long an action may take to end after it was asked to, before it is made to.
    pub grace: Duration,
}

impl LocalSettings {
    /// Settings with the usual limits: 256 KiB of each end of each stream, 3 s of grace.
    pub fn new(
        cache: PathBuf,
        project: PathBuf,
        system_path: OsString,
        reaper: Vec<OsString>,
        wasm: Arc<dyn WasmRunner>,
    ) -> Self {
        Self {
            cache,
            project,
            system_path,
            wasm,
            reaper,
            output_bytes: 256 * 1024,
            grace: Duration::from_secs(3),
        }
    }
}

/// Carries out actions as processes of this machine.
pub struct LocalExecutor {
    settings: LocalSettings,
    store: Store,
    reaper: Reaper,
}

impl LocalExecutor {
    /// An executor that keeps outputs in `store`. Starts nothing yet.
    pub fn new(settings: LocalSettings, store: Store) -> Self {
        let reaper = Reaper::new(settings.reaper.clone());
        Self {
            settings,
            store,
            reaper,
        }
    }

    /// Runs the action; `sample` holds what it printed and cost as soon as there is any.
    fn perform(
        &self,
        job: &Job<'_>,
        cancel: &Cancel,
        sample: &mut Sample,
    ) -> Result<ActionResult, Ended> {
        let action = job.action;
        let workspace = Workspace::claim(&self.settings.cache, &self.settings.project, job)?;
        inputs::fill(&workspace, job, &self.settings.project, &self.store, cancel)?;
        make_folders(action, &workspace)?;
        if cancel.is_cancelled() {
            return Err(Ended::Cancelled);
        }
        let end = match &action.runner {
            Runner::Native => self.run_process(action, &workspace, &[], cancel, sample)?,
            Runner::Emulator(words) => {
                self.run_process(action, &workspace, words, cancel, sample)?
            }
            Runner::EmbeddedWasm => self.run_wasm(action, &workspace, cancel, sample)?,
        };
        judge_end(end, action)?;
        Ok(ActionResult {
            outputs: outputs::collect(&action.outputs, &workspace, &self.store)?,
            stdout: String::from_utf8_lossy(&sample.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&sample.stderr).into_owned(),
            wall_ms: sample.wall_ns / 1_000_000,
            ..ActionResult::default()
        })
    }

    fn run_process(
        &self,
        action: &Action,
        workspace: &Workspace,
        emulator: &[String],
        cancel: &Cancel,
        sample: &mut Sample,
    ) -> Result<End, Ended> {
        let environment = environment(action, workspace, &self.settings.system_path)?;
        let mut program = program(action, workspace, &environment)?;
        let mut arguments = Vec::with_capacity(emulator.len() + action.arguments.len());
        if let Some((name, words)) = emulator.split_first() {
            arguments.extend(words.iter().map(OsString::from));
            arguments.push(program.into_os_string());
            program = self.emulator(name)?;
        }
        for word in &action.arguments {
            arguments.push(workspace.word(word)?);
        }
        let process = Process {
            program: &program,
            arguments: &arguments,
            environment: &environment,
            directory: &workspace.path(&action.directory)?,
            timeout: action.timeout_ms.map(Duration::from_millis),
            grace: self.settings.grace,
            output_bytes: self.settings.output_bytes,
        };
        match process.run(&self.reaper, cancel) {
            Ok((end, used)) => {
                *sample = used;
                Ok(end)
            }
            Err(ProcessError::Start(error)) => Err(not_started(&program, action, &error)),
            Err(ProcessError::Fault(fault)) => Err(Ended::Fault(fault)),
        }
    }

    fn emulator(&self, name: &str) -> Result<PathBuf, Ended> {
        find(OsStr::new(name), &self.settings.system_path).ok_or_else(|| {
            let hint = if name.starts_with("qemu-") {
                "install it: `apt-get install qemu-user-static`"
            } else {
                "install it, or choose another runner for the target"
            };
            Ended::failed_with_hint(
                format!("could not be started: the emulator `{name}` is not on this machine"),
                hint,
            )
        })
    }

    fn run_wasm(
        &self,
        action: &Action,
        workspace: &Workspace,
        cancel: &Cancel,
        sample: &mut Sample,
    ) -> Result<End, Ended> {
        let text = |word: OsString| {
            word.into_string().map_err(|word| {
                Ended::failed(format!(
                    "has an argument that is not UTF-8: `{}`",
                    word.display()
                ))
            })
        };
        let module = PathBuf::from(workspace.word(&action.program)?);
        let mut arguments = Vec::new();
        for word in &action.arguments {
            arguments.push(text(workspace.word(word)?)?);
        }
        let mut environment = Vec::new();
        for variable in &action.environment {
            environment.push((
                variable.name.clone(),
                text(workspace.word(&variable.value)?)?,
            ));
        }
        let timeout = action
            .timeout_ms
            .map_or(LONGEST_WASM_RUN, Duration::from_millis);
        *sample = self
            .settings
            .wasm
            .run(&module, &arguments, &environment, timeout, cancel)?;
        Ok(match sample.exit_code {
            0 => End::Exited(0),
            _ if cancel.is_cancelled() => End::Cancelled,
            TIMED_OUT if action.timeout_ms.is_some() => End::TimedOut,
            code => End::Exited(code),
        })
    }
}

impl Executor for LocalExecutor {
    fn execute(&self, job: Job<'_>, cancel: &Cancel) -> Result<Execution, Fault> {
        if cancel.is_cancelled() {
            return Ok(Execution::Cancelled);
        }
        let mut sample = Sample::default();
        match self.perform(&job, cancel, &mut sample) {
            Ok(result) => Ok(Execution::Succeeded(result)),
            Err(ended) => ended.report(sample),
        }
    }
}

/// The folders that an action finds though nothing is copied into them: where it works, and
/// those of its outputs.
fn make_folders(action: &Action, workspace: &Workspace) -> Result<(), Ended> {
    let mut wanted = vec![(workspace.path(&action.directory)?, &action.directory)];
    for output in &action.outputs {
        if let Some(folder) = workspace.path(output)?.parent() {
            wanted.push((folder.to_owned(), output));
        }
    }
    for (folder, path) in wanted {
        match std::fs::create_dir_all(&folder) {
            Ok(()) => {}
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory
                ) =>
            {
                return Err(Ended::failed(format!(
                    "could not be started: `{path}` needs a folder where one of its inputs is a file"
                )));
            }
            Err(error) => return Err(Fault::io("create the folder", &folder, &error).into()),
        }
    }
    Ok(())
}

fn judge_end(end: End, action: &Action) -> Result<(), Ended> {
    match end {
        End::Exited(0) => Ok(()),
        End::Exited(TRAPPED) if action.runner == Runner::EmbeddedWasm => {
            Err(Ended::failed("trapped (code 134)"))
        }
        End::Exited(code) => Err(Ended::failed(format!("exited with code {code}"))),
        End::Signalled(signal) => {
            let reason = format!("was ended by signal {signal}{}", in_brackets(signal));
            Err(match signal {
                9 => Ended::failed_with_hint(
                    reason,
                    "the machine may have run out of memory; try fewer `--jobs`",
                ),
                _ => Ended::failed(reason),
            })
        }
        End::TimedOut => {
            let limit = in_words(action.timeout_ms.unwrap_or_default());
            Err(Ended::failed_with_hint(
                format!("ran longer than {limit}"),
                "set `timeout` to a longer time",
            ))
        }
        End::Cancelled => Err(Ended::Cancelled),
    }
}

fn not_started(program: &Path, action: &Action, error: &io::Error) -> Ended {
    let name = &action.program;
    let because = |what: &str| format!("could not be started: {what}");
    if error.raw_os_error() == Some(Errno::NOEXEC.raw_os_error()) {
        return Ended::failed_with_hint(
            because(&format!("`{name}` is not a program for this machine")),
            "give its target a runner, or build it for the machine that runs it",
        );
    }
    match error.kind() {
        io::ErrorKind::NotFound if program.exists() => Ended::failed_with_hint(
            because(&format!(
                "the interpreter of `{name}` is not on this machine"
            )),
            "look at its first line, or with `readelf -l` for the interpreter that it asks for",
        ),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            Ended::failed(because(&format!("there is no file `{name}`")))
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::IsADirectory => Ended::failed_with_hint(
            because(&format!("`{name}` is not executable")),
            "set its executable bit, or name the program that runs it",
        ),
        _ => {
            let single = matches!(action.program.0.as_slice(), [Part::Text(_)]);
            let shown = if single {
                name.to_string()
            } else {
                program.display().to_string()
            };
            Ended::failed(because(&format!("`{shown}`: {error}")))
        }
    }
}

fn in_words(milliseconds: u64) -> String {
    match (milliseconds / 1000, milliseconds % 1000) {
        (0, rest) => format!("{rest} ms"),
        (seconds, 0) => format!("{seconds} s"),
        (seconds, rest) => format!("{seconds}.{} s", format!("{rest:03}").trim_end_matches('0')),
    }
}

fn in_brackets(signal: i32) -> String {
    let name = match signal {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        5 => "SIGTRAP",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        24 => "SIGXCPU",
        25 => "SIGXFSZ",
        31 => "SIGSYS",
        _ => return String::new(),
    };
    format!(" ({name})")
}
