//! Finds the project's input files and digests them.

use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use walkdir::{DirEntry, WalkDir};

use orch_engine::port::{SourceFile, Sources};
use orch_model::{Digest, Fault, RelativePath};

use crate::file_memory::FileMemory;
use crate::look::Sight;
use crate::patterns::Patterns;
use crate::question::{Asking, Question};

/// Folders of tools, wherever they lie: never inputs.
const NEVER_WALKED: [&str; 2] = [".git", ".orch"];

/// Where products are put; only directly below the project's folder.
const PRODUCTS: &str = "out";

/// Whether nothing at or below this path, itself below the project's folder, can be an input.
pub(crate) fn is_never_walked(below: &str) -> bool {
    let mut parts = below.split('/');
    parts.clone().any(|part| NEVER_WALKED.contains(&part)) || parts.next() == Some(PRODUCTS)
}

/// The files below a project's folder.
#[derive(Debug)]
pub struct ProjectSources {
    root: PathBuf,
    excluded: Vec<RelativePath>,
    memory: Arc<FileMemory>,
}

impl ProjectSources {
    /// The files below `root`, which must be absolute, without the files and folders in
    /// `excluded`: the pipeline file, its lock, a cache that lies in the project. `memory`
    /// is that of the same folder.
    pub fn new(root: PathBuf, excluded: Vec<RelativePath>, memory: Arc<FileMemory>) -> Self {
        Self {
            root,
            excluded,
            memory,
        }
    }

    /// Every meant file below one beginning of the walk.
    fn walk(
        &self,
        beginning: &str,
        patterns: &Patterns,
        asking: &mut Asking<'_>,
        found: &mut Vec<SourceFile>,
    ) -> Result<(), Fault> {
        let start = self.root.join(beginning);
        if !self.can_be_walked(beginning, asking)? {
            return Ok(());
        }
        let walk = WalkDir::new(&start).follow_root_links(false).into_iter();
        for entry in walk.filter_entry(|entry| self.may_hold_inputs(entry, patterns)) {
            let entry = entry.map_err(|error| {
                let path = error.path().unwrap_or(&start).to_owned();
                Fault::io("read", &path, &error.into())
            })?;
            let below = entry
                .path()
                .strip_prefix(&self.root)
                .expect("a walk stays below its root");
            if entry.file_type().is_dir() {
                asking.saw_folder(below, &sight(&entry)?);
                continue;
            }
            // An exact name is wanted only of what is meant.
            if !patterns.mean(&below.to_string_lossy()) {
                continue;
            }
            found.push(self.source_file(relative(below)?, &entry, asking)?);
        }
        Ok(())
    }

    /// Whether there is such a file or folder. A link among its parents is refused: what is
    /// below it is not below the name that the pattern gives.
    fn can_be_walked(&self, beginning: &str, asking: &mut Asking<'_>) -> Result<bool, Fault> {
        let mut path = self.root.clone();
        let parts: Vec<&str> = beginning
            .split('/')
            .filter(|part| !part.is_empty())
            .collect();
        if is_never_walked(beginning) {
            return Ok(false);
        }
        for (index, part) in parts.iter().enumerate() {
            path.push(part);
            match path.symlink_metadata() {
                Ok(found) if found.is_symlink() && index + 1 < parts.len() => {
                    let link = parts[..=index].join("/");
                    return Err(Fault::usage(format!(
                        "pattern `{beginning}` leads through the symbolic link `{link}`"
                    ))
                    .hint("name the folder that the link points to"));
                }
                Ok(_) => {}
                Err(error)
                    if matches!(
                        error.kind(),
                        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
                    ) =>
                {
                    asking.saw_nothing(beginning);
                    return Ok(false);
                }
                Err(error) => return Err(Fault::io("read", &path, &error)),
            }
        }
        Ok(true)
    }

    fn may_hold_inputs(&self, entry: &DirEntry, patterns: &Patterns) -> bool {
        let Ok(below) = entry.path().strip_prefix(&self.root) else {
            return false;
        };
        if below.as_os_str().is_empty() {
            return true;
        }
        if NEVER_WALKED.iter().any(|name| entry.file_name() == *name)
            || below == Path::new(PRODUCTS)
            || self
                .excluded
                .iter()
                .any(|path| below == Path::new(path.as_str()))
        {
            return false;
        }
        !entry.file_type().is_dir() || !patterns.leave_out_all_below(&below.to_string_lossy())
    }

