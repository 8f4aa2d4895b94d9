//! The loaded plugins and how one is called: a fresh store, its limits, the ticker, and
//! what is left afterwards. What the functions are is not known here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use bytes::Bytes;
use orch_engine::Cancel;
use orch_engine::port::{Called, FactSource};
use orch_model::{Log, LogLevel, PluginFailure, PluginId, PluginOrigin, PluginSummary, Role};
use wasmtime::component::{Component, InstancePre};
use wasmtime::{Engine, Store, UpdateDeadline};

use crate::call::CallState;
use crate::component_file::ComponentFile;
use crate::failure::{self, CallError, Misfit, Place};
use crate::machinery::Machinery;
use crate::permission::Permissions;
use crate::v0_1::{Guest, Roles};
use crate::wasi::EmptyWorld;
use crate::{Grants, Limits, compile, inspect, shown};

/// What a host is told when it starts.
#[derive(Clone, Debug)]
pub struct PluginHostSettings {
    /// The user's cache folder; compiled code lies in `compiled/` below it. Nothing is
    /// made there before a plugin is called.
    pub cache: PathBuf,
    /// What plugins may take.
    pub limits: Limits,
    /// The user's wish to stop: nobody waits any longer for a plugin that is being compiled.
    pub cancel: Cancel,
}

/// Loads plugins and calls them. Cheap to make: the engine starts with the first call.
pub struct PluginHost {
    settings: PluginHostSettings,
    limits: Arc<Limits>,
    facts: Arc<dyn FactSource>,
    grants: Grants,
    plugins: RwLock<BTreeMap<PluginId, Arc<Loaded>>>,
    machinery: OnceLock<Result<Machinery, String>>,
    /// Said once, with the next call's lines.
    warnings: Mutex<Warnings>,
}

#[derive(Default)]
struct Warnings {
    pending: Option<String>,
    given: bool,
}

struct Loaded {
    summary: PluginSummary,
    bytes: Bytes,
    permissions: Arc<Permissions>,
    wants_wasi: bool,
    prepared: Mutex<Option<Result<Arc<Prepared>, PluginFailure>>>,
}

/// A component that only has to be instantiated.
struct Prepared {
    component: InstancePre<CallState>,
    roles: Roles,
}

impl PluginHost {
    /// A host without plugins.
    pub fn new(settings: PluginHostSettings, facts: Arc<dyn FactSource>, grants: Grants) -> Self {
        Self {
            limits: Arc::new(settings.limits.clone()),
            settings,
            facts,
            grants,
            plugins: RwLock::default(),
            machinery: OnceLock::new(),
            warnings: Mutex::default(),
        }
    }

    /// Loads a component. Reads and checks it, but compiles nothing yet. One that is not
    /// bundled takes the place of a bundled one of the same name.
    pub fn load_bytes(
        &self,
        component: impl Into<Bytes>,
        origin: PluginOrigin,
    ) -> Result<PluginId, PluginFailure> {
        let bytes = component.into();
        let summary = inspect::inspect_within(&bytes, origin, &self.limits)?;
        let bundled = summary.origin == PluginOrigin::Bundled;
        let permissions = Permissions::new(&summary, |ask| {
            bundled || self.grants.allows(&summary.digest, ask)
        });
        let id = summary.manifest.id.clone();
        let loaded = Arc::new(Loaded {
            wants_wasi: summary.imports.iter().any(|name| name.starts_with("wasi:")),
            permissions: Arc::new(permissions),
            prepared: Mutex::default(),
            summary,
            bytes,
        });
        let mut plugins = self.plugins.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(other) = plugins.get(&id) {
            let same = other.summary.digest == loaded.summary.digest;
            match (&other.summary.origin, &loaded.summary.origin) {
                _ if same => return Ok(id),
                (PluginOrigin::Path(_), PluginOrigin::Bundled) => return Ok(id),
                (PluginOrigin::Bundled, PluginOrigin::Path(_)) => {}
                _ => {
                    return Err(PluginFailure::Unusable(format!(
                        "two different plugins are called `{id}`: {} and {}; take one out, or \
                         give it another `id` in its `orch-plugin.toml`",
                        place(&other.summary.origin),
                        place(&loaded.summary.origin)
                    )));
                }
            }
        }
        plugins.insert(id.clone(), loaded);
        Ok(id)
    }

