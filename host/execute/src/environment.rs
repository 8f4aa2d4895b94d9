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
    let scratch = workspace.shown_root(&Root::Scratch)?;
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
        let tool = Root::Tool(tool.clone());
        if workspace.root(&tool)?.join("bin").is_dir() {
            folders.push(workspace.shown_root(&tool)?.join("bin"));
        }
    }
    if plain_name(&action.program).is_some() {
        let shown = |folder: &PathBuf| workspace.real(folder).is_some();
        folders.extend(absolute_folders(system_path).filter(shown));
    }
    if folders.is_empty() {
        // An empty `PATH` means the working directory to some programs, and a missing one
        // the system's folders to others. This one holds no programs for any of them.
        folders.push(workspace.shown_root(&Root::Scratch)?.join("bin"));
    }
    std::env::join_paths(folders)
        .map_err(|error| Fault::internal(format!("a folder cannot be part of `PATH`: {error}")))
}

/// The file of an action's program, by the path that the action goes by.
pub(crate) fn program(
    action: &Action,
    workspace: &Workspace,
    environment: &Environment,
    system_path: &OsStr,
) -> Result<PathBuf, Ended> {
    if let Some(name) = plain_name(&action.program) {
        let path = environment.get(OsStr::new("PATH")).map(OsString::as_os_str);
        return find(OsStr::new(name), path.unwrap_or_default(), workspace)
            .ok_or_else(|| nowhere(name, system_path));
    }
    // A name with a `/` is read in the working directory, as a shell reads it.
    let directory = workspace.shown(&action.directory)?;
    let program = directory.join(workspace.word(&action.program)?);
    match workspace.real(&program) {
        Some(_) => Ok(program),
        None => Err(hidden(&action.program.to_string(), &program)),
    }
}

/// The first file of the name that may be executed, in the folders of a `PATH` that are
/// shown to the action. Folders that are relative to who knows where are passed over.
pub(crate) fn find(name: &OsStr, path: &OsStr, workspace: &Workspace) -> Option<PathBuf> {
    absolute_folders(path)
        .map(|folder| folder.join(name))
        .find(|file| {
            let real = workspace.real(file).filter(|real| is_executable(real));
            real.is_some_and(|real| workspace.shows_end_of(&real))
        })
}

/// A program of the machine by its name, whether or not a sandbox shows it: the first file that
/// may be executed in the folders of a `PATH`.
pub fn find_program(name: &str, path: &OsStr) -> Option<PathBuf> {
    absolute_folders(path)
        .map(|folder| folder.join(name))
        .find(|file| is_executable(file))
}

/// Why a program is not found, though the machine may have it.
fn nowhere(name: &str, system_path: &OsStr) -> Ended {
    match find_program(name, system_path).map(|file| file.canonicalize().unwrap_or(file)) {
        Some(file) => hidden(name, &file),
        None => Ended::failed_with_hint(
            format!("could not be started: there is no program `{name}` on its `PATH`"),
            "install it, or name the toolchain that has it in `tools`",
        ),
    }
}

fn hidden(name: &str, file: &Path) -> Ended {
    Ended::failed_with_hint(
        format!(
            "could not be started: `{name}` is `{}`, which the sandbox does not show",
            file.display()
        ),
        "name the toolchain that has it in `tools`, or install it below `/usr`; \
         `--sandbox=off` runs without a sandbox",
    )
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
