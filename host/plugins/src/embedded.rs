//! The engine that runs WebAssembly artifacts: WASI preview 1 with arguments, an
//! environment and captured output, and nothing else. Plugins never run here.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use orch_engine::Cancel;
use orch_engine::port::WasmRunner;
use orch_model::{Digest, Fault, Sample};
use tokio::sync::Notify;
use wasmtime::{Engine, Linker, Module, Store, Trap};
use wasmtime_wasi::p1::{self, WasiP1Ctx};
use wasmtime_wasi::{I32Exit, WasiCtxBuilder};

use crate::bounded_output::BoundedOutput;
use crate::code_cache::CodeCache;
use crate::compile::{self, CompileError, Compiled};
use crate::resources::{Exceeded, Resources};
use crate::ticker::Ticker;
use crate::{Limits, engine, shown};

/// The exit code where the module ran out of time, as `timeout` has it.
const TIMED_OUT: i32 = 124;
/// The exit code where the file is no module that can run, as a shell has it.
const NOT_RUNNABLE: i32 = 126;
/// The exit code of an abort, as a shell has it.
const TRAPPED: i32 = 134;
/// Native stack of the thread that runs a module: wasmtime's own fibers hold the guest's.
const STACK_BYTES: usize = 4 << 20;

/// What the engine is told when it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmbeddedSettings {
    /// The user's cache folder; compiled code lies in `compiled/` below it.
    pub cache: PathBuf,
    /// Bytes of all linear memories of a module.
    pub memory_bytes: usize,
    /// Bytes kept of each of the two output streams; the rest is dropped.
    pub output_bytes: usize,
    /// Bytes of a module.
    pub module_bytes: usize,
    /// How long a module may take to compile.
    pub compile_time: Duration,
}

impl EmbeddedSettings {
    /// The usual limits.
    pub fn new(cache: impl Into<PathBuf>) -> Self {
        Self {
            cache: cache.into(),
            memory_bytes: 1 << 30,
            output_bytes: 8 << 20,
            module_bytes: 256 << 20,
            compile_time: Duration::from_secs(120),
        }
    }
}

/// Runs `wasip1` commands inside `orch`. Cheap to make: the engine starts with the first
/// run.
pub struct EmbeddedWasm {
    settings: EmbeddedSettings,
    machinery: OnceLock<Result<Machinery, String>>,
}

struct Machinery {
    engine: Engine,
    ticker: Ticker,
    code: CodeCache,
    linker: Linker<State>,
}

struct State {
    wasi: WasiP1Ctx,
    resources: Resources,
}

/// How a module's run ended.
enum End {
    Returned(wasmtime::Result<()>),
    TimedOut,
    Cancelled,
}

impl EmbeddedWasm {
    /// An engine that has not started.
    pub fn new(settings: EmbeddedSettings) -> Self {
        Self {
            settings,
            machinery: OnceLock::new(),
        }
    }

    fn machinery(&self) -> Result<&Machinery, Fault> {
        self.machinery
            .get_or_init(|| Machinery::start(&self.settings).map_err(|error| format!("{error:#}")))
            .as_ref()
            .map_err(|error| {
                Fault::internal(format!("could not start the WebAssembly engine: {error}"))
            })
    }

    fn read(&self, path: &Path) -> Result<Vec<u8>, Fault> {
        let cannot = |error| Fault::io("read", path, &error);
        let limit = self.settings.module_bytes;
        let mut bytes = Vec::new();
        std::fs::File::open(path)
            .map_err(cannot)?
            .take(limit as u64 + 1)
            .read_to_end(&mut bytes)
            .map_err(cannot)?;
        if bytes.len() > limit {
            return Err(Fault::usage(format!(
                "`{}` is larger than the {} MiB that the embedded engine takes",
                path.display(),
                limit >> 20
            )));
        }
        Ok(bytes)
    }

