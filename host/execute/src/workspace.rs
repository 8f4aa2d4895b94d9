//! The directories of one running action, and the names by which it knows them.

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use orch_engine::port::{InstalledTree, Job};
use orch_model::{Action, Fault, Hasher, NodeId, Part, Root, SandboxPath, Word};
use orch_sandbox::{Mount, SYSTEM_FOLDERS, WORKSPACE_FOLDERS};

use crate::leftovers::{Leftovers, Wanted};
use crate::place::Place;

/// What every action finds in its scratch folder: its home, shared memory, temporary files.
const SCRATCH_FOLDERS: [&str; 3] = ["home", "shm", "tmp"];

/// The folders that stay in a sandbox's place from one action to the next: those that it
/// shows, and those of the scratch folder.
pub(crate) const SANDBOX_FOLDERS: [&str; 7] = [
    "source",
    "output",
    "artifact",
    "scratch",
    "scratch/home",
    "scratch/shm",
    "scratch/tmp",
];

/// The real places behind an action's roots.
///
/// Without a sandbox, a node of a project gets the same place in every run, so that what a
/// compiler keeps by path is found again. Inside one, every action knows its roots by the
/// same names, whichever place of whichever machine lies behind them.
#[derive(Debug)]
pub(crate) struct Workspace {
    root: PathBuf,
    caches: PathBuf,
    tools: BTreeMap<String, InstalledTree>,
    sandboxed: bool,
    /// The place, where it is this action's alone.
    _own: Option<Place>,
}

impl Workspace {
    /// Makes the empty folders for a job that runs without a sandbox.
    pub(crate) fn claim(cache: &Path, project: &Path, job: &Job<'_>) -> Result<Self, Fault> {
        let place = Place::claim(cache, &place_name(project, job.node))?;
        let mut workspace = Self::at(place.root.clone(), cache, job);
        workspace._own = Some(place);
        workspace.make_folders(job)?;
        Ok(workspace)
    }

    /// Makes the empty folders for a job in the place of a sandbox, where the folders that
    /// the sandbox shows stay as long as it lives. With `files`, some that the last job left
    /// stay in `leftovers`, to be written over.
    pub(crate) fn inside(
        place: &Place,
        cache: &Path,
        job: &Job<'_>,
        files: bool,
        leftovers: &mut Leftovers,
    ) -> Result<Self, Fault> {
        let mut workspace = Self::at(place.root.clone(), cache, job);
        workspace.sandboxed = true;
        let wanted = Wanted {
            folders: workspace.wanted_folders(job)?,
            files,
        };
        for folder in WORKSPACE_FOLDERS {
            let folder = place.root.join(folder);
            leftovers
                .keep(&folder, &wanted)
                .map_err(|error| Fault::io("empty the folder", &folder, &error))?;
        }
        for folder in SCRATCH_FOLDERS {
            let folder = place.root.join("scratch").join(folder);
            if !leftovers.has_folder(&folder) {
                workspace.make_folder(&folder)?;
            }
        }
        workspace.make_caches(job)?;
        Ok(workspace)
    }

    /// Every folder that a job finds, with all above it up to the place.
    fn wanted_folders(&self, job: &Job<'_>) -> Result<HashSet<PathBuf>, Fault> {
        let mut wanted = HashSet::new();
        let mut want = |mut folder: &Path| {
            while folder != self.root && wanted.insert(folder.to_owned()) {
                let Some(parent) = folder.parent() else { break };
                folder = parent;
            }
        };
        for folder in SCRATCH_FOLDERS {
            want(&self.root.join("scratch").join(folder));
        }
        let source = self.root(&Root::Source)?;
        for input in job.inputs {
            input.path.below(&source).parent().map(&mut want);
        }
        for (action, files) in job.artifacts {
            let root = self.root(&Root::Artifact(action.clone()))?;
            want(&root);
            for file in files {
                file.path.relative.below(&root).parent().map(&mut want);
            }
        }
        for folder in self.job_folders(job.action)? {
            want(&folder);
        }
        Ok(wanted)
    }

    /// The folders that an action finds though nothing is copied into them: where it works,
    /// and that of each output, in their order.
    pub(crate) fn job_folders(&self, action: &Action) -> Result<Vec<PathBuf>, Fault> {
        let mut folders = vec![self.path(&action.directory)?];
        for output in &action.outputs {
            let mut folder = self.path(output)?;
            folder.pop();
            folders.push(folder);
        }
        Ok(folders)
    }

    fn at(root: PathBuf, cache: &Path, job: &Job<'_>) -> Self {
        Self {
            root,
            // Two owners may use one name, and a task has no owner's name to go by.
            caches: cache
                .join("caches")
                .join(folder_name(&job.action.cache_owner)),
            tools: job.tools.clone(),
            sandboxed: false,
            _own: None,
        }
    }

    fn make_folders(&self, job: &Job<'_>) -> Result<(), Fault> {
        for folder in WORKSPACE_FOLDERS {
            self.make_folder(&self.root.join(folder))?;
        }
        for folder in SCRATCH_FOLDERS {
            self.make_folder(&self.root.join("scratch").join(folder))?;
        }
        self.make_caches(job)
    }

    fn make_caches(&self, job: &Job<'_>) -> Result<(), Fault> {
        let mut names = job.action.caches.iter();
        names.try_for_each(|name| self.make_folder(&self.caches.join(folder_name(name))))
    }

