//! Packs the files of a layer into one archive: sorted by path, with nothing in a header that
//! the description does not state. Knows what lies in a layer, not in which image.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use orch_model::{Digest, Fault};
use tar::{Builder, EntryType, Header};

use crate::Cancelled;
use crate::blobs::Blobs;
use crate::compression::{Packer, media_type};
use crate::description::{Compression, Content, Entry, ImagePath, Layer, Owner};
use crate::document::Descriptor;
use crate::hashing::{HashingReader, HashingWriter};

/// Permissions of a directory that nobody described.
const DIRECTORY_MODE: u32 = 0o755;
/// All bits that permissions may have.
const MODE_BITS: u32 = 0o7777;

/// A layer that was packed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PackedLayer {
    /// What it is, packed.
    pub(crate) descriptor: Descriptor,
    /// The digest of the archive before it was packed.
    pub(crate) diff_id: Digest,
}

/// How layers of one variant are packed.
pub(crate) struct LayerPacker<'a> {
    compression: Compression,
    created: u64,
    /// Directories that lower layers have. Nothing where a base lies below: what it has is not
    /// known here, and must not be changed by naming it.
    directories: Option<BTreeSet<String>>,
    cancelled: Cancelled<'a>,
}

impl<'a> LayerPacker<'a> {
    pub(crate) fn new(
        compression: Compression,
        created: u64,
        has_base: bool,
        cancelled: Cancelled<'a>,
    ) -> Self {
        Self {
            compression,
            created,
            directories: (!has_base).then(BTreeSet::new),
            cancelled,
        }
    }

    /// Packs the next layer and keeps it among `blobs`.
    pub(crate) fn pack(&mut self, layer: &Layer, blobs: &Blobs) -> Result<PackedLayer, Fault> {
        let entries = checked(layer)?;
        let implied = self.implied_directories(&entries);
        let temporary = blobs.temporary()?;
        let shown = temporary.path().to_owned();
        let failed = |error: io::Error| Fault::io("write", &shown, &error);

        let packed = HashingWriter::new(temporary);
        let packer = Packer::new(self.compression, packed).map_err(failed)?;
        let mut archive = Builder::new(HashingWriter::new(packer));
        let mut paths: BTreeMap<&str, Option<&Entry>> = BTreeMap::new();
        paths.extend(implied.iter().map(|path| (path.as_str(), None)));
        paths.extend(entries.iter().map(|(path, entry)| (*path, Some(*entry))));
        for (path, entry) in paths {
            match entry {
                Some(entry) => self.append(&mut archive, path, entry)?,
                None => self.append_directory(&mut archive, path).map_err(failed)?,
            }
        }
        let (packer, diff_id, _) = archive.into_inner().map_err(failed)?.finish();
        let (temporary, digest, size) = packer.finish().map_err(failed)?.finish();
        blobs.keep(temporary, &digest)?;
        Ok(PackedLayer {
            descriptor: Descriptor::new(media_type(self.compression), digest, size),
            diff_id,
        })
    }

    /// The directories above the entries that neither this layer nor a lower one describes.
    /// From now on all of them count as described.
    fn implied_directories(&mut self, entries: &BTreeMap<&str, &Entry>) -> BTreeSet<String> {
        let Some(known) = &mut self.directories else {
            return BTreeSet::new();
        };
        let mut implied = BTreeSet::new();
        for (path, entry) in entries {
            if entry.content == Content::Directory {
                known.insert((*path).to_owned());
            }
        }
        for parent in entries.values().flat_map(|entry| entry.path.parents()) {
            if known.insert(parent.to_owned()) {
                implied.insert(parent.to_owned());
            }
        }
        implied
    }

