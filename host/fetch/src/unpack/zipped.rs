//! Zip archives, and so Python wheels. The directory at the end is judged as a whole
//! before anything is written; then several threads unpack.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use orch_model::{Digest, RelativePath};
use zip::ZipArchive;

use crate::tree::{Refused, Tree, Writer};

use super::{BUFFER, Job};

/// The kinds in the upper half of a Unix mode.
const KIND: u32 = 0o170_000;
const KIND_FILE: u32 = 0o100_000;
const KIND_DIRECTORY: u32 = 0o040_000;
const KIND_LINK: u32 = 0o120_000;

/// Threads that unpack: writing small files is bound by the kernel soon.
const THREADS: usize = 4;

/// A file to unpack.
struct Item {
    index: usize,
    path: RelativePath,
    executable: bool,
    bytes: u64,
    packed: u64,
}

/// Unpacks a zip archive.
pub(super) fn unpack(job: &Job<'_>, tree: &mut Tree) -> Result<(), Refused> {
    let broken =
        |error: zip::result::ZipError| Refused::Archive(format!("cannot be read: {error}"));
    let file = job
        .file
        .try_clone()
        .map_err(|error| Refused::Archive(format!("cannot be read: {error}")))?;
    let shared = Shared::new(file, job.bytes);
    let mut archive = ZipArchive::new(shared.clone()).map_err(broken)?;
    refuse_twins(&archive, shared)?;

    let mut items = Vec::new();
    let mut links = Vec::new();
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(broken)?;
        let name = entry.name_raw().to_vec();
        let refused = |why: &str| {
            let shown = String::from_utf8_lossy(&name).chars().take(200).collect();
            Err(Refused::Entry(shown, why.to_owned()))
        };
        if entry.encrypted() {
            return refused("is encrypted");
        }
        let mode = entry.unix_mode().unwrap_or_default();
        let is_directory = name.ends_with(b"/") || mode & KIND == KIND_DIRECTORY;
        let Some(path) = job.placement.place(&name)? else {
            continue;
        };
        if job.placement.leaves_out(&path) {
            tree.leave_out(entry.size());
            continue;
        }
        match mode & KIND {
            _ if is_directory => tree.directory(&path)?,
            KIND_LINK => links.push((index, path)),
            0 | KIND_FILE => {
                let executable = mode & 0o111 != 0;
                tree.file(&path, executable)?;
                items.push(Item {
                    index,
                    path,
                    executable,
                    bytes: entry.size(),
                    packed: entry.compressed_size(),
                });
            }
            _ => return refused("is a device, a pipe or a socket"),
        }
    }

    for (path, written) in unpack_files(job, &archive, &items, tree.writer())? {
        tree.written(path, written);
    }
    for (index, path) in links {
        let mut text = Vec::new();
        let entry = archive.by_index(index).map_err(broken)?;
        entry
            .take(8192)
            .read_to_end(&mut text)
            .map_err(|error| Refused::Archive(format!("cannot be read: {error}")))?;
        let text = String::from_utf8(text).map_err(|_| {
            Refused::Entry(
                path.as_str().to_owned(),
                "is a link to a name that is not UTF-8".into(),
            )
        })?;
        tree.symbolic_link(&path, &text)?;
    }
    Ok(())
}

type Written<'a> = (&'a RelativePath, (Digest, u64));

