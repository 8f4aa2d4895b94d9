//! A project on disk: the folder of a pipeline file, the file itself, and its lock.

use std::path::{Path, PathBuf};

use orch_model::{Digest, Fault, Lock, RelativePath, SourceText};

use crate::environment::Environment;

/// The largest lock that is read, in bytes.
const LOCK_LIMIT: u64 = 16 * 1024 * 1024;

/// A project on disk.
#[derive(Clone, Debug)]
pub struct Project {
    /// The pipeline's folder, with no link in its path.
    pub folder: PathBuf,
    /// The pipeline file as the user named it.
    pub name: String,
    /// The pipeline's text.
    pub source: SourceText,
    /// The lock as it lies there; empty where there is none.
    pub lock_text: String,
    /// Components that the pipeline names, and what they held when it was planned.
    pub own_components: Vec<(PathBuf, Digest)>,
    file_name: String,
}

impl Project {
    /// Reads a pipeline file, or the `pipeline.toml` of a folder.
    pub fn open(environment: &Environment, path: &Path) -> Result<Self, Fault> {
        let absolute = environment.directory.join(path);
        let (absolute, shown) = match absolute.is_dir() {
            true => (absolute.join("pipeline.toml"), path.join("pipeline.toml")),
            false => (absolute, path.to_owned()),
        };
        let name = shown
            .strip_prefix(".")
            .unwrap_or(&shown)
            .display()
            .to_string();
        let bytes = std::fs::read(&absolute).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => {
                let fault = Fault::usage(format!("there is no pipeline file `{name}`"));
                fault.hint(match is_word(&shown) {
                    true => {
                        format!("`orch init` starts one; a part of one is named by `--only {name}`")
                    }
                    false => "`orch init` starts one; another is named as `orch run \
                              path/pipeline.toml`"
                        .to_owned(),
                })
            }
            _ => Fault::usage(format!("could not read `{name}`: {error}")),
        })?;
        let source = orch_pipeline::read(&name, bytes)?;
        let folder = absolute.parent().unwrap_or(Path::new("/"));
        let folder = folder
            .canonicalize()
            .map_err(|error| Fault::io("find", folder, &error))?;
        let file_name = absolute
            .file_name()
            .map(|file| file.to_string_lossy().into_owned())
            .unwrap_or_default();
        let lock_text = read_lock(&folder.join("orch.lock"))?;
        Ok(Self {
            folder,
            name,
            source,
            lock_text,
            own_components: Vec::new(),
            file_name,
        })
    }

    /// The project whose folder the user stands in, or the nearest above.
    pub fn around(environment: &Environment) -> Result<Option<Self>, Fault> {
        let folder = Self::folder_around(environment);
        folder
            .map(|folder| Self::open(environment, &folder))
            .transpose()
    }

    /// The folder of that project.
    pub fn folder_around(environment: &Environment) -> Option<PathBuf> {
        let mut folders = environment.directory.ancestors();
        let found = folders.find(|folder| folder.join("pipeline.toml").is_file())?;
        Some(found.canonicalize().unwrap_or_else(|_| found.to_owned()))
    }

    /// The pipeline file.
    pub fn file(&self) -> PathBuf {
        self.folder.join(&self.file_name)
    }

    /// Where the lock lies, or would.
    pub fn lock_file(&self) -> PathBuf {
        self.folder.join("orch.lock")
    }

    /// The lock, as it lies there.
    pub fn lock(&self) -> Result<Lock, Fault> {
        match self.lock_text.is_empty() {
            true => Ok(Lock::empty()),
            false => orch_pipeline::parse_lock(&self.lock_text),
        }
    }

    /// Goes on with another lock, and puts it in place if it is to be written.
    pub fn set_lock(&mut self, lock: &Lock, write: bool) -> Result<(), Fault> {
        self.lock_text = orch_pipeline::render_lock(lock);
        match write {
            true => crate::files::replace(&self.lock_file(), self.lock_text.as_bytes()),
            false => Ok(()),
        }
    }

    /// Files of the folder that are never inputs.
    pub fn own_files(&self) -> Vec<RelativePath> {
        own_files(&self.file_name)
    }

    /// Whether all that a plan was made of is on disk as it was read or written.
    pub fn is_as_read(&self) -> bool {
        let is = |file: &Path, text: &str| {
            std::fs::read(file).is_ok_and(|bytes| bytes == text.as_bytes())
        };
        let lock = self.lock_file();
        let no_lock = self.lock_text.is_empty() && !lock.exists();
        let mut components = self.own_components.iter();
        is(&self.file(), &self.source.text)
            && (no_lock || is(&lock, &self.lock_text))
            && components.all(|(file, digest)| {
                std::fs::read(file).is_ok_and(|bytes| Digest::of(bytes) == *digest)
            })
    }

    /// The digest of a file of the project, where it can be read.
    pub fn digest_of(&self, path: &str) -> Option<Digest> {
        std::fs::read(self.folder.join(path)).ok().map(Digest::of)
    }
}

/// Whether it is more likely the name of a deploy, a bench or the like.
fn is_word(path: &Path) -> bool {
    path.components().count() == 1 && path.extension().is_none_or(|kind| kind != "toml")
}

/// Files of a project's folder that are never inputs, by the name of its pipeline file.
pub fn own_files(pipeline: &str) -> Vec<RelativePath> {
    [pipeline, "orch.lock"]
        .into_iter()
        .filter_map(|name| RelativePath::new(name).ok())
        .collect()
}

fn read_lock(file: &Path) -> Result<String, Fault> {
    match std::fs::metadata(file) {
        Ok(metadata) if metadata.len() > LOCK_LIMIT => Err(Fault::usage(format!(
            "`orch.lock` is larger than {LOCK_LIMIT} bytes"
        ))),
        Ok(_) => std::fs::read_to_string(file)
            .map_err(|error| Fault::usage(format!("could not read `orch.lock`: {error}"))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(Fault::usage(format!("could not read `orch.lock`: {error}"))),
    }
}
