//! What a run that left nothing to do had looked at. While all of it looks the same, there
//! is still nothing to do, and neither plan nor graph is needed to know that. Where something
//! looks different, it is known whom that concerns.
//!
//! What is kept of a unit holds for ever: as long as all that it rests on looks so, there is
//! nothing to do for it. So a run of some units renews what is kept of these, and no more.

use std::fs;
use std::io;
use std::num::NonZero;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use orch_model::Fault;
use orch_store::remove_abandoned;
use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;

use crate::file_memory::{FileMemory, make_folder};
use crate::footing::{Builder, Footing, Unit};
use crate::look::{Look, Sight};
use crate::look_file::{self, Entry, Writer};
use crate::question::Question;

/// From this many files on a second thread pays.
const FILES_A_THREAD: usize = 2_000;

/// A snapshot of one kind of run of one project.
#[derive(Clone, Debug)]
pub struct Snapshot {
    root: PathBuf,
    file: PathBuf,
}

/// A snapshot as it was read: whole, but not held against anything.
#[derive(Clone, Debug)]
pub struct Kept {
    bytes: Vec<u8>,
}

/// What a look at all that a snapshot names has shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Glance {
    /// All looks as it did.
    Same,
    /// What has changed concerns these units, by number, and no others.
    Changed(Vec<usize>),
    /// What has changed may concern anybody.
    Unknown,
}

impl Kept {
    /// What its writer had to say of it.
    pub fn note(&self) -> &[u8] {
        look_file::note(&self.bytes).unwrap_or_default()
    }
}

impl Snapshot {
    /// The snapshot of a name, for the project at `root`. Reads nothing.
    pub fn new(root: PathBuf, name: &str) -> Self {
        let file = root.join(".orch").join("snapshots").join(name);
        Self { root, file }
    }

    /// A file beside the snapshot, for what belongs to it.
    pub fn companion(&self, extension: &str) -> PathBuf {
        self.file.with_extension(extension)
    }

    /// The snapshot, if there is one that is whole.
    pub fn read(&self) -> Option<Kept> {
        let bytes = fs::read(&self.file).ok()?;
        look_file::is_whole(&bytes).then_some(Kept { bytes })
    }

    /// Looks once at all that a snapshot names.
    pub fn glance(&self, kept: &Kept) -> Glance {
        let (Some(looks), Ok(root)) = (look_file::parse(&kept.bytes), self.open_root()) else {
            return Glance::Unknown;
        };
        let changed = changed(&root, &looks.entries);
        if changed.is_empty() {
            return Glance::Same;
        }
        let mut is_changed = vec![false; looks.entries.len()];
        changed.into_iter().for_each(|look| is_changed[look] = true);
        let footing = Footing::read(looks.rest, looks.entries.len());
        match footing.and_then(|footing| footing.reached(is_changed)) {
            Some(units) => Glance::Changed(units),
            None => Glance::Unknown,
        }
    }

    /// Keeps what a run of these units has looked at through `memory`, and how `besides`,
    /// absolute paths on which everything rests, look now. Keeps nothing where equal looks
    /// would prove nothing.
    pub fn keep(
        &self,
        note: &[u8],
        memory: &FileMemory,
        besides: &[PathBuf],
        units: &[Unit],
    ) -> Result<(), Fault> {
        let (Some(seen), Some(besides)) = (memory.seen(), proven(besides, memory)) else {
            return self.forget();
        };
        let everybodys = besides.iter().map(|(path, look)| (path.as_str(), *look));
        let mut builder = Builder::new(units.len(), everybodys);
        let is_known = units.iter().enumerate().all(|(number, unit)| {
            let needs = unit.needs.iter().copied();
            builder.put(number, &unit.questions, needs, |question| {
                seen.answer(question)
            })
        });
        builder.put_rest(seen.all());
        match is_known && !builder.is_too_large() {
            true => self.write(note, &builder),
            false => self.write(note, &builder.merged()),
        }
    }

