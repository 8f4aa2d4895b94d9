//! Puts the house together: which implementation stands behind each port.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use orch_engine::Cancel;
use orch_engine::port::FactSource;
use orch_fetch::Fetcher;
use orch_model::{Fault, FaultKind, PluginOrigin};
use orch_plugins::{Limits, PluginHost, PluginHostSettings};
use orch_store::{InUse, Store};

use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::facts::MachineFacts;
use crate::grants;
use crate::interrupt;
use crate::machine_toolchains::MachineToolchains;
use crate::stop::Stop;

/// How long to wait before somebody else's hold on the cache is looked at again.
const PAUSE: Duration = Duration::from_millis(20);

/// After so many pauses the user is told what is waited for.
const UNSAID: Duration = PAUSE.saturating_mul(25);

/// What every command that does something works with.
pub struct House {
    /// The user's machine and shell.
    pub environment: Environment,
    /// Content and records.
    pub store: Store,
    /// Keeps `orch cache gc` from removing what is in use.
    _in_use: InUse,
    /// The way to the network.
    pub fetcher: Arc<Fetcher>,
    /// Compilers and SDKs, fetched ones and those of the machine.
    pub toolchains: MachineToolchains,
    /// Whether the user keeps it from the network.
    pub offline: bool,
    /// Answers to plugins' questions.
    pub facts: Arc<dyn FactSource>,
    /// The user's wish to stop.
    pub cancel: Cancel,
}

impl House {
    /// Opens the store, and waits until nobody removes from it; starts nothing else.
    pub fn open(
        environment: Environment,
        project: Option<PathBuf>,
        offline: bool,
        console: &Console,
    ) -> Result<Self, Fault> {
        let store = Store::open(&environment.cache).map_err(about_cache)?;
        let in_use = share(&store, console).map_err(about_cache)?;
        let fetcher = Arc::new(Fetcher::new(environment.fetch_settings(offline)?)?);
        let facts = Arc::new(MachineFacts::new(&environment, project, fetcher.clone()));
        let toolchains = MachineToolchains {
            fetcher: fetcher.clone(),
            programs: facts.programs.clone(),
            store: store.clone(),
        };
        Ok(Self {
            environment,
            store,
            _in_use: in_use,
            fetcher,
            toolchains,
            offline,
            facts,
            cancel: Cancel::new(),
        })
    }

    /// The user's wish to stop, which an interrupt is from now on. Before, it ends the process.
    pub fn interruptible(&self, console: &Console) -> Result<&Cancel, Fault> {
        interrupt::listen(&self.cancel, !console.is_json())?;
        Ok(&self.cancel)
    }

    /// The plugin host with the bundled plugins, and those of a pipeline in their place or
    /// beside them: the name that the pipeline gives each, and its file.
    pub fn plugins(&self, console: &Console, own: &[OwnPlugin]) -> Result<PluginHost, Stop> {
        let (host, faults) =
            load_plugins(&self.environment, self.facts.clone(), &self.cancel, own)?;
        faults.iter().for_each(|fault| console.fault(fault));
        match faults.is_empty() {
            false => Err(Stop::Said(Exit::Plugin)),
            true => Ok(host),
        }
    }
}

/// A plugin host with the bundled plugins, and those of a pipeline that could be loaded; what is
/// wrong with the others.
pub fn load_plugins(
    environment: &Environment,
    facts: Arc<dyn FactSource>,
    cancel: &Cancel,
    own: &[OwnPlugin],
) -> Result<(PluginHost, Vec<Fault>), Fault> {
    let settings = PluginHostSettings {
        cache: environment.cache.clone(),
        limits: Limits::default(),
        cancel: cancel.clone(),
    };
    let host = PluginHost::new(settings, facts, grants::read(environment)?);
    for bundled in orch_bundled::PLUGINS {
        host.load_bytes(bundled.component, PluginOrigin::Bundled)
            .map_err(|failure| {
                Fault::internal(format!("bundled plugin `{}`: {failure}", bundled.id))
            })?;
    }
    let mut faults = Vec::new();
    for own in own {
        let loaded = host
            .load_path(&own.folder, &own.path)
            .map_err(|failure| failure.to_string())
            .and_then(|id| match id.as_str() == own.name {
                true => Ok(()),
                false => Err(format!(
                    "plugin `{}` (`{}`) calls itself `{id}`; use that name under `[plugins]`",
                    own.name,
                    own.path.display()
                )),
            });
        faults.extend(loaded.err().map(|why| Fault::new(FaultKind::Plugin, why)));
    }
    Ok((host, faults))
}

/// A fault of the cache folder, which the user can always move.
fn about_cache(fault: Fault) -> Fault {
    match fault.hint {
        Some(_) => fault,
        None => fault.hint("set `ORCH_CACHE_DIR` to a folder that can be written"),
    }
}

/// Waits for an `orch cache gc`. Nobody listens for an interrupt yet, so that one ends the
/// waiting as it ends any program.
fn share(store: &Store, console: &Console) -> Result<InUse, Fault> {
    let mut waited = Duration::ZERO;
    loop {
        if let Some(in_use) = store.try_share()? {
            return Ok(in_use);
        }
        if waited == UNSAID {
            console.say("waiting for an `orch cache gc` that has the cache for itself");
        }
        std::thread::sleep(PAUSE);
        waited += PAUSE;
    }
}

/// A plugin that a pipeline names.
#[derive(Clone, Debug)]
pub struct OwnPlugin {
    /// Its name in the pipeline.
    pub name: String,
    /// The pipeline's folder.
    pub folder: PathBuf,
    /// A component, or a folder that holds one, as the pipeline says it: below its folder.
    pub path: PathBuf,
}
