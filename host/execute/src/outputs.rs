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
/// is not looked at. With `closed`, nobody can change a file any more that the action left,
/// and small ones become the store's own as they are.
pub(crate) fn collect(
    declared: &[SandboxPath],
    workspace: &Workspace,
    store: &Store,
    closed: bool,
) -> Result<Vec<OutputFile>, Ended> {
    let mut found = Vec::new();
    for output in declared {
        if !matches!(output.root, Root::Output | Root::Source) {
            return Err(Fault::internal(format!("`{output}` is no place for an output")).into());
        }
        let root = workspace.root(&output.root)?;
        // An action may have put a link in place of its own folder.
        if !root.symlink_metadata().is_ok_and(|found| found.is_dir()) {
            return Err(missing(output));
        }
        let kind = &output.root;
        Collector { kind, root }.take(output, &mut found)?;
    }
    found.sort_unstable_by(|left: &Found, right| left.path.cmp(&right.path));
    found.dedup_by(|left, right| left.path == right.path);
    // What a link stands for may be an output itself, and must still be there then.
    let closed = closed && found.iter().all(|one| !one.behind_link);
    let keep = |one: Found| -> Result<OutputFile, Ended> {
        let (digest, bytes) = match closed {
            true => store.take_file(&one.file)?,
            false => store.put_file(&one.file)?,
        };
        Ok(OutputFile {
            path: one.path,
            digest,
            bytes,
            executable: one.executable,
        })
    };
    found.into_iter().map(keep).collect()
}

/// A file that is to be kept.
struct Found {
    path: SandboxPath,
    file: PathBuf,
    behind_link: bool,
    executable: bool,
}

struct Collector<'a> {
    kind: &'a Root,
    /// Where the action worked, by the name that it was told.
    root: PathBuf,
}

impl Collector<'_> {
    fn take(&self, output: &SandboxPath, found: &mut Vec<Found>) -> Result<(), Ended> {
        let start = output.relative.below(&self.root);
        if start.symlink_metadata().is_err() {
            return Err(missing(output));
        }
        if !output.relative.is_root() && !self.holds_parent(&start) {
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
            let behind_link = entry.file_type().is_symlink();
            let file = if behind_link {
                self.behind_link(&path, entry.path())?
            } else if entry.file_type().is_file() {
                entry.path().to_owned()
            } else {
                return Err(Ended::failed(format!(
                    "left `{}`, which is neither a file nor a folder",
                    shown(&path)
                )));
            };
            let metadata = file
                .metadata()
                .map_err(|error| Fault::io("read", &file, &error))?;
            found.push(Found {
                path,
                file,
                behind_link,
                executable: metadata.permissions().mode() & 0o100 != 0,
            });
        }
        Ok(())
    }

    /// Whether the folder of an output lies below the root once all links are followed.
    fn holds_parent(&self, start: &Path) -> bool {
        let Some(parent) = start.parent() else {
            return false;
        };
        let mut above = parent.ancestors().take_while(|one| *one != self.root);
        let is_folder = |one: &Path| one.symlink_metadata().is_ok_and(|found| found.is_dir());
        above.all(is_folder) || parent.canonicalize().is_ok_and(|real| self.holds(&real))
    }

    /// Whether a path without links lies below the root.
    fn holds(&self, real: &Path) -> bool {
        let root = self.root.canonicalize();
        root.is_ok_and(|root| real.starts_with(root))
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
        if !self.holds(&file) {
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
