//! Tar archives, packed with gzip, xz or Zstandard.

use std::io::Read;
use std::thread;

use liblzma::read::XzDecoder;
use liblzma::stream::{CONCATENATED, Stream};
use orch_engine::Cancel;
use orch_model::{Hasher, RelativePath};
use tar::EntryType;

use crate::tree::{Refused, Tree};

use super::header_bound::HeaderBound;
use super::readahead::readahead;
use super::{BUFFER, Job, Measured};

/// How a tar archive is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    None,
    Gzip,
    Xz,
    Zstandard,
}

/// The most memory that an xz stream may ask for; `xz -9` wants 65 MiB.
const XZ_MEMORY: u64 = 512 << 20;

/// Unpacks a tar archive.
pub(super) fn unpack(job: &Job<'_>, packing: Packing, tree: &mut Tree) -> Result<(), Refused> {
    unpack_from(job, Measured::new(job), packing, tree)
}

/// Unpacks a tar archive that lies inside something else.
pub(super) fn unpack_from(
    job: &Job<'_>,
    packed: impl Read + Send,
    packing: Packing,
    tree: &mut Tree,
) -> Result<(), Refused> {
    let (filler, unpacked) = readahead();
    thread::scope(|scope| {
        scope.spawn(move || match unpacking(packed, packing) {
            Ok(source) => filler.fill(source),
            Err(error) => filler.fill(Broken(Some(error))),
        });
        entries(job, unpacked, tree)
    })
}

fn unpacking<'a>(
    packed: impl Read + Send + 'a,
    packing: Packing,
) -> std::io::Result<Box<dyn Read + 'a>> {
    Ok(match packing {
        Packing::None => Box::new(packed),
        Packing::Gzip => Box::new(flate2::read::MultiGzDecoder::new(packed)),
        Packing::Xz => {
            let stream = Stream::new_stream_decoder(XZ_MEMORY, CONCATENATED)?;
            Box::new(XzDecoder::new_stream(packed, stream))
        }
        Packing::Zstandard => Box::new(zstd::stream::read::Decoder::new(packed)?),
    })
}

/// A stream that could not be begun.
struct Broken(Option<std::io::Error>);

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

fn entries(job: &Job<'_>, unpacked: impl Read, tree: &mut Tree) -> Result<(), Refused> {
    let headers = HeaderBound::new();
    let broken = |error: std::io::Error| match headers.is_exceeded() {
        true => Refused::Archive("has an entry with a header of more than 64 KiB".into()),
        false => Refused::Archive(format!("cannot be read: {error}")),
    };
    let mut archive = tar::Archive::new(headers.around(unpacked));
    let mut entries = archive.entries().map_err(broken)?;
    let mut buffer = vec![0; BUFFER];
    let mut is_empty = true;
    loop {
        headers.begin();
        let next = entries.next();
        tree.writer().pass_over(headers.end())?;
        if job.cancel.is_cancelled() {
            return Err(Refused::Cancelled);
        }
        let Some(entry) = next else { break };
        let mut entry = entry.map_err(broken)?;
        is_empty = false;
        place(job, &mut entry, tree, &mut buffer)?;
        // The tar library would pass over the rest without counting it.
        pass_over_rest(job, &mut entry, tree, &mut buffer)?;
    }
    if is_empty {
        return Err(Refused::Archive("holds nothing".into()));
    }
    Ok(())
}

/// Puts an entry into the tree.
fn place(
    job: &Job<'_>,
    entry: &mut tar::Entry<'_, impl Read>,
    tree: &mut Tree,
    buffer: &mut [u8],
) -> Result<(), Refused> {
    let kind = entry.header().entry_type();
    if kind == EntryType::XGlobalHeader {
        return Ok(());
    }
    let name = entry.path_bytes().into_owned();
    let Some(path) = job.placement.place(&name)? else {
        return refuse_special(kind, &name);
    };
    if job.placement.leaves_out(&path) {
        refuse_special(kind, &name)?;
        tree.leave_out(entry.size());
        return Ok(());
    }
    match kind {
        EntryType::Directory => tree.directory(&path),
        // Before POSIX a directory was a file whose name ends so.
        EntryType::Regular if name.ends_with(b"/") => tree.directory(&path),
        EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
            let mode = entry.header().mode();
            let mode = mode.map_err(|_| refused(&name, "has a mode that is no number"))?;
            let executable = mode & 0o111 != 0;
            if job.placement.is_system && tree.has_file(&path) {
                return same_file(&path, executable, entry, tree, job.cancel, buffer);
            }
            tree.file(&path, executable)?;
            let writer = tree.writer();
            let written = writer.write(&path, executable, entry, job.cancel, buffer)?;
            tree.written(&path, written);
            Ok(())
        }
        EntryType::Symlink => {
            let text = job.placement.link_text(&path, link_text(entry, &name)?);
            match job.placement.is_system && tree.has_link(&path, &text) {
                true => Ok(()),
                false => tree.symbolic_link(&path, &text),
            }
        }
        EntryType::Link => {
            let text = link_text(entry, &name)?;
            let refused = |why| refused(&name, &format!("is a hard link to `{text}`, which {why}"));
            let to = job.placement.place(text.as_bytes());
            let to = to.map_err(|_| refused("leaves the archive"))?;
            tree.hard_link(&path, &to.ok_or_else(|| refused("is not unpacked"))?)
        }
        _ => {
            refuse_special(kind, &name)?;
            let what = char::from(kind.as_byte()).escape_default();
            Err(refused(&name, &format!("is of the unknown kind `{what}`")))
        }
    }
}

