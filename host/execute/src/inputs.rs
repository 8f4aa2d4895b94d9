//! Copies an action's inputs into its directories, and finds out that a file is not what it
//! was when the action's key was made.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use orch_engine::Cancel;
use orch_engine::port::{Job, OutputFile, SourceFile};
use orch_model::{Fault, Hasher, Root};
use orch_store::Store;

use crate::ended::Ended;
use crate::look::{Look, open_plain};
use crate::workspace::Workspace;

const CHUNK_BYTES: usize = 128 * 1024;

/// What the inputs of an action were when they were copied, in the order of the job.
#[derive(Debug, Default)]
pub(crate) struct Copied {
    originals: Vec<Look>,
    copies: Vec<Look>,
}

impl Copied {
    /// Finds out that the project is not any more what the action was given: its result
    /// would be kept under the key of something else.
    pub(crate) fn check(&self, inputs: &[SourceFile], project: &Path) -> Result<(), Ended> {
        let pairs = inputs.iter().zip(&self.originals);
        for (input, original) in pairs {
            if Look::of_path(&input.path.below(project)).as_ref() != Some(original) {
                return Err(Ended::failed_with_hint(
                    format!("input `{}` changed while the action ran", input.path),
                    "run again when it no longer changes",
                ));
            }
        }
        Ok(())
    }

    /// Whether the copy of an input, by its number in the job, is as it was made.
    pub(crate) fn is_untouched(&self, input: usize, copy: &Path) -> bool {
        Look::of_path(copy).as_ref() == self.copies.get(input)
    }
}

/// Fills the folders of a job: its inputs below `source`, the outputs of earlier actions
/// below `artifact`. All are copies, because an action may write to what it reads.
pub(crate) fn fill(
    workspace: &Workspace,
    job: &Job<'_>,
    project: &Path,
    store: &Store,
    cancel: &Cancel,
) -> Result<Copied, Ended> {
    let mut copied = Copied::default();
    let mut folders = Folders {
        workspace,
        made: HashSet::new(),
    };
    let source = workspace.root(&Root::Source)?;
    let mut chunk = vec![0; CHUNK_BYTES];
    for input in job.inputs {
        if cancel.is_cancelled() {
            return Err(Ended::Cancelled);
        }
        let to = input.path.below(&source);
        folders.make_parent(&to)?;
        let (original, copy) = copy_input(input, &input.path.below(project), &to, &mut chunk)?;
        copied.originals.push(original);
        copied.copies.push(copy);
    }
    for (action, files) in job.artifacts {
        let root = workspace.root(&Root::Artifact(action.clone()))?;
        folders.make(&root)?;
        for file in files {
            let to = file.path.relative.below(&root);
            folders.make_parent(&to)?;
            copy_artifact(action, file, &to, store)?;
        }
    }
    Ok(copied)
}

fn copy_artifact(action: &str, file: &OutputFile, to: &Path, store: &Store) -> Result<(), Fault> {
    if store.copy_to(&file.digest, to, file.executable)?.is_some() {
        return Ok(());
    }
    Err(Fault::lost(format!(
        "`{}`, which action `{action}` left, is missing from the store or damaged there",
        file.path
    ))
    .hint("run again: it will be made anew"))
}

/// Copies one file or link and compares it with what the action's key was made from. Returns
/// what the original and the copy are.
fn copy_input(
    input: &SourceFile,
    from: &Path,
    to: &Path,
    chunk: &mut [u8],
) -> Result<(Look, Look), Ended> {
    if let Some(link) = &input.link {
        return copy_link(input, link, from, to);
    }
    let mut source = match open_plain(from) {
        Ok(Some(source)) => source,
        Ok(None) => return Err(changed(input)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(changed(input)),
        Err(error) => return Err(Fault::io("read", from, &error).into()),
    };
    // Taken first: what changes while it is read is seen to have changed.
    let original = look(&source, from)?;
    let mut copy = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(if input.executable { 0o755 } else { 0o644 })
        .open(to)
        .map_err(|error| Fault::io("write", to, &error))?;
    let mut hasher = Hasher::new();
    loop {
        let length = match source.read(chunk) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Fault::io("read", from, &error).into()),
        };
        hasher.update(&chunk[..length]);
        copy.write_all(&chunk[..length])
            .map_err(|error| Fault::io("write", to, &error))?;
    }
    if hasher.finish() != input.digest {
        return Err(changed(input));
    }
    // The time of a copy would tell tools that go by it, such as `make` and `cargo`, that
    // everything is new each time.
    source
        .metadata()
        .and_then(|metadata| metadata.modified())
        .and_then(|modified| copy.set_modified(modified))
        .map_err(|error| Fault::io("write", to, &error))?;
    // The mode at creation was subject to the umask.
    let mode = if input.executable { 0o755 } else { 0o644 };
    copy.set_permissions(Permissions::from_mode(mode))
        .map_err(|error| Fault::io("write", to, &error))?;
    Ok((original, look(&copy, to)?))
}

fn copy_link(
    input: &SourceFile,
    link: &str,
    from: &Path,
    to: &Path,
) -> Result<(Look, Look), Ended> {
    let original = Look::of_path(from).ok_or_else(|| changed(input))?;
    match fs::read_link(from) {
        Ok(found) if found.as_os_str() == link => {}
        _ => return Err(changed(input)),
    }
    std::os::unix::fs::symlink(link, to).map_err(|error| Fault::io("write", to, &error))?;
    let copy =
        Look::of_path(to).ok_or_else(|| Fault::internal(format!("`{}` is gone", to.display())))?;
    Ok((original, copy))
}

fn look(file: &File, path: &Path) -> Result<Look, Fault> {
    let metadata = file
        .metadata()
        .map_err(|error| Fault::io("read", path, &error))?;
    Ok(Look::of(&metadata))
}

fn changed(input: &SourceFile) -> Ended {
    Ended::failed_with_hint(
        format!("input `{}` changed while orch was running", input.path),
        "run again when it no longer changes",
    )
}

/// Makes each folder once.
struct Folders<'a> {
    workspace: &'a Workspace,
    made: HashSet<PathBuf>,
}

impl Folders<'_> {
    fn make(&mut self, path: &Path) -> Result<(), Fault> {
        if !self.made.contains(path) {
            self.workspace.make_folder(path)?;
            self.made.insert(path.to_owned());
        }
        Ok(())
    }

    fn make_parent(&mut self, path: &Path) -> Result<(), Fault> {
        self.make(path.parent().expect("a file has a folder"))
    }
}
