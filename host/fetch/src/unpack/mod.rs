//! Unpacks verified archives into one tree, a module for each format. What may stand in
//! a tree is decided by [`crate::tree`].

mod deb;
mod entry;
mod header_bound;
mod readahead;
mod tarball;
mod zipped;

use std::fs::File;
use std::io;
use std::path::Path;

use orch_engine::Cancel;
use orch_model::{Archive, ArchiveFormat, Fault, RelativePath, TextFile};

use crate::download::Meter;
use crate::tree::{Refused, Tree};

use entry::Placement;

/// How much is read or written at once.
const BUFFER: usize = 128 << 10;

/// What people call files that a toolchain brings beside its archives.
pub(crate) const OWN_FILES: &str = "files of the toolchain itself";

/// One archive on its way into a tree.
struct Job<'a> {
    file: &'a File,
    bytes: u64,
    placement: Placement,
    meter: &'a Meter<'a>,
    cancel: &'a Cancel,
}

/// Unpacks the verified archive at `path` into the tree. `name` is what people call it.
pub(crate) fn unpack(
    path: &Path,
    name: &str,
    archive: &Archive,
    tree: &mut Tree,
    meter: &Meter<'_>,
    cancel: &Cancel,
) -> Result<(), Refused> {
    let opened = File::open(path).and_then(|file| {
        let bytes = file.metadata()?.len();
        Ok((file, bytes))
    });
    let (file, bytes) = opened.map_err(|error| Fault::io("open", path, &error))?;
    tree.begin_archive(name, bytes);
    let job = Job {
        file: &file,
        bytes,
        placement: Placement::of(archive)?,
        meter,
        cancel,
    };
    let unpacked = match archive.format {
        ArchiveFormat::TarGz => tarball::unpack(&job, tarball::Packing::Gzip, tree),
        ArchiveFormat::TarXz => tarball::unpack(&job, tarball::Packing::Xz, tree),
        ArchiveFormat::TarZst => tarball::unpack(&job, tarball::Packing::Zstandard, tree),
        ArchiveFormat::Zip => zipped::unpack(&job, tree),
        ArchiveFormat::Deb => deb::unpack(&job, tree),
        ArchiveFormat::Raw => raw(&job, archive.file_name().as_deref(), tree),
    };
    meter.report(bytes, Some(bytes));
    unpacked
}

/// The file as it is. It may always be executed: what is fetched so is most often a
/// program, and for any other file it does not matter.
fn raw(job: &Job<'_>, file_name: Option<&str>, tree: &mut Tree) -> Result<(), Refused> {
    let path = file_name
        .and_then(|name| RelativePath::new(name).ok())
        .filter(|path| !path.is_root() && !path.as_str().contains('/'))
        .ok_or_else(|| Refused::Archive("has no usable file name in its address".into()))?;
    let path = job.placement.into.join(&path);
    tree.file(&path, true)?;
    let mut buffer = vec![0; BUFFER];
    let written = tree
        .writer()
        .write(&path, true, Measured::new(job), job.cancel, &mut buffer)?;
    tree.written(&path, written);
    Ok(())
}

/// A file that the toolchain brings itself.
pub(crate) fn text_file(
    path: &RelativePath,
    file: &TextFile,
    tree: &mut Tree,
    cancel: &Cancel,
) -> Result<(), Refused> {
    tree.begin_archive(OWN_FILES, file.text.len() as u64);
    tree.file(path, file.executable)?;
    let mut buffer = vec![0; BUFFER];
    let content = file.text.as_bytes();
    let written = tree
        .writer()
        .write(path, file.executable, content, cancel, &mut buffer)?;
    tree.written(path, written);
    Ok(())
}

/// What a refusal means to the user.
pub(crate) fn fault(refused: Refused, name: &str) -> Fault {
    match refused {
        Refused::Entry(entry, why) => Fault::fetch(format!(
            "archive `{name}` is refused: its entry `{}` {why}",
            entry.escape_debug()
        )),
        Refused::Archive(why) => Fault::fetch(format!("archive `{name}` is refused: it {why}")),
        Refused::Cancelled => Fault::interrupted(),
        Refused::Machine(fault) => fault,
    }
}

/// The archive's bytes, counted as they are read.
struct Measured<'a> {
    file: &'a File,
    meter: &'a Meter<'a>,
    done: u64,
    total: u64,
}

impl<'a> Measured<'a> {
    fn new(job: &Job<'a>) -> Self {
        Self {
            file: job.file,
            meter: job.meter,
            done: 0,
            total: job.bytes,
        }
    }
}

impl io::Read for Measured<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.done += read as u64;
        self.meter.report(self.done, Some(self.total));
        Ok(read)
    }
}
