//! What a program is made of: its file, and the shared libraries that it needs.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use orch_model::{Digest, Fault, Hasher};

use crate::asking;

use super::PATIENCE;
use super::memory::Look;

/// A program's content.
#[derive(Debug)]
pub(super) struct Content {
    /// Over the file and its libraries.
    pub(super) digest: Digest,
    /// How each of them looked before it was read; `None` if a look proves nothing yet.
    pub(super) looks: Option<Vec<(PathBuf, Look)>>,
}

impl Content {
    /// Reads a program; `ldd` says which libraries it needs, and none are known without.
    pub(super) fn read(file: &Path, ldd: Option<&Path>) -> Result<Self, Fault> {
        let libraries = match ldd {
            Some(ldd) => libraries(ldd, file)?,
            None => BTreeSet::new(),
        };
        let files = || std::iter::once(file).chain(libraries.iter().map(PathBuf::as_path));
        let looks = files()
            .map(|file| Some((file.to_owned(), Look::lasting(file)?)))
            .collect();
        let mut hasher = Hasher::new();
        hasher.field("orch program 1");
        for file in files() {
            // A library's name counts, the folder that this machine keeps it in does not.
            hasher.field(file.file_name().unwrap_or_default().as_encoded_bytes());
            hasher.field(digest(file)?.bytes());
        }
        Ok(Self {
            digest: hasher.finish(),
            looks,
        })
    }
}

fn digest(file: &Path) -> Result<Digest, Fault> {
    let read = File::open(file).and_then(Digest::of_reader);
    let (digest, _) = read.map_err(|error| Fault::io("read", file, &error))?;
    Ok(digest)
}

/// The files that the dynamic linker would load; none for a script or a static program. The
/// lines are those of `ldd(1)`: `libc.so.6 => /lib/libc.so.6 (0x…)`, `/lib/ld-linux.so.2 (0x…)`.
fn libraries(ldd: &Path, file: &Path) -> Result<BTreeSet<PathBuf>, Fault> {
    let asked = asking::ask(ldd, &[file], "", PATIENCE)?;
    let text = String::from_utf8_lossy(&asked.stdout);
    let paths = text.lines().filter_map(|line| {
        let line = line.split_once("=>").map_or(line, |(_, path)| path);
        let path = Path::new(line.trim().split(" (0x").next()?);
        path.is_absolute().then(|| path.to_owned())
    });
    Ok(paths
        .filter(|path| path != file && path.is_file())
        .collect())
}
