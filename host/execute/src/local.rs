//! The executor of this machine: directories, inputs, process, outputs, in that order.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use orch_engine::Cancel;
use orch_engine::port::{ActionResult, Execution, Executor, Job, Trial, TrialSetting, WasmRunner};
use orch_model::{Action, Digest, Fault, Root, Runner, Sample};
use orch_store::Store;

use crate::ended::Ended;
use crate::environment::{environment, find, find_program, program};
use crate::inputs::Copied;
use crate::leftovers::Leftovers;
use crate::place;
use crate::process::{End, Process, ProcessError};
use crate::reaper::Reaper;
use crate::sandboxed::View;
use crate::sandboxes::{Kind, Occupied, Sandboxes};
use crate::verdict::{judge_end, not_started};
use crate::workspace::Workspace;
use crate::{inputs, interpreter, outputs, page_cache, undeclared};

/// How long a WebAssembly module without a limit of its own may run.
const LONGEST_WASM_RUN: Duration = Duration::from_secs(24 * 60 * 60);

/// The exit code by which [`WasmRunner`] tells the end of the time.
const TIMED_OUT: i32 = 124;

/// What the key of an action says that runs without a sandbox.
const NO_SANDBOX: &str = "off";

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
    /// What keeps actions from all but what they declare; nothing where this is `None`.
    pub sandboxes: Option<Arc<Sandboxes>>,
    /// The command whose process runs [`crate::reaper_main`], for actions without a sandbox.
    /// An empty one leaves them running when `orch` is killed; it is for tests of other
    /// things.
    pub reaper: Vec<OsString>,
    /// How much is kept of the beginning and of the end of each stream of an action.
    pub output_bytes: usize,
    /// How long an action may take to end after it was asked to, before it is made to.
    pub grace: Duration,
}

impl LocalSettings {
    /// Settings with the usual limits: 256 KiB of each end of each stream, 3 s of grace. No
    /// sandbox.
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
            sandboxes: None,
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
    /// As in [`Executor::sandbox`].
    sandbox: String,
    /// The content of each emulator that was asked for.
    emulators: Mutex<HashMap<String, Option<Digest>>>,
}

/// A place that an action can start in. The sandbox is given back before the place is.
struct Prepared<'a> {
    occupied: Option<Occupied<'a>>,
    workspace: Workspace,
    copied: Copied,
}

impl LocalExecutor {
    /// An executor that keeps outputs in `store`. Starts nothing yet, but removes what
    /// killed ones have left.
    pub fn new(settings: LocalSettings, store: Store) -> Self {
        place::remove_abandoned(&settings.cache);
        let reaper = Reaper::new(settings.reaper.clone());
        let sandbox = match &settings.sandboxes {
            Some(sandboxes) => sandboxes.version(),
            None => NO_SANDBOX.to_owned(),
        };
        Self {
            settings,
            store,
            reaper,
            sandbox,
            emulators: Mutex::default(),
        }
    }

    /// Runs the action; `sample` holds what it printed and cost as soon as there is any.
    fn perform(
        &self,
        job: &Job<'_>,
        cancel: &Cancel,
        sample: &mut Sample,
    ) -> Result<ActionResult, Ended> {
        let (action, project) = (job.action, &self.settings.project);
        let mut prepared = self.prepare(job, None, cancel)?;
        let end = self.run(job, &mut prepared, None, cancel, sample)?;
        judge_end(end, action)?;
        let Prepared {
            occupied,
            workspace,
            copied,
        } = prepared;
        let closed = occupied.is_some() && self.is_closed(action);
        let outputs = outputs::collect(&action.outputs, &workspace, &self.store, closed)?;
        copied.check(job.inputs, project)?;
        let source = workspace.root(&Root::Source)?;
        Ok(ActionResult {
            outputs,
            stdout: String::from_utf8_lossy(&sample.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&sample.stderr).into_owned(),
            wall_ms: sample.wall_ns / 1_000_000,
            notes: match occupied.is_none() || writes_to_source(action) {
                true => undeclared::writes(job, &source, &copied)
                    .into_iter()
                    .collect(),
                false => Vec::new(),
            },
            ..ActionResult::default()
        })
    }

