//! Runs cargo: one run finds the crates, one compiles them. The same sources give the
//! same bytes in any folder, so names of files in panics are made relative.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::manifest::MANIFEST_FILE;
use crate::standard_library::{StandardLibrary, TARGET};
use crate::{BuildError, Messages, Options, rustc_wrapper};

/// Without it the linker pads each call and each address in code to five bytes: 6 % of a plugin.
const SHORT_ADDRESSES: &str = "-Clink-arg=--compress-relocations";

/// Which crates of a folder's workspace to build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Members {
    /// The crate in the folder itself.
    This,
    /// All that are plugins.
    All,
}

/// A compiled crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Module {
    /// Where its `Cargo.toml` lies.
    pub(crate) folder: PathBuf,
    /// The core WebAssembly module.
    pub(crate) file: PathBuf,
}

/// What `cargo metadata` says, as far as it matters here.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_members: Vec<String>,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    manifest_path: PathBuf,
    source: Option<String>,
    targets: Vec<Target>,
}

impl Package {
    fn folder(&self) -> &Path {
        self.manifest_path.parent().unwrap_or(&self.manifest_path)
    }

    /// Whether a WebAssembly module comes of it.
    fn makes_module(&self) -> bool {
        self.targets.iter().any(Target::is_module)
    }
}