    /// Keeps what a run of some of a snapshot's units has looked at in place of what was kept
    /// of these; they are given by number, in order, with all that they have asked. Leaves the
    /// snapshot as it is where equal looks would prove nothing, or where something has changed
    /// on which everything rests.
    pub fn renew(
        &self,
        note: &[u8],
        kept: &Kept,
        memory: &FileMemory,
        units: &[(usize, Vec<Question>)],
    ) -> Result<(), Fault> {
        let (Some(seen), Some(looks)) = (memory.seen(), look_file::parse(&kept.bytes)) else {
            return Ok(());
        };
        let Some(footing) = Footing::read(looks.rest, looks.entries.len()) else {
            return Ok(());
        };
        let everybodys: Vec<Entry<'_>> = footing
            .everybodys()
            .map(|look| looks.entries[look])
            .collect();
        let root = self.open_root();
        if !root.is_ok_and(|root| changed(&root, &everybodys).is_empty()) {
            return Ok(());
        }
        let entries = &looks.entries;
        let mut builder = Builder::new(footing.units(), everybodys.iter().map(Entry::looked));
        let mut renewed = units.iter().map(|(unit, _)| unit).peekable();
        for unit in 0..footing.units() {
            if renewed.next_if_eq(&&unit).is_none() {
                builder.keep(unit, &footing, entries);
            }
        }
        for (unit, questions) in units {
            builder.expect(*unit, &footing, entries);
            let needs = footing.needs(*unit);
            if !builder.put(*unit, questions, needs, |question| seen.answer(question)) {
                return Ok(());
            }
        }
        self.write(note, &builder)
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

    fn write(&self, note: &[u8], builder: &Builder<'_>) -> Result<(), Fault> {
        let mut writer = Writer::new(note);
        for (path, look) in &builder.looks {
            writer.push(Entry { path, look: *look });
        }
        make_folder(&self.file)
            .and_then(|()| remove_abandoned(self.file.parent().unwrap_or(&self.root)))
            .and_then(|()| writer.write(&builder.bytes(), &self.file))
            .map_err(|error| Fault::io("write", &self.file, &error))
    }

    fn open_root(&self) -> Result<OwnedFd, Errno> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        rustix::fs::open(&self.root, flags, Mode::empty())
    }
}

/// The numbers of those that do not look as they did, or that cannot be looked at.
fn changed(root: &OwnedFd, entries: &[Entry<'_>]) -> Vec<usize> {
    let is_same = |entry: &Entry<'_>| {
        look_at(root, Path::new(entry.path)).is_ok_and(|look| look == entry.look)
    };
    let changed_of = |first: usize, part: &[Entry<'_>]| -> Vec<usize> {
        let part = part.iter().enumerate();
        part.filter(|(_, entry)| !is_same(entry))
            .map(|(number, _)| first + number)
            .collect()
    };
    if entries.len() < 2 * FILES_A_THREAD {
        return changed_of(0, entries);
    }
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let threads = cores.min(entries.len() / FILES_A_THREAD);
    let length = entries.len().div_ceil(threads);
    std::thread::scope(|scope| {
        let parts = entries.chunks(length).enumerate();
        let looks: Vec<_> = parts
            .map(|(part, entries)| scope.spawn(move || changed_of(part * length, entries)))
            .collect();
        let looks = looks.into_iter();
        looks
            .flat_map(|look| look.join().expect("a look does not panic"))
            .collect()
    })
}

/// How something looks; `None` for what is not there.
fn look_at(folder: impl AsFd, path: &Path) -> Result<Option<Look>, Errno> {
    match rustix::fs::statx(folder, path, AtFlags::SYMLINK_NOFOLLOW, Look::FIELDS) {
        Ok(found) => Ok(Some(Look::of_statx(&found))),
        Err(Errno::NOENT | Errno::NOTDIR) => Ok(None),
        Err(error) => Err(error),
    }
}

/// How absolute paths look; `None` if that would prove nothing of one of them.
fn proven(paths: &[PathBuf], memory: &FileMemory) -> Option<Vec<(String, Option<Look>)>> {
    let look = |path: &PathBuf| {
        let name = path.to_str()?;
        let look = match Sight::of_path(path) {
            Ok(sight) => memory.proves(name, &sight).then(|| Some(sight.look()))?,
            Err(error) if is_missing(&error) => None,
            Err(_) => return None,
        };
        Some((name.to_owned(), look))
    };
    paths.iter().map(look).collect()
}

fn is_missing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}
