//! WASI as an empty world, for components from languages whose runtime wants it: no files,
//! no sockets, no arguments, no environment, a clock that stands still, and the same
//! random bytes on every run.

use semver::Version;
use wasmtime::component::{HasData, Linker, Resource, ResourceTable};
use wasmtime_wasi::p2::bindings::clocks::monotonic_clock;
use wasmtime_wasi::p2::{DynPollable, Pollable, subscribe};
use wasmtime_wasi::{
    Deterministic, HostMonotonicClock, HostWallClock, WasiCtx, WasiCtxBuilder, WasiCtxView,
    WasiView, async_trait,
};

use crate::bounded_output::BoundedOutput;

/// How much a plugin may print on its standard error; it becomes debug lines of its log.
const STDERR_BYTES: usize = 64 << 10;
/// The random bytes that every guest gets, again and again.
const RANDOM: &[u8] = b"this is as random as it gets in a plugin: not at all";
/// Handles that a guest may hold at once.
const HANDLES: usize = 1_000;

/// The interfaces that are there, by package.
fn interfaces(package: &str) -> Option<&'static [&'static str]> {
    Some(match package {
        "cli" => &[
            "environment",
            "exit",
            "stdin",
            "stdout",
            "stderr",
            "terminal-input",
            "terminal-output",
            "terminal-stdin",
            "terminal-stdout",
            "terminal-stderr",
        ],
        "clocks" => &["monotonic-clock", "wall-clock"],
        "filesystem" => &["types", "preopens"],
        "io" => &["error", "poll", "streams"],
        "random" => &["random", "insecure", "insecure-seed"],
        _ => return None,
    })
}

/// Whether an import of `wasi:PACKAGE/INTERFACE` is there; if not, the end of a sentence
/// that begins with its name.
pub(crate) fn check_import(
    package: &str,
    interface: &str,
    version: Option<&Version>,
) -> Result<(), String> {
    let known = interfaces(package).is_some_and(|known| known.contains(&interface));
    if !known {
        let instead = match package {
            "sockets" | "http" => "; a plugin reaches no network, it asks through `facts.download`",
            _ => {
                "; `cli`, `clocks`, `filesystem`, `io` and `random` of WASI 0.2 are there, all empty"
            }
        };
        return Err(format!(", which plugins do not get{instead}"));
    }
    match version {
        Some(version) if (version.major, version.minor) == (0, 2) => Ok(()),
        _ => {
            Err(", but only version 0.2 of WASI is there; build it for `wasm32-wasip2`".to_owned())
        }
    }
}

/// What one call of a guest has of WASI.
pub(crate) struct EmptyWorld {
    context: WasiCtx,
    table: ResourceTable,
    stderr: BoundedOutput,
}

impl EmptyWorld {
    /// A world that nobody has touched.
    pub fn new() -> Self {
        let stderr = BoundedOutput::new(STDERR_BYTES);
        let mut builder = WasiCtxBuilder::new();
        builder
            .stderr(stderr.clone())
            .wall_clock(Standing)
            .monotonic_clock(Standing)
            .secure_random(Deterministic::new(RANDOM.to_vec()))
            .insecure_random(Deterministic::new(RANDOM.to_vec()))
            .insecure_random_seed(0)
            .allow_tcp(false)
            .allow_udp(false)
            .allow_ip_name_lookup(false);
        let mut table = ResourceTable::new();
        table.set_max_capacity(HANDLES);
        Self {
            context: builder.build(),
            table,
            stderr,
        }
    }

    /// As wasmtime's WASI wants to see it.
    pub fn view(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.context,
            table: &mut self.table,
        }
    }

    /// What the guest printed on its standard error.
    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.stderr.take()).into_owned()
    }
}

/// Gives a linker the empty world.
pub(crate) fn add_to_linker<T: WasiView>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    wasmtime_wasi::p2::add_to_linker_sync(linker)?;
    // The clock of the library would really wait where a guest asks to be woken later.
    linker.allow_shadowing(true);
    monotonic_clock::add_to_linker::<T, StandingClock>(linker, |state| Waiting(state.ctx().table))?;
    linker.allow_shadowing(false);
    Ok(())
}

/// A clock that shows the beginning of 1970, always.
struct Standing;

impl HostWallClock for Standing {
    fn resolution(&self) -> std::time::Duration {
        std::time::Duration::from_secs(1)
    }

    fn now(&self) -> std::time::Duration {
        std::time::Duration::ZERO
    }
}

impl HostMonotonicClock for Standing {
    fn resolution(&self) -> u64 {
        1
    }

    fn now(&self) -> u64 {
        0
    }
}

/// A clock on which every wait is over at once.
struct StandingClock;

struct Waiting<'a>(&'a mut ResourceTable);

impl HasData for StandingClock {
    type Data<'a> = Waiting<'a>;
}

impl monotonic_clock::Host for Waiting<'_> {
    fn now(&mut self) -> wasmtime::Result<u64> {
        Ok(HostMonotonicClock::now(&Standing))
    }

    fn resolution(&mut self) -> wasmtime::Result<u64> {
        Ok(HostMonotonicClock::resolution(&Standing))
    }

    fn subscribe_instant(&mut self, _when: u64) -> wasmtime::Result<Resource<DynPollable>> {
        self.subscribe_duration(0)
    }

    fn subscribe_duration(&mut self, _nanoseconds: u64) -> wasmtime::Result<Resource<DynPollable>> {
        let over = self.0.push(Over)?;
        subscribe(self.0, over)
    }
}

struct Over;

#[async_trait]
impl Pollable for Over {
    async fn ready(&mut self) {}
}