/// Unpacks all files, several at once.
fn unpack_files<'a>(
    job: &Job<'_>,
    archive: &ZipArchive<Shared>,
    items: &'a [Item],
    writer: &Writer,
) -> Result<Vec<Written<'a>>, Refused> {
    let next = AtomicUsize::new(0);
    let stop = AtomicBool::new(false);
    let packed = Mutex::new(0);
    let trouble = Mutex::new(None);
    let work = || {
        let mut archive = archive.clone();
        let mut buffer = vec![0; BUFFER];
        let mut done = Vec::new();
        while !stop.load(Ordering::Relaxed) {
            let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) else {
                break;
            };
            match unpack_file(job, &mut archive, item, writer, &mut buffer) {
                Ok(written) => {
                    // Reported under the lock, so that what is told never goes back.
                    if let Ok(mut packed) = packed.lock() {
                        *packed += item.packed;
                        job.meter.report(job.bytes.min(*packed), Some(job.bytes));
                    }
                    done.push((&item.path, written));
                }
                Err(refused) => {
                    stop.store(true, Ordering::Relaxed);
                    if let Ok(mut trouble) = trouble.lock() {
                        trouble.get_or_insert(refused);
                    }
                }
            }
        }
        done
    };
    let threads = thread::available_parallelism().map_or(1, |cores| cores.get().min(THREADS));
    let mut done = Vec::with_capacity(items.len());
    thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        done.extend(work());
        for other in others {
            match other.join() {
                Ok(more) => done.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    match trouble.into_inner() {
        Ok(Some(refused)) => Err(refused),
        _ => Ok(done),
    }
}

fn unpack_file(
    job: &Job<'_>,
    archive: &mut ZipArchive<Shared>,
    item: &Item,
    writer: &Writer,
    buffer: &mut [u8],
) -> Result<(Digest, u64), Refused> {
    let refused = |why: String| Refused::Entry(item.path.as_str().to_owned(), why);
    let entry = archive
        .by_index(item.index)
        .map_err(|error| refused(format!("cannot be read: {error}")))?;
    // One byte more than stated shows an entry that is larger than it says.
    let content = entry.take(item.bytes.saturating_add(1));
    let written = writer.write(&item.path, item.executable, content, job.cancel, buffer)?;
    if written.1 != item.bytes {
        return Err(refused(format!(
            "does not have the {} bytes that it states",
            item.bytes
        )));
    }
    Ok(written)
}

/// Refuses an archive that has a name twice: the zip library keeps the last one only, and
/// other programs the first, so that two would see two different archives.
fn refuse_twins(archive: &ZipArchive<Shared>, mut records: Shared) -> Result<(), Refused> {
    if archive.is_empty() {
        return Err(Refused::Archive("holds nothing".into()));
    }
    let mut names = std::collections::HashSet::new();
    let broken = |error: io::Error| Refused::Archive(format!("cannot be read: {error}"));
    let begin = SeekFrom::Start(archive.central_directory_start());
    records.seek(begin).map_err(broken)?;
    loop {
        let mut signature = [0; 4];
        records.read_exact(&mut signature).map_err(broken)?;
        if signature != *b"PK\x01\x02" {
            break;
        }
        let mut record = [0; 42];
        records.read_exact(&mut record).map_err(broken)?;
        let length = |at: usize| u16::from_le_bytes([record[at], record[at + 1]]);
        let mut name = vec![0; length(24).into()];
        records.read_exact(&mut name).map_err(broken)?;
        let rest = i64::from(length(26)) + i64::from(length(28));
        records.seek(SeekFrom::Current(rest)).map_err(broken)?;
        if let Some(twin) = names.replace(name) {
            let shown = String::from_utf8_lossy(&twin).chars().take(200).collect();
            return Err(Refused::Entry(shown, "is there twice".into()));
        }
    }
    if names.len() == archive.len() {
        Ok(())
    } else {
        Err(Refused::Archive(
            "has a directory that contradicts itself".into(),
        ))
    }
}

/// One open file with a position and a small buffer of its own, so that threads do not
/// disturb each other.
struct Shared {
    file: Arc<File>,
    length: u64,
    position: u64,
    buffer: Vec<u8>,
    /// Where in the file the buffer begins.
    buffer_start: u64,
}

/// Headers are read in small pieces, contents in larger ones.
const SMALL: usize = 8 << 10;

impl Shared {
    fn new(file: File, length: u64) -> Self {
        Self {
            file: Arc::new(file),
            length,
            position: 0,
            buffer: Vec::new(),
            buffer_start: 0,
        }
    }

    fn read_at(&self, buffer: &mut [u8]) -> io::Result<usize> {
        #[cfg(unix)]
        return std::os::unix::fs::FileExt::read_at(&*self.file, buffer, self.position);
        #[cfg(windows)]
        return std::os::windows::fs::FileExt::seek_read(&*self.file, buffer, self.position);
    }
}

impl Clone for Shared {
    fn clone(&self) -> Self {
        Self {
            file: Arc::clone(&self.file),
            buffer: Vec::new(),
            ..*self
        }
    }
}

impl Read for Shared {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let at = self.position.checked_sub(self.buffer_start);
        let at = at.and_then(|at| usize::try_from(at).ok());
        let mut ready = at.and_then(|at| self.buffer.get(at..)).unwrap_or_default();
        if ready.is_empty() {
            if into.len() >= SMALL {
                let read = self.read_at(into)?;
                self.position += read as u64;
                return Ok(read);
            }
            let mut buffer = std::mem::take(&mut self.buffer);
            buffer.resize(SMALL, 0);
            let read = self.read_at(&mut buffer)?;
            buffer.truncate(read);
            self.buffer = buffer;
            self.buffer_start = self.position;
            ready = &self.buffer;
        }
        let read = ready.read(into)?;
        self.position += read as u64;
        Ok(read)
    }
}

impl Seek for Shared {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(offset) => self.length.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}
