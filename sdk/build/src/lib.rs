//! Makes plugins for `orch`: a folder with a Rust crate and an `orch-plugin.toml` becomes
//! a component with its manifest inside; a component of another language gets one.
//!
//! It knows cargo, the component encoding and the manifest's shape. It does not know the
//! host: whether a plugin works is for `orch plugin check` to say. It reads no environment
//! of its own: what a nested cargo inherits comes in by [`Options`].

mod build_error;
mod cargo;
mod component;
mod environment;
mod manifest;
mod rustc_wrapper;
mod standard_library;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

pub use crate::build_error::BuildError;
pub use crate::component::embed;
pub use crate::manifest::{MANIFEST_FILE, manifest};

/// How to build.
#[derive(Clone, Debug)]
pub struct Options {
    /// The environment that cargo is run from. What would bend the build is taken out of
    /// it: see [`Options::new`].
    environment: Vec<(OsString, OsString)>,
    /// The cargo to run.
    pub cargo: PathBuf,
    /// Whether the lock file must be up to date; a stale one is an error then.
    pub locked: bool,
    /// Whether cargo may use the network.
    pub offline: bool,
    /// Where cargo's progress and diagnostics go.
    pub messages: Messages,
}

/// Where cargo's progress and diagnostics go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Messages {
    /// To this process's standard error stream, as they come.
    Inherit,
    /// Nowhere, until the build fails: then into the error.
    Keep,
}

impl Options {
    /// Builds with `cargo` as `PATH` finds it, in this environment (usually
    /// `std::env::vars_os()`) without the variables that a build script or a wrapper is
    /// given, so that a plugin is the same from wherever it is built.
    pub fn new(environment: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        Self {
            environment: environment::inherited(environment),
            cargo: PathBuf::from("cargo"),
            locked: false,
            offline: false,
            messages: Messages::Inherit,
        }
    }
}

/// A plugin, ready to be loaded.
#[derive(Clone, Debug, PartialEq)]
pub struct BuiltPlugin {
    /// Its name.
    pub id: String,
    /// The folder with its `orch-plugin.toml`.
    pub folder: PathBuf,
    /// The content of its `orch:manifest` section.
    pub manifest: serde_json::Value,
    /// The component, manifest included.
    pub component: Vec<u8>,
}

/// Where another language's tools leave a component, below the plugin's folder, for
/// [`build`] to put the manifest in.
const COMPONENT_FILE: &str = "build/component.wasm";

/// Builds the plugin in `folder`. Intermediate files lie below `target_dir`, which
/// several builds share with profit: the standard library is compiled there once. Both
/// paths are absolute.
///
/// A folder without `Cargo.toml` holds a component that another language's tools made, as
/// `build/component.wasm`; it gets its manifest and is otherwise left as it is.
pub fn build(
    folder: &Path,
    target_dir: &Path,
    options: &Options,
) -> Result<BuiltPlugin, BuildError> {
    let component = folder.join(COMPONENT_FILE);
    if !folder.join("Cargo.toml").exists() && component.exists() {
        let manifest = manifest::read(folder)?;
        let bytes = std::fs::read(&component).map_err(BuildError::read(&component))?;
        return Ok(plugin(
            folder.to_owned(),
            component::with_manifest(bytes, &manifest)?,
            manifest,
        ));
    }
    let mut built = cargo::modules(folder, cargo::Members::This, target_dir, options)?;
    match built.len() {
        1 => finish(built.remove(0)),
        _ => Err(BuildError::NoModule {
            folder: folder.to_owned(),
        }),
    }
}

/// Builds every plugin of the cargo workspace in `folder` with one run of cargo: each
/// member below it that has an `orch-plugin.toml` beside its `Cargo.toml`, sorted by name.
pub fn build_workspace(
    folder: &Path,
    target_dir: &Path,
    options: &Options,
) -> Result<Vec<BuiltPlugin>, BuildError> {
    let mut plugins = cargo::modules(folder, cargo::Members::All, target_dir, options)?
        .into_iter()
        .map(finish)
        .collect::<Result<Vec<_>, _>>()?;
    plugins.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(plugins)
}

/// Where the standard library for WebAssembly would come from, in words; an error that
/// says how to install it where there is none. Builds nothing.
pub fn standard_library(options: &Options) -> Result<&'static str, BuildError> {
    let found = standard_library::StandardLibrary::find(Path::new("/"), options)?;
    Ok(match found {
        standard_library::StandardLibrary::Installed { .. } => "the toolchain's own",
        standard_library::StandardLibrary::Sources { .. } => "compiled from Debian's sources",
    })
}

fn finish(module: cargo::Module) -> Result<BuiltPlugin, BuildError> {
    let manifest = manifest::read(&module.folder)?;
    let bytes = std::fs::read(&module.file).map_err(BuildError::read(&module.file))?;
    let component = component::wrap(&bytes, &manifest)?;
    Ok(plugin(module.folder, component, manifest))
}

fn plugin(folder: PathBuf, component: Vec<u8>, manifest: serde_json::Value) -> BuiltPlugin {
    BuiltPlugin {
        id: manifest["id"].as_str().unwrap_or_default().to_owned(),
        folder,
        manifest,
        component,
    }
}