/// A file that another package has brought already, and must be the same.
fn same_file(
    path: &RelativePath,
    executable: bool,
    entry: &mut impl Read,
    tree: &Tree,
    cancel: &Cancel,
    buffer: &mut [u8],
) -> Result<(), Refused> {
    let mut hasher = Hasher::new();
    loop {
        let read = entry
            .read(buffer)
            .map_err(|error| Refused::Archive(format!("cannot be read: {error}")))?;
        if read == 0 {
            break;
        }
        tree.writer().pass_over(read as u64)?;
        if cancel.is_cancelled() {
            return Err(Refused::Cancelled);
        }
        hasher.update(&buffer[..read]);
    }
    if tree.is_file(path, executable, hasher.finish()) {
        return Ok(());
    }
    Err(tree.taken(path))
}

/// Reads what of an entry is not kept, and counts it.
fn pass_over_rest(
    job: &Job<'_>,
    entry: &mut impl Read,
    tree: &Tree,
    buffer: &mut [u8],
) -> Result<(), Refused> {
    loop {
        let read = entry
            .read(buffer)
            .map_err(|error| Refused::Archive(format!("cannot be read: {error}")))?;
        if read == 0 {
            return Ok(());
        }
        tree.writer().pass_over(read as u64)?;
        if job.cancel.is_cancelled() {
            return Err(Refused::Cancelled);
        }
    }
}

fn link_text(entry: &tar::Entry<'_, impl Read>, name: &[u8]) -> Result<String, Refused> {
    let text = entry
        .link_name_bytes()
        .ok_or_else(|| refused(name, "is a link to nowhere"))?;
    String::from_utf8(text.into_owned())
        .map_err(|_| refused(name, "is a link to a name that is not UTF-8"))
}

fn refuse_special(kind: EntryType, name: &[u8]) -> Result<(), Refused> {
    let what = match kind {
        EntryType::Char | EntryType::Block => "is a device",
        EntryType::Fifo => "is a named pipe",
        _ => return Ok(()),
    };
    Err(refused(name, what))
}

fn refused(name: &[u8], why: &str) -> Refused {
    let shown = String::from_utf8_lossy(name).chars().take(200).collect();
    Refused::Entry(shown, why.to_owned())
}

#[cfg(test)]
mod tests {
    use orch_engine::Cancel;
    use orch_engine::port::{Progress, Stage};
    use orch_model::{Archive, ArchiveFormat, Digest, RelativePath};

    use crate::download::Meter;
    use crate::tree::Limits;
    use crate::unpack::entry::Placement;

    use super::*;

    struct Silent;

    impl Progress for Silent {
        fn report(&self, _: Stage, _: u64, _: Option<u64>) {}
    }

    /// Unpacks a tar archive with one file of so many bytes, which lies above what is
    /// kept, where 4 KiB are fine.
    fn dropped(bytes: usize, cancel: &Cancel) -> Result<(), Refused> {
        let mut archive = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes as u64);
        header.set_mode(0o644);
        let content = vec![0; bytes];
        archive
            .append_data(&mut header, "dropped", &*content)
            .unwrap();
        let archive = archive.into_inner().unwrap();

        let folder = tempfile::tempdir().unwrap();
        let limits = Limits {
            archive_bytes: 4096,
            ratio: 1,
            ..Limits::default()
        };
        let mut tree = Tree::new(folder.path(), limits).unwrap();
        tree.begin_archive("a.tar", 1);
        let job = Job {
            file: &tempfile::tempfile().unwrap(),
            bytes: 1,
            placement: Placement::of(&Archive {
                urls: Vec::new(),
                digest: Digest::of(""),
                bytes: None,
                format: ArchiveFormat::TarGz,
                strip_components: 1,
                into: RelativePath::root(),
                exclude: Vec::new(),
            })?,
            meter: &Meter {
                progress: &Silent,
                stage: Stage::Unpack,
                before: 0,
                total: None,
            },
            cancel,
        };
        entries(&job, &*archive, &mut tree)
    }

    #[test]
    fn what_is_not_kept_counts_too() {
        assert!(dropped(100, &Cancel::new()).is_ok());
        match dropped(10_000, &Cancel::new()) {
            Err(Refused::Archive(why)) => assert_eq!(why, "grows far beyond its packed size"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_interrupt_ends_what_is_not_kept() {
        let cancel = Cancel::new();
        cancel.cancel();
        assert!(matches!(dropped(100, &cancel), Err(Refused::Cancelled)));
    }
}
