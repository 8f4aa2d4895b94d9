//! Puts outputs where the user looks for them.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use orch_engine::port::{InstalledTree, OutputFile, Publication, Publisher};
use orch_model::{Fault, FaultKind, RelativePath, SandboxPath};
use orch_store::{Store, remove_abandoned};

use crate::file_memory::FileMemory;
use crate::look::{Look, Sight};
use crate::question::{Asking, Question};

/// Copies files from a store into the project's folder.
#[derive(Debug)]
pub struct ProjectPublisher {
    root: PathBuf,
    store: Store,
    memory: Arc<FileMemory>,
    /// Folders that were looked at already: they exist, and lie inside the project.
    ready: Mutex<HashSet<PathBuf>>,
}

impl ProjectPublisher {
    /// A publisher below `root`, the absolute path of the pipeline's folder. `memory` is
    /// that of the same folder.
    pub fn new(root: PathBuf, store: Store, memory: Arc<FileMemory>) -> Self {
        Self {
            root,
            store,
            memory,
            ready: Mutex::default(),
        }
    }

    /// Puts one file in place; says whether it had to be written.
    fn place(&self, publication: &Publication, asking: &mut Asking<'_>) -> Result<bool, Fault> {
        let Publication { file, to } = publication;
        let path = to.below(&self.root);
        self.make_folder(to)?;
        if self.is_right(publication, &path, asking)? {
            return Ok(false);
        }
        let Some(written) = self.store.copy_to(&file.digest, &path, file.executable)? else {
            return Err(Fault::lost(format!(
                "could not write `{to}`: its content {} is missing from the store or damaged there",
                file.digest.short()
            ))
            .hint("run again: it will be made anew"));
        };
        let sight = Sight::of_file(&written).map_err(|error| Fault::io("read", &path, &error))?;
        self.memory.wrote(to.as_str(), &sight, file.digest);
        asking.saw(to.as_str(), &sight);
        Ok(true)
    }

    /// Removes a file that was put in place once and is wanted no more; one that somebody has
    /// changed since is theirs. Says whether there was something to remove.
    fn remove(&self, path: &str, placed: Look) -> Result<bool, Fault> {
        let real = self.root.join(path);
        let ours = self.is_ours(path, placed);
        self.memory.forget(path);
        if ours {
            fs::remove_file(&real).map_err(|error| Fault::io("remove", &real, &error))?;
            self.memory.removed(path);
        }
        Ok(ours)
    }

    /// Whether nobody has changed a file since it was put in place.
    fn is_ours(&self, path: &str, placed: Look) -> bool {
        Look::of_path(&self.root.join(path)) == Some(placed)
    }

    /// What was put at or below some places, and is not among the publications any more.
    fn no_longer_wanted(
        &self,
        publications: &[Publication],
        places: &[RelativePath],
    ) -> Vec<(String, Look)> {
        let current: HashSet<&str> = publications.iter().map(|one| one.to.as_str()).collect();
        places
            .iter()
            .flat_map(|place| self.memory.placed_at(place.as_str()))
            .filter(|(path, _)| !current.contains(path.as_str()))
            .collect()
    }

    /// Whether the destination holds what it should, as a plain file of the right mode.
    fn is_right(
        &self,
        publication: &Publication,
        path: &Path,
        asking: &mut Asking<'_>,
    ) -> Result<bool, Fault> {
        let Publication { file, to } = publication;
        let sight = match Sight::of_path(path) {
            Ok(sight) => sight,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(Fault::io("read", path, &error)),
        };
        let metadata = &sight.metadata;
        if metadata.is_dir() {
            return Err(Fault::usage(format!(
                "could not write `{to}`: there is a folder of that name"
            ))
            .hint("move it away, or give the output another name"));
        }
        let executable = metadata.permissions().mode() & 0o111 != 0;
        if !metadata.is_file() || metadata.len() != file.bytes || executable != file.executable {
            return Ok(false);
        }
        let (digest, _) = self
            .memory
            .digest(to.as_str(), &sight)
            .map_err(|error| Fault::io("read", path, &error))?;
        let is_right = digest == file.digest;
        if is_right {
            asking.saw(to.as_str(), &sight);
        }
        Ok(is_right)
    }

