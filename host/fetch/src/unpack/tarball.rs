//! Tar archives, packed with gzip, xz or Zstandard.

use std::io::Read;
use std::thread;

use liblzma::read::XzDecoder;
use liblzma::stream::{CONCATENATED, Stream};
use tar::EntryType;

use crate::tree::{Refused, Tree};

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
    let broken = |error: std::io::Error| Refused::Archive(format!("cannot be read: {error}"));
    let mut archive = tar::Archive::new(unpacked);
    let mut buffer = vec![0; BUFFER];
    let mut is_empty = true;
    for entry in archive.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        is_empty = false;
        if job.cancel.is_cancelled() {
            return Err(Refused::Cancelled);
        }
        let kind = entry.header().entry_type();
        if kind == EntryType::XGlobalHeader {
            continue;
        }
        let name = entry.path_bytes().into_owned();
        let Some(path) = job.placement.place(&name)? else {
            refuse_special(kind, &name)?;
            continue;
        };
        match kind {
            EntryType::Directory => tree.directory(&path)?,
            // Before POSIX a directory was a file whose name ends so.
            EntryType::Regular if name.ends_with(b"/") => tree.directory(&path)?,
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
                let executable = entry.header().mode().map_err(broken)? & 0o111 != 0;
                tree.file(&path, executable)?;
                let written =
                    tree.writer()
                        .write(&path, executable, &mut entry, job.cancel, &mut buffer)?;
                tree.written(&path, written);
            }
            EntryType::Symlink => tree.symbolic_link(&path, &link_text(&entry, &name)?)?,
            EntryType::Link => {
                let text = link_text(&entry, &name)?;
                let to = job.placement.place(text.as_bytes()).map_err(|_| {
                    refused(
                        &name,
                        &format!("is a hard link to `{text}`, which leaves the archive"),
                    )
                })?;
                let to = to.ok_or_else(|| {
                    refused(
                        &name,
                        &format!("is a hard link to `{text}`, which is not unpacked"),
                    )
                })?;
                tree.hard_link(&path, &to)?;
            }
            _ => {
                refuse_special(kind, &name)?;
                let what = char::from(kind.as_byte()).escape_default();
                return Err(refused(&name, &format!("is of the unknown kind `{what}`")));
            }
        }
    }
    if is_empty {
        return Err(Refused::Archive("holds nothing".into()));
    }
    Ok(())
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
