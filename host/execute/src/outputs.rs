//! Takes what an action declared it would leave into the store.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use orch_engine::port::OutputFile;
use orch_model::{Fault, RelativePath, Root, SandboxPath};
use orch_store::Store;

use crate::ended::Ended;
use crate::workspace::Workspace;

/// Every file at or below the declared outputs, sorted by path. What was left besides them
/// is not looked at.
pub(crate) fn collect(
    declared: &[SandboxPath],
    workspace: &Workspace,
    store: &Store,
) -> Result<Vec<OutputFile>, Ended> {
    let mut found = Vec::new();
    for output in declared {
        if !matches!(output.root, Root::Output | Root::Source) {
            return Err(Fault::internal(format!("`{output}` is no place for an output")).into());
        }
        let root = workspace.root(&output.root)?;
        // An action may have put a link in place of its own folder.
        let real_root = match root.canonicalize() {
            Ok(real) if root.symlink_metadata().is_ok_and(|found| found.is_dir()) => real,
            _ => return Err(missing(output)),
        };
        Collector {
            store,
            kind: &output.root,
            root,
            real_root,
        }
        .take(output, &mut found)?;
    }
    found.sort_unstable_by(|left: &OutputFile, right| left.path.cmp(&right.path));
    found.dedup_by(|left, right| left.path == right.path);
    Ok(found)
}

struct Collector<'a> {
    store: &'a Store,
    kind: &'a Root,
    /// Where the action worked, by the name that it was told.
    root: PathBuf,
    /// The same with all links followed.
    real_root: PathBuf,
}

impl Collector<'_> {
    fn take(&self, output: &SandboxPath, found: &mut Vec<OutputFile>) -> Result<(), Ended> {
        let start = output.relative.below(&self.root);
        if start.symlink_metadata().is_err() {
            return Err(missing(output));
        }
        let parent = start.parent().and_then(|parent| parent.canonicalize().ok());
        let stays = output.relative.is_root()
            || parent.is_some_and(|parent| parent.starts_with(&self.real_root));
        if !stays {
            return Err(Ended::failed(format!(
                "left `{}` behind a symbolic link that leads out of its folder",
                shown(output)
            )));
        }
        for entry in WalkDir::new(&start)
            .follow_root_links(false)
            .sort_by_file_name()
        {
            let entry = entry.map_err(|error| {
                Ended::failed(format!(
                    "left `{}`, which cannot be read: {error}",
                    shown(output)
                ))
            })?;
            if entry.file_type().is_dir() {
                continue;
            }
            let path = self.name(entry.path())?;
            let file = if entry.file_type().is_symlink() {
                self.behind_link(&path, entry.path())?
            } else if entry.file_type().is_file() {
                entry.path().to_owned()
            } else {
                return Err(Ended::failed(format!(
                    "left `{}`, which is neither a file nor a folder",
                    shown(&path)
                )));
            };
            found.push(self.keep(path, &file)?);
        }
        Ok(())
    }

    fn keep(&self, path: SandboxPath, file: &Path) -> Result<OutputFile, Fault> {
        let metadata = file
            .metadata()
            .map_err(|error| Fault::io("read", file, &error))?;
        let (digest, bytes) = self.store.put_file(file)?;
        Ok(OutputFile {
            path,
            digest,
            bytes,
            executable: metadata.permissions().mode() & 0o100 != 0,
        })
    }

    fn name(&self, path: &Path) -> Result<SandboxPath, Ended> {
        let below = path.strip_prefix(&self.root).unwrap_or(path);
        let refused = |why: &str| {
            let root = match self.kind {
                Root::Source => String::new(),
                root => format!("{root}/"),
            };
            Ended::failed(format!("left `{root}{}`: its path {why}", below.display()))
        };
        let text = below.to_str().ok_or_else(|| refused("is not UTF-8"))?;
        let relative = RelativePath::new(text).map_err(|error| refused(error.reason))?;
        Ok(SandboxPath {
            root: self.kind.clone(),
            relative,
        })
    }

    /// The file that a link inside the outputs stands for: the store knows no links, so it
    /// is kept as a copy of that.
    fn behind_link(&self, path: &SandboxPath, link: &Path) -> Result<PathBuf, Ended> {
        let target = std::fs::read_link(link).map_err(|error| Fault::io("read", link, &error))?;
        let left = |what: &str| {
            Ended::failed_with_hint(
                format!(
                    "left a symbolic link `{}` to `{}`, {what}",
                    shown(path),
                    target.display()
                ),
                "outputs may link to files beside them, by a relative path",
            )
        };
        if target.is_absolute() {
            return Err(left("an absolute path"));
        }
        let Ok(file) = link.canonicalize() else {
            return Err(left("which leads nowhere"));
        };
        if !file.starts_with(&self.real_root) {
            return Err(left("which leads out of its folder"));
        }
        if !file.is_file() {
            return Err(left("which is not a file"));
        }
        Ok(file)
    }
}

fn missing(output: &SandboxPath) -> Ended {
    Ended::failed(format!("did not leave `{}`", shown(output)))
}

/// An output as the user wrote it: a task's lies in the project, a build's in `output`.
fn shown(path: &SandboxPath) -> String {
    match path.root {
        Root::Source if !path.relative.is_root() => path.relative.to_string(),
        _ => path.to_string(),
    }
}