    /// Runs a module on this thread.
    fn run_here(
        &self,
        machinery: &Machinery,
        module: &Module,
        command: Command<'_>,
        cancel: &Cancel,
    ) -> Result<Sample, Fault> {
        if module.get_export("_start").is_none() {
            return Ok(not_runnable("it has no `_start`; is it a WASI command?"));
        }
        let linked = match machinery.linker.instantiate_pre(module) {
            Ok(linked) => linked,
            Err(error) => {
                return Ok(not_runnable(&format!(
                    "it imports what WASI preview 1 does not have: {error:#}"
                )));
            }
        };
        let stdout = BoundedOutput::new(self.settings.output_bytes);
        let stderr = BoundedOutput::new(self.settings.output_bytes);
        let wasi = WasiCtxBuilder::new()
            .arg(command.name)
            .args(command.arguments)
            .envs(command.environment)
            .stdout(stdout.clone())
            .stderr(stderr.clone())
            .allow_tcp(false)
            .allow_udp(false)
            .allow_ip_name_lookup(false)
            .build_p1();
        let limits = Limits {
            memory_bytes: self.settings.memory_bytes,
            table_elements: 10 << 20,
            ..Limits::default()
        };
        let state = State {
            wasi,
            resources: Resources::new(&limits),
        };
        let mut store = Store::new(&machinery.engine, state);
        store.limiter(|state| &mut state.resources);
        // A module that computes gives way with every tick, so that the time and the
        // user's interrupt are noticed; one that sleeps has given way already.
        store.set_epoch_deadline(1);
        store.epoch_deadline_async_yield_and_update(1);

        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .map_err(|error| Fault::internal(format!("could not start a timer: {error}")))?;
        let interrupted = Arc::new(Notify::new());
        let notify = interrupted.clone();
        let subscription = cancel.on_cancel(move || notify.notify_one());
        let started = Instant::now();
        let processor_time = thread_time();
        let end = {
            let _flight = machinery.ticker.fly();
            runtime.block_on(async {
                let run = async {
                    let instance = linked.instantiate_async(&mut store).await?;
                    let start = instance.get_typed_func::<(), ()>(&mut store, "_start")?;
                    start.call_async(&mut store, ()).await
                };
                tokio::select! {
                    biased;
                    () = interrupted.notified() => End::Cancelled,
                    () = tokio::time::sleep(command.timeout) => End::TimedOut,
                    result = run => End::Returned(result),
                }
            })
        };
        drop(subscription);
        let wall = started.elapsed();
        let peak_rss_bytes = store.data().resources.memory_bytes() as u64;
        let (exit_code, words) = match end {
            End::Cancelled => return Err(Fault::interrupted()),
            End::TimedOut => (
                TIMED_OUT,
                format!("ran longer than {} s", command.timeout.as_secs_f64()),
            ),
            End::Returned(result) => exit(result),
        };
        let mut stderr = stderr.take();
        if !words.is_empty() {
            add_line(&mut stderr, &format!("the module {words}"));
        }
        Ok(Sample {
            exit_code,
            stdout: stdout.take(),
            stderr,
            wall_ns: nanoseconds(wall),
            user_ns: nanoseconds(thread_time().saturating_sub(processor_time)),
            system_ns: 0,
            peak_rss_bytes,
            counters: Vec::new(),
        })
    }
}

/// What a module is started with.
#[derive(Clone, Copy)]
struct Command<'a> {
    name: &'a str,
    arguments: &'a [String],
    environment: &'a [(String, String)],
    timeout: Duration,
}

