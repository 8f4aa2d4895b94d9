//! Where a program lies: on `PATH`, behind links and rustup's proxies, and whether an action
//! can be shown it.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use orch_model::Fault;

use crate::asking;

use super::{PATIENCE, ProgramSettings};

/// The file behind rustup's proxies: <https://rust-lang.github.io/rustup/concepts/proxies.html>
const PROXY: &str = "rustup";

/// A folder that is shown to actions has so many parts below the root or the home folder: one
/// such as `/opt` or `~/.local` holds more than one program's files.
const LEAST_DEPTH: usize = 2;

/// Where a program lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a folder that every action is shown, by this path.
    Shown(PathBuf),
    /// At `bin/<name>` below this folder, which holds what the program needs and is free of
    /// links.
    Tree(PathBuf),
}

/// The first file of that name on `PATH` that may be executed.
pub(super) fn on_path(settings: &ProgramSettings, name: &str) -> Option<PathBuf> {
    std::env::split_paths(&settings.path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(name))
        .find(|file| {
            let found = file.metadata();
            found.is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
        })
}

/// The file that runs when a program is called by its name.
pub(super) fn real_file(settings: &ProgramSettings, name: &str) -> Option<PathBuf> {
    behind_proxy(&on_path(settings, name)?, name)?
        .canonicalize()
        .ok()
}

/// The path itself, or that of the program which a proxy of rustup would start.
fn behind_proxy(file: &Path, name: &str) -> Option<PathBuf> {
    let real = file.canonicalize().ok()?;
    if name == PROXY || real.file_name()? != PROXY {
        return Some(file.to_owned());
    }
    let asked = asking::ask(&real, &["which", name], "", PATIENCE).ok()?;
    let path = String::from_utf8(asked.stdout).ok()?;
    let path = Path::new(path.trim());
    (asked.code == Some(0) && path.is_absolute()).then(|| path.to_owned())
}

pub(super) fn place(settings: &ProgramSettings, name: &str) -> Result<Place, Fault> {
    let absent = || {
        Fault::usage(format!("there is no program `{name}` on `PATH`"))
            .hint("install it, or take it out of the toolchain")
    };
    let file = on_path(settings, name).ok_or_else(absent)?;
    let file = behind_proxy(&file, name).ok_or_else(absent)?;
    let real = file.canonicalize().map_err(|_| absent())?;
    if is_shown(settings, &real) {
        let file = if is_shown(settings, &file) {
            file
        } else {
            real
        };
        return Ok(Place::Shown(file));
    }
    tree_of(&real, name)
        .filter(|root| is_of_its_own(settings, root))
        .map(Place::Tree)
        .ok_or_else(|| {
            Fault::usage(format!(
                "program `{name}` is `{}`, and what lies around it is not for actions to see",
                real.display()
            ))
            .hint(format!(
                "install it below `/usr`, or in a folder of its own as `/opt/{name}/bin/{name}`, \
                 and put that on your `PATH`"
            ))
        })
}

fn is_shown(settings: &ProgramSettings, file: &Path) -> bool {
    let top = file.iter().nth(1).and_then(|name| name.to_str());
    top.is_some_and(|name| settings.shown.contains(&name))
}

/// The folder above the `bin` that a file lies in, if the program can be called there.
fn tree_of(real: &Path, name: &str) -> Option<PathBuf> {
    let bin = real.parent().filter(|folder| folder.ends_with("bin"))?;
    bin.join(name).exists().then_some(())?;
    bin.parent().map(Path::to_owned)
}

fn is_of_its_own(settings: &ProgramSettings, root: &Path) -> bool {
    let home = settings.home.as_ref();
    let home = home.and_then(|home| home.canonicalize().ok());
    let depth = |below: &Path| below.iter().filter(|part| *part != "/").count();
    match &home {
        Some(home) if home.starts_with(root) => false,
        Some(home) => depth(root.strip_prefix(home).unwrap_or(root)) >= LEAST_DEPTH,
        None => depth(root) >= LEAST_DEPTH,
    }
}
