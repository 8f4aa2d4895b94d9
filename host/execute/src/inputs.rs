//! Copies an action's inputs into its directories, and finds out that a file is not what it
//! was when the action's key was made.

use std::fs::{self, File, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use orch_engine::Cancel;
use orch_engine::port::{Job, OutputFile, SourceFile};
use orch_model::{Action, Fault, Hasher, Root};
use orch_store::Store;

use crate::ended::Ended;
use crate::leftovers::Leftovers;
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
/// below `artifact`. All are copies, because an action may write to what it reads; some are
/// written over what the last action left. Nothing else of that stays.
pub(crate) fn fill(
    workspace: &Workspace,
    leftovers: &mut Leftovers,
    job: &Job<'_>,
    project: &Path,
    store: &Store,
    cancel: &Cancel,
) -> Result<Copied, Ended> {
    let mut copied = Copied::default();
    let mut folders = Folders {
        workspace,
        leftovers,
    };
    let source = workspace.root(&Root::Source)?;
    let mut chunk = vec![0; CHUNK_BYTES];
    for input in job.inputs {
        if cancel.is_cancelled() {
            return Err(Ended::Cancelled);
        }
        let to = input.path.below(&source);
        folders.make_parent(&to)?;
        if input.link.is_some() {
            folders.make_room(&to)?;
        }
        let (original, copy) = copy_input(
            input,
            &input.path.below(project),
            &to,
            folders.leftovers,
            &mut chunk,
        )?;
        copied.originals.push(original);
        copied.copies.push(copy);
    }
    for (action, files) in job.artifacts {
        let root = workspace.root(&Root::Artifact(action.clone()))?;
        folders.make(&root)?;
        for file in files {
            let to = file.path.relative.below(&root);
            folders.make_parent(&to)?;
            folders.make_room(&to)?;
            copy_artifact(action, file, &to, store)?;
        }
    }
    leftovers
        .remove_files()
        .map_err(|error| Fault::io("empty the folder", &source, &error))?;
    Ok(copied)
}

/// Writes the files that the action's plugin states whole.
pub(crate) fn write_files(action: &Action, workspace: &Workspace) -> Result<(), Fault> {
    let scratch = workspace.root(&Root::Scratch)?;
    for file in &action.files {
        for path in &file.paths {
            let to = path.below(&scratch);
            if let Some(folder) = to.parent() {
                workspace.make_folder(folder)?;
            }
            let written = fs::write(&to, &file.text);
            written.map_err(|error| Fault::io("write the file", &to, &error))?;
            let mode = if file.executable { 0o755 } else { 0o644 };
            fs::set_permissions(&to, Permissions::from_mode(mode))
                .map_err(|error| Fault::io("set the rights of", &to, &error))?;
        }
    }
    Ok(())
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
    leftovers: &mut Leftovers,
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
    let mode = if input.executable { 0o755 } else { 0o644 };
    let mut copy = leftovers
        .open(to, mode)
        .map_err(|error| Fault::io("write", to, &error))?;
    let mut hasher = Hasher::new();
    let mut bytes = 0;
    loop {
        let length = match source.read(chunk) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Fault::io("read", from, &error).into()),
        };
        hasher.update(&chunk[..length]);
        bytes += length as u64;
        copy.write_all(&chunk[..length])
            .map_err(|error| Fault::io("write", to, &error))?;
    }
    if hasher.finish() != input.digest {
        return Err(changed(input));
    }
    finish_copy(&source, &copy, bytes, mode).map_err(|error| Fault::io("write", to, &error))?;
    Ok((original, look(&copy, to)?))
}

/// Gives a copy its length, which what it was written over may exceed, its time and its
/// rights.
fn finish_copy(source: &File, copy: &File, bytes: u64, mode: u32) -> io::Result<()> {
    if copy.metadata()?.len() > bytes {
        copy.set_len(bytes)?;
    }
    // The time of a copy would tell tools that go by it, such as `make` and `cargo`, that
    // everything is new each time.
    copy.set_modified(source.metadata()?.modified()?)?;
    // The mode at creation was subject to the umask.
    copy.set_permissions(Permissions::from_mode(mode))
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
    leftovers: &'a mut Leftovers,
}

impl Folders<'_> {
    fn make(&mut self, path: &Path) -> Result<(), Fault> {
        if !self.leftovers.has_folder(path) {
            self.workspace.make_folder(path)?;
            self.leftovers.made_folder(path.to_owned());
        }
        Ok(())
    }

    fn make_room(&mut self, path: &Path) -> Result<(), Fault> {
        let made = self.leftovers.make_room(path);
        made.map_err(|error| Fault::io("write", path, &error))
    }

    fn make_parent(&mut self, path: &Path) -> Result<(), Fault> {
        self.make(path.parent().expect("a file has a folder"))
    }
}