    /// Where a root lies on this machine.
    pub(crate) fn root(&self, root: &Root) -> Result<PathBuf, Fault> {
        Ok(match root {
            Root::Source | Root::Output | Root::Scratch | Root::Artifact(_) => {
                self.root.join(below(root))
            }
            Root::Cache(name) => self.caches.join(folder_name(name)),
            Root::Tool(name) => self.tree(name)?.root.clone(),
        })
    }

    /// Where a path lies on this machine.
    pub(crate) fn path(&self, path: &SandboxPath) -> Result<PathBuf, Fault> {
        Ok(path.relative.below(&self.root(&path.root)?))
    }

    /// What the action calls a root.
    pub(crate) fn shown_root(&self, root: &Root) -> Result<PathBuf, Fault> {
        if let Root::Tool(name) = root {
            self.tree(name)?;
        }
        match self.sandboxed {
            true => Ok(orch_sandbox::inside(below(root))),
            false => self.root(root),
        }
    }

    /// What the action calls a path.
    pub(crate) fn shown(&self, path: &SandboxPath) -> Result<PathBuf, Fault> {
        Ok(path.relative.below(&self.shown_root(&path.root)?))
    }

    /// Where a path that the action goes by lies on this machine; `None` for one that it is
    /// not shown.
    pub(crate) fn real(&self, shown: &Path) -> Option<PathBuf> {
        if !self.sandboxed {
            return Some(shown.to_owned());
        }
        let Ok(below) = shown.strip_prefix(orch_sandbox::ROOT) else {
            let first = shown.strip_prefix("/").ok()?.iter().next()?.to_str()?;
            return SYSTEM_FOLDERS.contains(&first).then(|| shown.to_owned());
        };
        let Ok(below_tool) = below.strip_prefix("tool") else {
            return Some(self.root.join(below));
        };
        let tool = below_tool.iter().next()?;
        let (_, tree) = self
            .tools
            .iter()
            .find(|(name, _)| tool == folder_name(name).as_str())?;
        Some(tree.root.join(below_tool.strip_prefix(tool).ok()?))
    }

    /// Whether a file of this machine is shown also where links lead from it.
    pub(crate) fn shows_end_of(&self, real: &Path) -> bool {
        let is_own = |folder: &Path| real.starts_with(folder);
        if !self.sandboxed
            || is_own(&self.root)
            || self.tools.values().any(|tree| is_own(&tree.root))
        {
            return true;
        }
        real.canonicalize()
            .is_ok_and(|end| self.real(&end).is_some())
    }

    /// What the action is shown besides the folders of the workspace.
    pub(crate) fn mounts(&self, job: &Job<'_>) -> Result<Vec<Mount>, Fault> {
        let tools = job.action.tools.iter().cloned().map(Root::Tool);
        let caches = job.action.caches.iter().cloned().map(Root::Cache);
        tools
            .chain(caches)
            .map(|root| {
                let from = self.root(&root)?;
                Ok(Mount {
                    from: from
                        .canonicalize()
                        .map_err(|error| Fault::io("find the folder", &from, &error))?,
                    to: below(&root),
                    writable: matches!(root, Root::Cache(_)),
                })
            })
            .collect()
    }

    /// A word with the names of its paths in their place.
    pub(crate) fn word(&self, word: &Word) -> Result<OsString, Fault> {
        self.spell(word, |path| self.shown(path))
    }

    /// A word with this machine's paths, for what runs inside `orch` itself.
    pub(crate) fn real_word(&self, word: &Word) -> Result<OsString, Fault> {
        self.spell(word, |path| self.path(path))
    }

    fn spell(
        &self,
        word: &Word,
        name: impl Fn(&SandboxPath) -> Result<PathBuf, Fault>,
    ) -> Result<OsString, Fault> {
        let mut text = OsString::new();
        for part in &word.0 {
            match part {
                Part::Text(part) => text.push(part),
                Part::Path(path) => text.push(name(path)?),
            }
        }
        Ok(text)
    }

    fn tree(&self, name: &str) -> Result<&InstalledTree, Fault> {
        self.tools
            .get(name)
            .ok_or_else(|| Fault::internal(format!("toolchain `{name}` is not installed")))
    }

    pub(crate) fn make_folder(&self, path: &Path) -> Result<(), Fault> {
        fs::create_dir_all(path).map_err(|error| Fault::io("create the folder", path, &error))
    }
}

/// Where a root lies below the workspace, or below the one root inside a sandbox.
fn below(root: &Root) -> PathBuf {
    match root {
        Root::Source => "source".into(),
        Root::Output => "output".into(),
        Root::Scratch => "scratch".into(),
        Root::Artifact(action) => Path::new("artifact").join(folder_name(action)),
        Root::Tool(name) => Path::new("tool").join(folder_name(name)),
        Root::Cache(name) => Path::new("cache").join(folder_name(name)),
    }
}

fn place_name(project: &Path, node: &NodeId) -> String {
    let mut hasher = Hasher::new();
    hasher.field(project.as_os_str().as_encoded_bytes());
    hasher.field(node.as_str());
    hasher.finish().hex()[..16].to_owned()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_an_action_finds_stays_for_the_next() {
        let scratch = SCRATCH_FOLDERS.map(|folder| format!("scratch/{folder}"));
        let mut found: Vec<&str> = scratch.iter().map(String::as_str).collect();
        found.extend(WORKSPACE_FOLDERS);
        found.sort_unstable();
        let mut stays = SANDBOX_FOLDERS;
        stays.sort_unstable();
        assert_eq!(found, stays);
    }
}
