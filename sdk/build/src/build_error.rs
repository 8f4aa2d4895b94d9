//! Why a plugin could not be built, said so that its author knows what to do.

use std::io;
use std::path::{Path, PathBuf};

/// Why a plugin could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The folder has no `orch-plugin.toml`, or nothing to build.
    #[error("`{}` does not exist; a plugin's folder holds `orch-plugin.toml` and `Cargo.toml`, or `build/component.wasm` in place of the second", .0.display())]
    Missing(PathBuf),
    /// A file could not be read.
    #[error("could not read `{}`: {error}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// A file could not be written.
    #[error("could not write `{}`: {error}", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The manifest is not as it should be.
    #[error("{place}: {reason}")]
    Manifest {
        /// The file, or what stands for it.
        place: String,
        /// What is wrong; several lines where a place in the file is shown.
        reason: String,
    },
    /// There is no standard library for WebAssembly.
    #[error(
        "there is no standard library for wasm32-unknown-unknown, which plugins are compiled for; \
         install it with one of\n  rustup target add wasm32-unknown-unknown\n  \
         apt-get install --no-install-recommends rustc-web rust-web-src"
    )]
    NoStandardLibrary,
    /// There is no linker for WebAssembly.
    #[error(
        "there is no linker for WebAssembly: neither `rust-lld` in rustc's own folder nor \
         `/usr/bin/wasm-ld`; install it with\n  apt-get install --no-install-recommends lld"
    )]
    NoLinker,
    /// A program could not be started.
    #[error("could not run `{}`: {error}", .program.display())]
    Start {
        /// The program.
        program: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The compiler or cargo said no.
    #[error("`cargo {verb}` failed in `{}`{}", .folder.display(), if .messages.is_empty() { String::new() } else { format!(":\n{messages}") })]
    Cargo {
        /// What cargo was asked to do.
        verb: &'static str,
        /// Where.
        folder: PathBuf,
        /// What it wrote, where that was kept.
        messages: String,
    },
    /// Cargo wrote something that this crate does not understand.
    #[error("could not understand what cargo wrote: {0}")]
    Messages(serde_json::Error),
    /// The crate makes no WebAssembly module.
    #[error(
        "`{}` makes no plugin; its `Cargo.toml` needs\n  [lib]\n  crate-type = [\"cdylib\"]",
        .folder.join("Cargo.toml").display()
    )]
    NoModule {
        /// The crate's folder.
        folder: PathBuf,
    },
    /// The module is no plugin, or its component is broken.
    #[error("could not make a component of plugin `{id}`: {reason}")]
    Component {
        /// The plugin.
        id: String,
        /// What is wrong.
        reason: String,
    },
    /// The manifest and the component do not agree on the roles.
    #[error("plugin `{id}` {disagreement}")]
    Roles {
        /// The plugin.
        id: String,
        /// How they do not agree, and what to do.
        disagreement: String,
    },
}

impl BuildError {
    /// For a file that could not be read.
    pub(crate) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |error| match error.kind() {
            io::ErrorKind::NotFound => BuildError::Missing(path.to_owned()),
            _ => BuildError::Read {
                path: path.to_owned(),
                error,
            },
        }
    }
}