    /// Runs the action for what it costs.
    fn attempt(
        &self,
        job: &Job<'_>,
        setting: &TrialSetting,
        cancel: &Cancel,
        sample: &mut Sample,
    ) -> Result<(), Ended> {
        let mut prepared = self.prepare(job, Some(setting), cancel)?;
        if setting.cold {
            page_cache::forget(job.action, &prepared.workspace)?;
        }
        let end = self.run(job, &mut prepared, Some(setting), cancel, sample)?;
        judge_end(end, job.action)?;
        prepared.copied.check(job.inputs, &self.settings.project)
    }

    /// A place for an action, with all that it finds there.
    fn prepare(
        &self,
        job: &Job<'_>,
        measured: Option<&TrialSetting>,
        cancel: &Cancel,
    ) -> Result<Prepared<'_>, Ended> {
        let action = job.action;
        let (cache, project) = (&self.settings.cache, &self.settings.project);
        let occupied = self.occupy(action, measured)?;
        let mut leftovers = Leftovers::default();
        let workspace = match &occupied {
            Some(occupied) => {
                let (place, files) = (occupied.place(), occupied.was_closed());
                Workspace::inside(place, cache, job, files, &mut leftovers)?
            }
            None => Workspace::claim(cache, project, job)?,
        };
        let store = &self.store;
        let copied = inputs::fill(&workspace, &mut leftovers, job, project, store, cancel)?;
        make_folders(action, &workspace, &leftovers)?;
        inputs::write_files(action, &workspace)?;
        match cancel.is_cancelled() {
            true => Err(Ended::Cancelled),
            false => Ok(Prepared {
                occupied,
                workspace,
                copied,
            }),
        }
    }

    /// Runs the process of an action, in the surroundings in which it is measured, if it is. What runs
    /// in the embedded engine is a part of this process and knows of none.
    fn run(
        &self,
        job: &Job<'_>,
        prepared: &mut Prepared<'_>,
        measured: Option<&TrialSetting>,
        cancel: &Cancel,
        sample: &mut Sample,
    ) -> Result<End, Ended> {
        let workspace = &prepared.workspace;
        match &job.action.runner {
            Runner::EmbeddedWasm => self.run_wasm(job.action, workspace, cancel, sample),
            Runner::Native | Runner::Emulator(_) => {
                let occupied = prepared.occupied.as_mut();
                self.run_process(job, workspace, occupied, measured, cancel, sample)
            }
        }
    }

    /// A sandbox for an action, where it runs in one. What runs inside `orch` has the
    /// engine's own.
    fn occupy(
        &self,
        action: &Action,
        measured: Option<&TrialSetting>,
    ) -> Result<Option<Occupied<'_>>, Fault> {
        let kind = Kind {
            network: action.network,
            counts: measured.is_some(),
            first: measured.is_some_and(|setting| setting.first),
            limits: measured.and_then(|setting| setting.limits),
        };
        if kind.limits.is_some() && self.settings.sandboxes.is_none() {
            return Err(Fault::usage("`limits` of a bench need the sandbox")
                .hint("run without `--sandbox=off`, or take `limits` out of the bench"));
        }
        match &self.settings.sandboxes {
            Some(sandboxes) if action.runner != Runner::EmbeddedWasm => {
                let occupied = sandboxes.occupy(kind, self.is_closed(action));
                occupied.map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Whether nobody outside its sandbox can get hold of an open file of the action: it
    /// shares no folder and no network with others.
    fn is_closed(&self, action: &Action) -> bool {
        let sandboxes = self.settings.sandboxes.as_ref();
        let keep_open_files = sandboxes.is_some_and(|sandboxes| sandboxes.keep_open_files());
        keep_open_files && !action.network && action.caches.is_empty()
    }

    fn run_process(
        &self,
        job: &Job<'_>,
        workspace: &Workspace,
        occupied: Option<&mut Occupied<'_>>,
        measured: Option<&TrialSetting>,
        cancel: &Cancel,
        sample: &mut Sample,
    ) -> Result<End, Ended> {
        let action = job.action;
        let system_path = &self.settings.system_path;
        let environment = environment(action, workspace, system_path)?;
        let mut program = program(action, workspace, &environment, system_path)?;
        let mut arguments = Vec::new();
        if let Runner::Emulator(words) = &action.runner
            && let Some((name, words)) = words.split_first()
        {
            arguments.extend(words.iter().map(OsString::from));
            arguments.push(program.into_os_string());
            program = self.emulator(name, workspace)?;
        }
        for word in &action.arguments {
            arguments.push(workspace.word(word)?);
        }
        let process = Process {
            program: &program,
            arguments: &arguments,
            environment: &environment,
            directory: &workspace.shown(&action.directory)?,
            timeout: action.timeout_ms.map(Duration::from_millis),
            grace: self.settings.grace,
            output_bytes: measured
                .and_then(|setting| setting.output_bytes)
                .unwrap_or(self.settings.output_bytes),
            measured,
        };
        let ran = match occupied {
            Some(occupied) => {
                let view = View {
                    mounts: workspace.mounts(job)?,
                    writable_source: writes_to_source(action),
                };
                process.run_inside(occupied, view, cancel)
            }
            None => process.run(&self.reaper, cancel),
        };
        match ran {
            Ok((end, used)) => {
                *sample = used;
                Ok(end)
            }
            Err(ProcessError::Start(error)) => {
                Err(not_started(&program, action, workspace, &error))
            }
            Err(ProcessError::Fault(fault)) => Err(Ended::Fault(fault)),
        }
    }

    fn emulator(&self, name: &str, workspace: &Workspace) -> Result<PathBuf, Ended> {
        find(OsStr::new(name), &self.settings.system_path, workspace).ok_or_else(|| {
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
        let module = PathBuf::from(workspace.real_word(&action.program)?);
        let mut arguments = Vec::new();
        for word in &action.arguments {
            arguments.push(text(workspace.real_word(word)?)?);
        }
        let mut environment = Vec::new();
        for variable in &action.environment {
            environment.push((
                variable.name.clone(),
                text(workspace.real_word(&variable.value)?)?,
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
    fn sandbox(&self) -> &str {
        &self.sandbox
    }

    fn emulator(&self, name: &str) -> Result<Option<Digest>, Fault> {
        let mut known = self.emulators.lock().expect("nobody panics with it");
        if let Some(known) = known.get(name) {
            return Ok(*known);
        }
        let digest = match find_program(name, &self.settings.system_path) {
            Some(file) => Some(
                File::open(&file)
                    .and_then(Digest::of_reader)
                    .map_err(|error| Fault::io("read", &file, &error))?
                    .0,
            ),
            None => None,
        };
        known.insert(name.to_owned(), digest);
        Ok(digest)
    }

    fn execute(&self, job: Job<'_>, cancel: &Cancel) -> Result<Execution, Fault> {
        if cancel.is_cancelled() {
            return Ok(Execution::Cancelled);
        }
        let mut sample = Sample::default();
        match self.perform(&job, cancel, &mut sample) {
            Ok(result) => Ok(Execution::Succeeded(result)),
            Err(ended) => {
                let hint = || undeclared::hint(&job, &self.settings.project, &sample);
                let ended = interpreter::explained(ended, job.action, &sample);
                ended.or_hint(hint).report(sample)
            }
        }
    }

    fn try_once(
        &self,
        job: Job<'_>,
        setting: &TrialSetting,
        cancel: &Cancel,
    ) -> Result<Trial, Fault> {
        let mut sample = Sample::default();
        match self.attempt(&job, setting, cancel, &mut sample) {
            Ok(()) => Ok(Trial::Sample(sample)),
            Err(Ended::Cancelled) => Ok(Trial::Cancelled(sample)),
            Err(ended) => {
                match interpreter::explained(ended, job.action, &sample).report(sample)? {
                    Execution::Failed(failure) => Ok(Trial::Failed(failure)),
                    Execution::Succeeded(_) | Execution::Cancelled => {
                        Err(Fault::internal("a failure was reported as something else"))
                    }
                }
            }
        }
    }
}

/// Whether an action may change what lies below `source`: it declares an output there.
fn writes_to_source(action: &Action) -> bool {
    let mut outputs = action.outputs.iter();
    outputs.any(|output| output.root == Root::Source)
}

/// Makes the folders that an action finds though nothing is copied into them.
fn make_folders(
    action: &Action,
    workspace: &Workspace,
    leftovers: &Leftovers,
) -> Result<(), Ended> {
    let paths = std::iter::once(&action.directory).chain(&action.outputs);
    for (folder, path) in workspace.job_folders(action)?.iter().zip(paths) {
        if leftovers.has_folder(folder) {
            continue;
        }
        match std::fs::create_dir_all(folder) {
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
            Err(error) => return Err(Fault::io("create the folder", folder, &error).into()),
        }
    }
    Ok(())
}
