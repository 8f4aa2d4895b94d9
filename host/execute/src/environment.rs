//! What a process gets to see of the world in its environment, and which file its program
//! is.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use orch_model::{Action, Fault, Part, Root, Word};

use crate::ended::Ended;
use crate::workspace::Workspace;

/// An environment, sorted by name.
pub(crate) type Environment = BTreeMap<OsString, OsString>;

/// The whole environment of a native process: what the action sets, and below that what
/// every program may count on. Nothing of the user's.
pub(crate) fn environment(
    action: &Action,
    workspace: &Workspace,
    system_path: &OsStr,
) -> Result<Environment, Fault> {
    let scratch = workspace.root(&Root::Scratch)?;
    let mut environment = Environment::from([
        ("HOME".into(), scratch.join("home").into()),
        ("LANG".into(), "C.UTF-8".into()),
        ("PATH".into(), default_path(action, workspace, system_path)?),
        ("TMPDIR".into(), scratch.join("tmp").into()),
        ("TZ".into(), "UTC".into()),
    ]);
    for variable in &action.environment {
        environment.insert(
            variable.name.clone().into(),
            workspace.word(&variable.value)?,
        );
    }
    Ok(environment)
}

/// `PATH` where the action sets none: the `bin` folders of its toolchains, and the
/// machine's programs only for an action that asks for one of them by name.
fn default_path(
    action: &Action,
    workspace: &Workspace,
    system_path: &OsStr,
) -> Result<OsString, Fault> {
    let mut folders = Vec::new();
    for tool in &action.tools {
        let folder = workspace.root(&Root::Tool(tool.clone()))?.join("bin");
        if folder.is_dir() {
            folders.push(folder);
        }
    }
    if plain_name(&action.program).is_some() {
        folders.extend(absolute_folders(system_path));
    }
    if folders.is_empty() {
        // An empty `PATH` means the working directory to some programs, and a missing one
        // the system's folders to others. This one holds no programs for any of them.
        folders.push(workspace.root(&Root::Scratch)?.join("bin"));
    }
    std::env::join_paths(folders)
        .map_err(|error| Fault::internal(format!("a folder cannot be part of `PATH`: {error}")))
}

/// The file of an action's program.
pub(crate) fn program(
    action: &Action,
    workspace: &Workspace,
    environment: &Environment,
) -> Result<PathBuf, Ended> {
    if let Some(name) = plain_name(&action.program) {
        let path = environment.get(OsStr::new("PATH")).map(OsString::as_os_str);
        return find(OsStr::new(name), path.unwrap_or_default()).ok_or_else(|| {
            Ended::failed_with_hint(
                format!("could not be started: there is no program `{name}` on its `PATH`"),
                "install it, or name the toolchain that has it in `tools`",
            )
        });
    }
    // A name with a `/` is read in the working directory, as a shell reads it.
    let directory = workspace.path(&action.directory)?;
    Ok(directory.join(workspace.word(&action.program)?))
}

/// The first file of the name that may be executed, in the folders of a `PATH`. Folders
/// that are relative to who knows where are passed over.
pub(crate) fn find(name: &OsStr, path: &OsStr) -> Option<PathBuf> {
    absolute_folders(path)
        .map(|folder| folder.join(name))
        .find(|file| is_executable(file))
}

fn absolute_folders(path: &OsStr) -> impl Iterator<Item = PathBuf> {
    std::env::split_paths(path).filter(|folder| folder.is_absolute())
}

fn is_executable(file: &Path) -> bool {
    file.metadata()
        .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

/// The program's name, if it is one that `PATH` finds.
fn plain_name(program: &Word) -> Option<&str> {
    match program.0.as_slice() {
        [Part::Text(name)] if !name.contains('/') && !name.is_empty() => Some(name),
        _ => None,
    }
}
