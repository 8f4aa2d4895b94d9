//! The directories of one running action: made before it, gone after it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use orch_engine::port::{InstalledTree, Job};
use orch_model::{Fault, Hasher, NodeId, Part, Root, SandboxPath, Word};
use orch_store::Lock;

/// How often a folder is emptied again when somebody still writes into it.
const REMOVALS: usize = 3;

/// The real places behind an action's roots.
///
/// A node of a project gets the same place in every run, so that what a compiler keeps by
/// path is found again. Where another process works in that place at this moment, one of
/// its siblings is taken. A lock says who works where; a place that a killed `orch` left
/// full is emptied by the next one that takes it.
#[derive(Debug)]
pub(crate) struct Workspace {
    root: PathBuf,
    caches: PathBuf,
    tools: BTreeMap<String, InstalledTree>,
    /// Given back after the folder is gone.
    _lock: Lock,
}

impl Workspace {
    /// Makes the empty folders for a job.
    pub(crate) fn claim(cache: &Path, project: &Path, job: &Job<'_>) -> Result<Self, Fault> {
        let work = cache.join("work");
        fs::create_dir_all(&work).map_err(|error| Fault::io("create the folder", &work, &error))?;
        let (root, lock) = claim_place(&work, &place_name(project, job.node))
            .map_err(|error| Fault::io("lock a folder in", &work, &error))?;
        let workspace = Self {
            root,
            // Two owners may use one name, and a task has no owner's name to go by.
            caches: cache
                .join("caches")
                .join(folder_name(&job.action.cache_owner)),
            tools: job.tools.clone(),
            _lock: lock,
        };
        remove_tree(&workspace.root)
            .map_err(|error| Fault::io("empty the folder", &workspace.root, &error))?;
        for folder in [
            "source",
            "output",
            "scratch/home",
            "scratch/tmp",
            "artifact",
        ] {
            workspace.make_folder(&workspace.root.join(folder))?;
        }
        for name in &job.action.caches {
            workspace.make_folder(&workspace.caches.join(folder_name(name)))?;
        }
        Ok(workspace)
    }

    /// Where a root lies on this machine.
    pub(crate) fn root(&self, root: &Root) -> Result<PathBuf, Fault> {
        Ok(match root {
            Root::Source => self.root.join("source"),
            Root::Output => self.root.join("output"),
            Root::Scratch => self.root.join("scratch"),
            Root::Artifact(action) => self.root.join("artifact").join(folder_name(action)),
            Root::Cache(name) => self.caches.join(folder_name(name)),
            Root::Tool(name) => self
                .tools
                .get(name)
                .map(|tree| tree.root.clone())
                .ok_or_else(|| Fault::internal(format!("toolchain `{name}` is not installed")))?,
        })
    }

    /// Where a path lies on this machine.
    pub(crate) fn path(&self, path: &SandboxPath) -> Result<PathBuf, Fault> {
        Ok(path.relative.below(&self.root(&path.root)?))
    }

    /// A word with real paths in place of its paths.
    pub(crate) fn word(&self, word: &Word) -> Result<OsString, Fault> {
        let mut text = OsString::new();
        for part in &word.0 {
            match part {
                Part::Text(part) => text.push(part),
                Part::Path(path) => text.push(self.path(path)?),
            }
        }
        Ok(text)
    }

    pub(crate) fn make_folder(&self, path: &Path) -> Result<(), Fault> {
        fs::create_dir_all(path).map_err(|error| Fault::io("create the folder", path, &error))
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        // What cannot be removed now is removed before the place is used again.
        let _ = remove_tree(&self.root);
    }
}

fn place_name(project: &Path, node: &NodeId) -> String {
    let mut hasher = Hasher::new();
    hasher.field(project.as_os_str().as_encoded_bytes());
    hasher.field(node.as_str());
    hasher.finish().hex()[..16].to_owned()
}

fn claim_place(work: &Path, name: &str) -> io::Result<(PathBuf, Lock)> {
    let mut sibling = 0u32;
    loop {
        let place = match sibling {
            0 => work.join(name),
            number => work.join(format!("{name}-{number}")),
        };
        if let Some(lock) = Lock::try_acquire(&place.with_extension("lock"))? {
            return Ok((place, lock));
        }
        sibling += 1;
    }
}

/// A name from a plan as one folder's: whatever it holds, it is neither empty nor more
/// than one part of a path.
fn folder_name(name: &str) -> String {
    match name {
        "" | "." | ".." => format!("%{name}"),
        name => name
            .replace('%', "%25")
            .replace('/', "%2f")
            .replace('\0', "%00"),
    }
}

/// Removes a folder with all in it, also where an action took away its own rights.
fn remove_tree(path: &Path) -> io::Result<()> {
    let mut tries = 0;
    loop {
        let error = match fs::remove_dir_all(path) {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        tries += 1;
        match error.kind() {
            io::ErrorKind::NotFound => return Ok(()),
            io::ErrorKind::NotADirectory => return fs::remove_file(path),
            io::ErrorKind::PermissionDenied if tries < REMOVALS => allow_removal(path),
            io::ErrorKind::DirectoryNotEmpty if tries < REMOVALS => {}
            _ => return Err(error),
        }
    }
}

/// Gives the owner's rights back to every folder, from the outside in.
fn allow_removal(path: &Path) {
    let _ = fs::set_permissions(path, Permissions::from_mode(0o700));
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            allow_removal(&entry.path());
        }
    }
}