    /// Loads a component from a file, or from a folder that holds exactly one `*.wasm`.
    /// The path is below `base`; messages and the plugin's origin say it without.
    pub fn load_path(&self, base: &Path, path: &Path) -> Result<PluginId, PluginFailure> {
        let file = ComponentFile::read(base, path, self.limits.component_bytes)?;
        let origin = PluginOrigin::Path(file.path.display().to_string());
        self.load_bytes(file.bytes, origin)
    }

    /// All loaded plugins, bundled ones first, then by name.
    pub fn summaries(&self) -> Vec<PluginSummary> {
        let plugins = self.plugins.read().unwrap_or_else(PoisonError::into_inner);
        let mut summaries: Vec<_> = plugins.values().map(|one| one.summary.clone()).collect();
        summaries.sort_by_key(|summary| summary.origin != PluginOrigin::Bundled);
        summaries
    }

    /// Gets plugins ready to be called, those that must be compiled at the same time. Does
    /// nothing for those that are ready. A plugin that cannot be compiled says so when it
    /// is called.
    pub fn prepare(&self, plugins: &[PluginId]) {
        std::thread::scope(|scope| {
            for plugin in plugins {
                if let Ok(loaded) = self.find(plugin) {
                    scope.spawn(move || self.prepared(&loaded).map(drop));
                }
            }
        });
    }

    /// Compiles a plugin, instantiates it, and compares the types of all its functions
    /// with the contract, without calling any.
    pub fn check(&self, plugin: &PluginId) -> Result<(), PluginFailure> {
        let loaded = self.find(plugin)?;
        let Some(role) = loaded.summary.manifest.roles.first().copied() else {
            return Ok(());
        };
        self.call(plugin, role, "start", |guest| guest.check())
            .result
    }

