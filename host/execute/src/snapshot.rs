//! What a run that left nothing to do had looked at. While all of it looks the same, there
//! is still nothing to do, and neither plan nor graph is needed to know that.

use std::fs;
use std::io;
use std::num::NonZero;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use orch_model::Fault;
use orch_store::remove_abandoned;
use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;

use crate::file_memory::{FileMemory, make_folder};
use crate::look::Look;
use crate::look_file::{self, Entry, Writer};

/// From this many files on a second thread pays.
const FILES_A_THREAD: usize = 2_000;

/// A snapshot of one kind of run of one project.
#[derive(Clone, Debug)]
pub struct Snapshot {
    root: PathBuf,
    file: PathBuf,
}

impl Snapshot {
    /// The snapshot of a name, for the project at `root`. Reads nothing.
    pub fn new(root: PathBuf, name: &str) -> Self {
        let file = root.join(".orch").join("snapshots").join(name);
        Self { root, file }
    }

    /// Whether there is a snapshot, `believes` its note, and all that it names looks as it did
    /// then.
    pub fn holds(&self, believes: impl FnOnce(&[u8]) -> bool) -> bool {
        let Ok(bytes) = fs::read(&self.file) else {
            return false;
        };
        look_file::read(&bytes)
            .is_some_and(|(note, entries)| believes(note) && self.all_look_the_same(&entries))
    }

    /// Keeps what a run has looked at through `memory`, and how `besides`, absolute paths,
    /// look now. Keeps nothing where equal looks would prove nothing.
    pub fn keep(&self, note: &[u8], memory: &FileMemory, besides: &[PathBuf]) -> Result<(), Fault> {
        let Some(seen) = memory.seen() else {
            return self.forget();
        };
        let mut writer = Writer::new(note);
        for (path, look) in &seen {
            writer.push(Entry {
                path,
                look: *look,
                digest: None,
            });
        }
        for path in besides {
            let (Some(text), Ok(look)) = (path.to_str(), look_at(rustix::fs::CWD, path)) else {
                return self.forget();
            };
            writer.push(Entry {
                path: text,
                look,
                digest: None,
            });
        }
        make_folder(&self.file)
            .and_then(|()| remove_abandoned(self.file.parent().unwrap_or(&self.root)))
            .and_then(|()| writer.write(&self.file))
            .map_err(|error| Fault::io("write", &self.file, &error))
    }

    /// Removes the snapshot, if there is one.
    pub fn forget(&self) -> Result<(), Fault> {
        match fs::remove_file(&self.file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Fault::io("remove", &self.file, &error))
            }
            _ => Ok(()),
        }
    }

    fn all_look_the_same(&self, entries: &[Entry<'_>]) -> bool {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let Ok(root) = rustix::fs::open(&self.root, flags, Mode::empty()) else {
            return false;
        };
        let same = |entry: &Entry<'_>| {
            look_at(root.as_fd(), Path::new(entry.path)).is_ok_and(|look| look == entry.look)
        };
        if entries.len() < 2 * FILES_A_THREAD {
            return entries.iter().all(same);
        }
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let threads = cores.min(entries.len() / FILES_A_THREAD);
        std::thread::scope(|scope| {
            let parts = entries.chunks(entries.len().div_ceil(threads));
            let looks: Vec<_> = parts
                .map(|part| scope.spawn(move || part.iter().all(same)))
                .collect();
            looks
                .into_iter()
                .all(|look| look.join().expect("a look does not panic"))
        })
    }
}

/// How something looks; `None` for what is not there.
fn look_at(folder: impl AsFd, path: &Path) -> Result<Option<Look>, Errno> {
    match rustix::fs::statx(folder, path, AtFlags::SYMLINK_NOFOLLOW, Look::FIELDS) {
        Ok(found) => Ok(Some(Look::of_statx(&found))),
        Err(Errno::NOENT | Errno::NOTDIR) => Ok(None),
        Err(error) => Err(error),
    }
}