/// A line of `cargo build --message-format=json`.
#[derive(Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
enum Line {
    CompilerArtifact {
        manifest_path: PathBuf,
        target: Target,
        filenames: Vec<PathBuf>,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Target {
    crate_types: Vec<String>,
}

impl Target {
    fn is_module(&self) -> bool {
        self.crate_types.iter().any(|made| made == "cdylib")
    }
}

/// Compiles plugins to core modules.
pub(crate) fn modules(
    folder: &Path,
    members: Members,
    target_dir: &Path,
    options: &Options,
) -> Result<Vec<Module>, BuildError> {
    let manifest_file = folder.join("Cargo.toml");
    if !manifest_file.is_file() {
        return Err(BuildError::Missing(manifest_file));
    }
    let folder = folder.canonicalize().map_err(BuildError::read(folder))?;
    if members == Members::This {
        // Before anything is compiled, which takes longer.
        crate::manifest::read(&folder)?;
    }
    let metadata = metadata(&folder, options)?;
    let plugins: Vec<_> = metadata
        .packages
        .iter()
        .filter(|package| metadata.workspace_members.contains(&package.id))
        .filter(|package| match members {
            Members::This => package.folder() == folder,
            // A member that lies elsewhere, such as an example, is built by itself.
            Members::All => {
                package.folder().starts_with(&folder)
                    && package.folder().join(MANIFEST_FILE).is_file()
            }
        })
        .collect();
    if plugins.is_empty() {
        // A workspace without a package of its own: cargo would build all its members.
        return Err(BuildError::NoModule { folder });
    }
    let no_module = |package: &Package| BuildError::NoModule {
        folder: package.folder().to_owned(),
    };
    if let Some(package) = plugins.iter().find(|package| !package.makes_module()) {
        return Err(no_module(package));
    }
    let standard_library = StandardLibrary::find(&folder, options)?;

    let mut cargo = command(&folder, "build", options);
    cargo
        .args(["--release", "--lib", "--target", TARGET])
        .arg("--message-format=json-render-diagnostics")
        .arg("--target-dir")
        .arg(target_dir)
        .args(plugins.iter().flat_map(|package| ["-p", &package.name]));
    // One profile for every plugin, small and the same everywhere.
    for (key, value) in [
        ("OPT_LEVEL", "s"),
        ("LTO", "true"),
        ("CODEGEN_UNITS", "1"),
        ("PANIC", "abort"),
        ("STRIP", "true"),
        ("DEBUG", "false"),
    ] {
        cargo.env(format!("CARGO_PROFILE_RELEASE_{key}"), value);
    }
    let mut flags = OsString::from(SHORT_ADDRESSES);
    flags.push(remapped(&metadata, &standard_library, target_dir));
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags);
    if let Some(wrapper) = rustc_wrapper::wrapper(target_dir)? {
        cargo.env("RUSTC_WRAPPER", wrapper);
    }
    standard_library.apply(&mut cargo);

    let output = run(cargo, "build", &folder, options)?;
    let mut modules = Vec::new();
    for line in output
        .split(|&byte| byte == b'\n')
        .filter(|line| line.starts_with(b"{"))
    {
        let line: Line = serde_json::from_slice(line).map_err(BuildError::Messages)?;
        let Line::CompilerArtifact {
            manifest_path,
            target,
            filenames,
        } = line
        else {
            continue;
        };
        let made = plugins
            .iter()
            .find(|package| package.manifest_path == manifest_path);
        let file = filenames.into_iter().find(|file| {
            file.extension()
                .is_some_and(|extension| extension == "wasm")
        });
        if let (Some(package), Some(file)) = (made, file)
            && target.is_module()
        {
            modules.push(Module {
                folder: package.folder().to_owned(),
                file,
            });
        }
    }
    match plugins.iter().find(|package| {
        !modules
            .iter()
            .any(|module| module.folder == package.folder())
    }) {
        Some(package) => Err(no_module(package)),
        None => Ok(modules),
    }
}

fn metadata(folder: &Path, options: &Options) -> Result<Metadata, BuildError> {
    let mut cargo = command(folder, "metadata", options);
    cargo.args(["--format-version", "1", "--filter-platform", TARGET]);
    let output = run(cargo, "metadata", folder, options)?;
    serde_json::from_slice(&output).map_err(BuildError::Messages)
}

/// Flags that give every file a name without a folder of this machine in it, each behind the
/// separator.
fn remapped(
    metadata: &Metadata,
    standard_library: &StandardLibrary,
    target_dir: &Path,
) -> OsString {
    let mut names = BTreeMap::new();
    names.insert(target_dir.to_owned(), "/target".to_owned());
    names.insert(standard_library.sources(), "/rust".to_owned());
    for package in &metadata.packages {
        match (&package.source, package.folder().parent()) {
            // The folder above it is shared by the crates of one registry, so that one
            // more dependency changes no flag and recompiles nothing.
            (Some(_), Some(above)) => names.insert(above.to_owned(), "/crates".to_owned()),
            _ => names.insert(
                package.folder().to_owned(),
                format!("/{}-{}", package.name, package.version),
            ),
        };
    }
    let mut flags = OsString::new();
    // A folder's own name stands behind the name of the one that it lies in, and the
    // last flag that fits wins: the map's order is right.
    for (folder, name) in names {
        flags.push("\u{1f}--remap-path-prefix=");
        flags.push(folder);
        flags.push("=");
        flags.push(name);
    }
    flags
}

fn command(folder: &Path, verb: &str, options: &Options) -> Command {
    let mut cargo = Command::new(&options.cargo);
    cargo
        .arg(verb)
        .current_dir(folder)
        .env_clear()
        .envs(options.environment.iter().cloned())
        .stdin(Stdio::null());
    if options.locked {
        cargo.arg("--locked");
    }
    if options.offline {
        cargo.arg("--offline");
    }
    cargo
}

/// What cargo wrote to its standard output, if it succeeded.
fn run(
    mut cargo: Command,
    verb: &'static str,
    folder: &Path,
    options: &Options,
) -> Result<Vec<u8>, BuildError> {
    let start = |error| BuildError::Start {
        program: options.cargo.clone(),
        error,
    };
    cargo.stdout(Stdio::piped());
    let (succeeded, stdout, messages) = match options.messages {
        Messages::Keep => {
            let output = cargo.output().map_err(start)?;
            let messages = String::from_utf8_lossy(&output.stderr)
                .trim_end()
                .to_owned();
            (output.status.success(), output.stdout, messages)
        }
        Messages::Inherit => {
            let mut child = cargo.stderr(Stdio::inherit()).spawn().map_err(start)?;
            let mut stdout = Vec::new();
            if let Some(mut pipe) = child.stdout.take() {
                pipe.read_to_end(&mut stdout).map_err(start)?;
            }
            let status = child.wait().map_err(start)?;
            (status.success(), stdout, String::new())
        }
    };
    if succeeded {
        Ok(stdout)
    } else {
        Err(BuildError::Cargo {
            verb,
            folder: folder.to_owned(),
            messages,
        })
    }
}