    /// One call: `work` gets a fresh instance.
    pub(crate) fn call<T>(
        &self,
        plugin: &PluginId,
        role: Role,
        function: &'static str,
        work: impl FnOnce(Guest<'_>) -> Result<T, CallError>,
    ) -> Called<T> {
        let failed = |failure| Called {
            result: Err(failure),
            facts: Vec::new(),
            logs: self.warning(plugin).into_iter().collect(),
        };
        let loaded = match self.find(plugin) {
            Ok(loaded) => loaded,
            Err(failure) => return failed(failure),
        };
        let manifest = &loaded.summary.manifest;
        let place = Place {
            plugin,
            version: &manifest.version,
            role,
            function,
        };
        if !manifest.roles.contains(&role) {
            return failed(failure::no_such_role(&place));
        }
        let (machinery, prepared) = match self.prepared(&loaded) {
            Ok(ready) => ready,
            Err(failure) => return failed(failure),
        };
        let mut store = self.store(&machinery.engine, &loaded);
        let result = {
            let _flight = machinery.ticker.fly();
            prepared
                .component
                .instantiate(&mut store)
                .map_err(CallError::Ended)
                .and_then(|instance| {
                    work(Guest {
                        store: &mut store,
                        instance,
                        roles: &prepared.roles,
                        plugin,
                    })
                })
        };
        let left = store.into_data().finish();
        let result = result.map_err(|error| failure::of_call(&place, error, &left, &self.limits));
        Called {
            result,
            facts: left.facts,
            logs: self.warning(plugin).into_iter().chain(left.logs).collect(),
        }
    }

    /// A store that holds a call to its limits.
    fn store(&self, engine: &Engine, loaded: &Loaded) -> Store<CallState> {
        let state = CallState::new(
            loaded.summary.manifest.id.clone(),
            loaded.permissions.clone(),
            self.facts.clone(),
            self.limits.clone(),
            loaded.wants_wasi.then(EmptyWorld::new),
        );
        let mut store = Store::new(engine, state);
        store.limiter(|state| &mut state.resources);
        store.set_hostcall_fuel(self.limits.result_bytes);
        store.set_epoch_deadline(1);
        // Looks at the clock with every tick: ticks themselves go on while a question is
        // answered, and that time is not the plugin's.
        store.epoch_deadline_callback(|context| {
            context.data().check_time()?;
            Ok(UpdateDeadline::Continue(1))
        });
        store
    }

    fn find(&self, plugin: &PluginId) -> Result<Arc<Loaded>, PluginFailure> {
        let plugins = self.plugins.read().unwrap_or_else(PoisonError::into_inner);
        plugins.get(plugin).cloned().ok_or_else(|| {
            let known: Vec<_> = plugins.keys().map(|id| format!("`{id}`")).collect();
            PluginFailure::Unusable(format!(
                "no plugin `{plugin}` is loaded; loaded are: {}",
                if known.is_empty() {
                    "none".to_owned()
                } else {
                    known.join(", ")
                }
            ))
        })
    }

    fn machinery(&self) -> Result<&Machinery, PluginFailure> {
        self.machinery
            .get_or_init(|| {
                Machinery::start(&self.settings.cache, self.limits.stack_bytes)
                    .map_err(|error| shown::line(&format!("{error:#}"), 1_000))
            })
            .as_ref()
            .map_err(|error| {
                PluginFailure::Host(format!("could not start the WebAssembly engine: {error}"))
            })
    }

    /// The plugin, compiled and linked, now or before.
    fn prepared(&self, loaded: &Loaded) -> Result<(&Machinery, Arc<Prepared>), PluginFailure> {
        let machinery = self.machinery()?;
        let mut prepared = loaded
            .prepared
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let prepared = prepared.get_or_insert_with(|| self.make_ready(machinery, loaded));
        Ok((machinery, prepared.clone()?))
    }

    fn make_ready(
        &self,
        machinery: &Machinery,
        loaded: &Loaded,
    ) -> Result<Arc<Prepared>, PluginFailure> {
        let manifest = &loaded.summary.manifest;
        let compiled = compile::compile::<Component>(
            &machinery.engine,
            &machinery.code,
            loaded.bytes.clone(),
            &loaded.summary.digest,
            self.limits.compile_time,
            &self.settings.cancel,
        )
        .map_err(|error| {
            PluginFailure::Unusable(format!(
                "plugin `{}` {} ({}) {error}",
                manifest.id,
                manifest.version,
                place(&loaded.summary.origin)
            ))
        })?;
        if let Some(why) = compiled.not_kept {
            let mut warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
            if !warnings.given {
                warnings.given = true;
                warnings.pending = Some(why);
            }
        }
        let misfit = |error: wasmtime::Error| {
            let text = Misfit::Import.text(&manifest.id, &manifest.version, &error);
            PluginFailure::Unusable(text)
        };
        let linker = machinery
            .linker(loaded.wants_wasi)
            .map_err(PluginFailure::Host)?;
        let component = linker.instantiate_pre(&compiled.code).map_err(misfit)?;
        let roles = Roles::find(&component, &manifest.roles).map_err(misfit)?;
        Ok(Arc::new(Prepared { component, roles }))
    }

    fn warning(&self, plugin: &PluginId) -> Option<Log> {
        let mut warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        warnings.pending.take().map(|message| Log {
            plugin: plugin.clone(),
            level: LogLevel::Warning,
            message,
        })
    }
}

impl std::fmt::Debug for PluginHost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PluginHost")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// Where a plugin comes from, in a sentence.
fn place(origin: &PluginOrigin) -> String {
    match origin {
        PluginOrigin::Bundled => "bundled".to_owned(),
        PluginOrigin::Path(path) => format!("`{}`", shown::value(path)),
    }
}