impl WasmRunner for EmbeddedWasm {
    /// As the trait says; a file that is no module, or that imports more than WASI
    /// preview 1, gives exit code 126. Lines of the engine's own stand at the end of
    /// standard error and begin with `orch:`. User time is that of the thread, the resident set
    /// that of the linear memories.
    fn run(
        &self,
        module: &Path,
        arguments: &[String],
        environment: &[(String, String)],
        timeout: Duration,
        cancel: &Cancel,
    ) -> Result<Sample, Fault> {
        let bytes = self.read(module)?;
        if let Err(why) = is_module(&bytes) {
            return Ok(not_runnable(why));
        }
        let machinery = self.machinery()?;
        let content = Digest::of(&bytes);
        let compiled = compile::compile::<Module>(
            &machinery.engine,
            &machinery.code,
            bytes,
            &content,
            self.settings.compile_time,
            cancel,
        );
        let Compiled { code, not_kept } = match compiled {
            Ok(compiled) => compiled,
            Err(CompileError::Interrupted) => return Err(Fault::interrupted()),
            Err(error) => return Ok(not_runnable(&format!("it {error}"))),
        };
        let command = Command {
            // What a program sees as its own name, without the machine's folders.
            name: &module
                .file_name()
                .map(|name| name.to_string_lossy())
                .unwrap_or_default(),
            arguments,
            environment,
            timeout,
        };
        // A thread of its own: the caller's may belong to a runtime, which must not wait
        // for another one.
        let mut sample = std::thread::scope(|scope| {
            std::thread::Builder::new()
                .name("wasm".to_owned())
                .stack_size(STACK_BYTES)
                .spawn_scoped(scope, || self.run_here(machinery, &code, command, cancel))
                .map_err(|error| Fault::internal(format!("could not start a thread: {error}")))?
                .join()
                .unwrap_or_else(|_| {
                    Err(Fault::internal("the embedded WebAssembly engine panicked"))
                })
        })?;
        if let Some(why) = not_kept {
            add_line(&mut sample.stderr, &why);
        }
        Ok(sample)
    }
}

impl Machinery {
    fn start(settings: &EmbeddedSettings) -> wasmtime::Result<Self> {
        let engine = engine::for_artifacts()?;
        let mut linker = Linker::new(&engine);
        p1::add_to_linker_async(&mut linker, |state: &mut State| &mut state.wasi)?;
        Ok(Self {
            ticker: Ticker::new(engine.clone()),
            code: CodeCache::new(&settings.cache, &engine::fingerprint(&engine)),
            linker,
            engine,
        })
    }
}

impl std::fmt::Debug for EmbeddedWasm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EmbeddedWasm")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// The exit code, and the end of a sentence that begins with `the module` where the module
/// did not end by itself.
fn exit(result: wasmtime::Result<()>) -> (i32, String) {
    let Err(error) = result else {
        return (0, String::new());
    };
    if let Some(exit) = error.downcast_ref::<I32Exit>() {
        return (exit.0, String::new());
    }
    let words = if let Some(exceeded) = error.downcast_ref::<Exceeded>() {
        exceeded.to_string()
    } else if let Some(trap) = error.downcast_ref::<Trap>() {
        format!(
            "trapped: {}",
            trap.to_string().trim_start_matches("wasm trap: ")
        )
    } else {
        format!(
            "stopped: {}",
            shown::line(&error.root_cause().to_string(), 500)
        )
    };
    (TRAPPED, words)
}

fn is_module(bytes: &[u8]) -> Result<(), &'static str> {
    if !bytes.starts_with(b"\0asm") {
        return Err("it is not WebAssembly");
    }
    if wasmparser::Parser::is_component(bytes) {
        return Err("it is a component; the embedded engine runs WASI preview 1 modules");
    }
    Ok(())
}

/// Adds a line of the engine's own behind what a module wrote.
fn add_line(stderr: &mut Vec<u8>, line: &str) {
    if stderr.last().is_some_and(|byte| *byte != b'\n') {
        stderr.push(b'\n');
    }
    stderr.extend_from_slice(format!("orch: {line}\n").as_bytes());
}

fn not_runnable(why: &str) -> Sample {
    Sample {
        exit_code: NOT_RUNNABLE,
        stderr: format!("orch: the module cannot run: {}\n", shown::line(why, 1_000)).into_bytes(),
        ..Sample::default()
    }
}

/// Processor time of this thread.
fn thread_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or_default(),
        u32::try_from(time.tv_nsec).unwrap_or_default(),
    )
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