    fn source_file(
        &self,
        path: RelativePath,
        entry: &DirEntry,
        asking: &mut Asking<'_>,
    ) -> Result<SourceFile, Fault> {
        let real = entry.path();
        let sight = sight(entry)?;
        asking.saw(path.as_str(), &sight);
        if entry.file_type().is_symlink() {
            let link = self.link(&path, real)?;
            return Ok(SourceFile {
                path,
                digest: Digest::of(&link),
                bytes: link.len() as u64,
                executable: false,
                link: Some(link),
            });
        }
        if !entry.file_type().is_file() {
            return Err(Fault::usage(format!(
                "input `{path}` is neither a file nor a folder nor a symbolic link"
            ))
            .hint(format!("add `!{path}` to the inputs")));
        }
        let (digest, bytes) = self
            .memory
            .digest(path.as_str(), &sight)
            .map_err(|error| Fault::io("read", real, &error))?;
        Ok(SourceFile {
            path,
            digest,
            bytes,
            executable: sight.metadata.permissions().mode() & 0o100 != 0,
            link: None,
        })
    }

    /// The text of a link that stays inside the project, read both ways: by its text, so
    /// that a copy of the project has the same link, and by where it really leads.
    fn link(&self, path: &RelativePath, real: &Path) -> Result<String, Fault> {
        let failed = |error: &std::io::Error| Fault::io("read", real, error);
        let target = std::fs::read_link(real).map_err(|error| failed(&error))?;
        let text = target.to_str().ok_or_else(|| {
            Fault::usage(format!(
                "the symbolic link `{path}` points to a name that is not UTF-8"
            ))
        })?;
        let leaves = || {
            Fault::usage(format!(
                "input `{path}` is a symbolic link to `{text}`, outside the pipeline's folder"
            ))
            .hint(format!(
                "copy what it points to, or add `!{path}` to the inputs"
            ))
        };
        let depth = path.as_str().matches('/').count();
        if !stays_within(&target, depth) {
            return Err(leaves());
        }
        // A link that leads nowhere is an input like any other.
        if let Ok(end) = real.canonicalize() {
            let root = self.root.canonicalize().map_err(|error| failed(&error))?;
            if !end.starts_with(root) {
                return Err(leaves());
            }
        }
        Ok(text.to_owned())
    }
}

impl Sources for ProjectSources {
    fn files(&self, patterns: &[String]) -> Result<Vec<SourceFile>, Fault> {
        let mut asking = self.memory.ask(Question::Inputs(patterns.to_vec()));
        let patterns = Patterns::new(patterns)?;
        let mut found = Vec::new();
        for beginning in patterns.beginnings() {
            self.walk(beginning, &patterns, &mut asking, &mut found)?;
        }
        found.sort_unstable_by(|left, right| left.path.cmp(&right.path));
        Ok(found)
    }
}

/// Whether a link's text, read in a folder that lies `depth` below the root, never climbs
/// above the root.
fn stays_within(target: &Path, mut depth: usize) -> bool {
    for component in target.components() {
        match component {
            Component::Normal(_) => depth += 1,
            Component::CurDir => {}
            Component::ParentDir if depth > 0 => depth -= 1,
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return false,
        }
    }
    true
}

fn sight(entry: &DirEntry) -> Result<Sight, Fault> {
    Sight::take(|| entry.metadata()).map_err(|error| Fault::io("read", entry.path(), &error.into()))
}

fn relative(below: &Path) -> Result<RelativePath, Fault> {
    let text = below.to_str().ok_or_else(|| {
        Fault::usage(format!(
            "the name of input `{}` is not UTF-8",
            below.display()
        ))
        .hint("rename it, or take its folder away from the inputs")
    })?;
    RelativePath::new(text).map_err(|error| {
        Fault::usage(format!("input {error}"))
            .hint("rename it, or take its folder away from the inputs")
    })
}