    fn append(
        &self,
        archive: &mut Builder<impl Write>,
        path: &str,
        entry: &Entry,
    ) -> Result<(), Fault> {
        let failed =
            |error: io::Error| Fault::internal(format!("could not pack `{}`: {error}", entry.path));
        let mut header = self.header(entry.mode, entry.owner);
        match &entry.content {
            Content::File {
                path: from,
                digest,
                bytes,
            } => {
                header.set_entry_type(EntryType::Regular);
                header.set_size(*bytes);
                self.append_file(archive, path, header, from, (*digest, *bytes))
            }
            Content::Bytes(content) => {
                header.set_entry_type(EntryType::Regular);
                header.set_size(content.len() as u64);
                archive
                    .append_data(&mut header, path, content.as_slice())
                    .map_err(failed)
            }
            Content::Directory => {
                header.set_entry_type(EntryType::Directory);
                archive
                    .append_data(&mut header, format!("{path}/"), io::empty())
                    .map_err(failed)
            }
            Content::Link(target) => {
                header.set_entry_type(EntryType::Symlink);
                archive
                    .append_link(&mut header, path, target)
                    .map_err(failed)
            }
        }
    }

    fn append_directory(&self, archive: &mut Builder<impl Write>, path: &str) -> io::Result<()> {
        let mut header = self.header(DIRECTORY_MODE, Owner::default());
        header.set_entry_type(EntryType::Directory);
        archive.append_data(&mut header, format!("{path}/"), io::empty())
    }

    /// Packs a file of this machine, and proves that its bytes are the stated ones.
    fn append_file(
        &self,
        archive: &mut Builder<impl Write>,
        path: &str,
        mut header: Header,
        from: &Path,
        (digest, bytes): (Digest, u64),
    ) -> Result<(), Fault> {
        let failed = |error: io::Error| match (self.cancelled)() {
            true => Fault::interrupted(),
            false => Fault::io("pack", from, &error),
        };
        let file = File::open(from).map_err(failed)?;
        let mut content = HashingReader::new(file, self.cancelled);
        archive
            .append_data(&mut header, path, content.by_ref().take(bytes))
            .map_err(failed)?;
        // One byte more than was stated is a different file as well.
        let longer = content.read(&mut [0]).map_err(failed)? > 0;
        let (found, read) = content.finish();
        if longer || read != bytes || found != digest {
            return Err(Fault::lost(format!(
                "`{}` does not hold the {bytes} bytes of `{digest}` that go into the image as `/{path}`",
                from.display()
            )));
        }
        Ok(())
    }

    /// A header without a name of a user, a device or another time.
    fn header(&self, mode: u32, owner: Owner) -> Header {
        let mut header = Header::new_gnu();
        header.set_mode(mode);
        header.set_uid(owner.user.into());
        header.set_gid(owner.group.into());
        header.set_mtime(self.created);
        header.set_size(0);
        header
    }
}

/// The entries of a layer by path, if all of them can stand beside each other.
fn checked(layer: &Layer) -> Result<BTreeMap<&str, &Entry>, Fault> {
    let mut entries: BTreeMap<&str, &Entry> = BTreeMap::new();
    for entry in &layer.entries {
        check_entry(entry)?;
        if entries.insert(entry.path.relative(), entry).is_some() {
            return Err(Fault::usage(format!(
                "`{}` is twice in layer \"{}\" of the image",
                entry.path, layer.title
            )));
        }
    }
    for entry in entries.values() {
        let below = |parent: &&str| {
            entries
                .get(*parent)
                .is_some_and(|above| above.content != Content::Directory)
        };
        if let Some(parent) = entry.path.parents().find(below) {
            return Err(Fault::usage(format!(
                "`{}` cannot lie below `/{parent}`, which is no directory in the image",
                entry.path
            )));
        }
    }
    Ok(entries)
}

fn check_entry(entry: &Entry) -> Result<(), Fault> {
    let refused = |path: &ImagePath, why: &str| Err(Fault::usage(format!("`{path}` {why}")));
    match &entry.content {
        _ if entry.path.relative().is_empty() => refused(
            &entry.path,
            "is the root of the image, which cannot be described",
        ),
        _ if entry.mode & !MODE_BITS != 0 => refused(
            &entry.path,
            &format!(
                "has mode {:#o} in the image; {MODE_BITS:#o} is the most",
                entry.mode
            ),
        ),
        Content::Link(target) if target.is_empty() || target.contains('\0') => {
            refused(&entry.path, "is a link to nothing")
        }
        _ => Ok(()),
    }
}