    /// Makes the folders above a destination. A link among them may lead elsewhere in the
    /// project, but not out of it.
    fn make_folder(&self, to: &RelativePath) -> Result<(), Fault> {
        let mut path = self.root.clone();
        let Some((parents, _)) = to.as_str().rsplit_once('/') else {
            let mut ready = self.ready.lock().expect("nobody panics with it");
            if ready.insert(path.clone()) {
                let _ = remove_abandoned(&path);
            }
            return Ok(());
        };
        for part in parents.split('/') {
            path.push(part);
            let mut ready = self.ready.lock().expect("nobody panics with it");
            if ready.contains(&path) {
                continue;
            }
            self.make_one_folder(&path, to)?;
            // What a killed `orch` was writing here is nobody's any more.
            let _ = remove_abandoned(&path);
            ready.insert(path.clone());
        }
        Ok(())
    }

    fn make_one_folder(&self, path: &Path, to: &RelativePath) -> Result<(), Fault> {
        let failed = |error: &io::Error| Fault::io("create the folder", path, error);
        match fs::create_dir(path) {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(&error)),
        }
        let shown = path.strip_prefix(&self.root).unwrap_or(path).display();
        let refused = |what: &str| {
            Fault::usage(format!("could not write `{to}`: `{shown}` {what}"))
                .hint("move it away, or give the output another name")
        };
        let metadata = path.symlink_metadata().map_err(|error| failed(&error))?;
        if metadata.is_symlink() {
            let root = self.root.canonicalize().map_err(|error| failed(&error))?;
            return match path.canonicalize() {
                Ok(real) if !real.starts_with(root) => Err(refused(
                    "is a symbolic link that leaves the pipeline's folder",
                )),
                Ok(real) if real.is_dir() => Ok(()),
                _ => Err(refused("is a symbolic link that does not lead to a folder")),
            };
        }
        if metadata.is_dir() {
            return Ok(());
        }
        Err(refused("is a file"))
    }
}

impl Publisher for ProjectPublisher {
    fn keep(&self, tree: &InstalledTree, path: &SandboxPath) -> Result<OutputFile, Fault> {
        let file = path.relative.below(&tree.root);
        if !fs::symlink_metadata(&file).is_ok_and(|found| found.is_file()) {
            return Err(Fault::new(
                FaultKind::Plugin,
                format!("`{path}` shall ship, but the toolchain has no such file"),
            )
            .hint("the builder's plugin plans it: another release of the toolchain may have it"));
        }
        let (digest, bytes) = self.store.put_file(&file)?;
        Ok(OutputFile {
            path: path.clone(),
            digest,
            bytes,
            executable: false,
        })
    }

    fn publish(
        &self,
        publications: &[Publication],
        places: &[RelativePath],
    ) -> Result<usize, Fault> {
        let mut asking = self.memory.ask(Question::Places(places.to_vec()));
        let mut changed = 0;
        for publication in publications {
            changed += usize::from(self.place(publication, &mut asking)?);
        }
        for (path, look) in self.no_longer_wanted(publications, places) {
            changed += usize::from(self.remove(&path, look)?);
        }
        Ok(changed)
    }

    fn is_in_place(
        &self,
        publications: &[Publication],
        places: &[RelativePath],
    ) -> Result<bool, Fault> {
        let mut asking = self.memory.ask(Question::Places(places.to_vec()));
        for publication in publications {
            let path = publication.to.below(&self.root);
            if !self.is_right(publication, &path, &mut asking)? {
                return Ok(false);
            }
        }
        let removed = self.no_longer_wanted(publications, places);
        Ok(!removed
            .iter()
            .any(|(path, placed)| self.is_ours(path, *placed)))
    }
}
