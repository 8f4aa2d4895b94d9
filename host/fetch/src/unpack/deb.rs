//! Debian packages: an `ar` archive whose `data.tar` holds the files. What its scripts
//! would do is not done.

use crate::tree::{Refused, Tree};

use super::tarball::{self, Packing};
use super::{Job, Measured};

/// Unpacks the `data.tar` of a Debian package.
pub(super) fn unpack(job: &Job<'_>, tree: &mut Tree) -> Result<(), Refused> {
    let broken = |error: std::io::Error| Refused::Archive(format!("is no Debian package: {error}"));
    let mut archive = ar::Archive::new(Measured::new(job));
    while let Some(entry) = archive.next_entry() {
        let entry = entry.map_err(broken)?;
        let packing = match entry.header().identifier() {
            b"data.tar" => Packing::None,
            b"data.tar.gz" => Packing::Gzip,
            b"data.tar.xz" => Packing::Xz,
            b"data.tar.zst" => Packing::Zstandard,
            name if name.starts_with(b"data.tar") => {
                let name = String::from_utf8_lossy(name).into_owned();
                return Err(Refused::Entry(
                    name,
                    "is packed in a way that is not known".into(),
                ));
            }
            _ => continue,
        };
        return tarball::unpack_from(job, entry, packing, tree);
    }
    Err(Refused::Archive(
        "is no Debian package: it has no `data.tar`".into(),
    ))
}
