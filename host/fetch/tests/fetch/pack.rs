//! Makes archives, good ones by the usual libraries and bad ones by hand: the libraries
//! refuse to write most of what an attacker would.

use std::io::{Cursor, Write as _};

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::EntryType;
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

/// An entry of an archive.
#[derive(Clone, Debug)]
pub struct Entry {
    pub name: Vec<u8>,
    pub kind: Kind,
}

#[derive(Clone, Debug)]
pub enum Kind {
    File {
        content: Vec<u8>,
        mode: u32,
    },
    Directory,
    SymbolicLink(String),
    HardLink(String),
    /// Any other kind of a tar archive, with its content.
    Special(EntryType, Vec<u8>),
}

pub fn file(name: &str, content: &[u8]) -> Entry {
    entry(
        name,
        Kind::File {
            content: content.to_vec(),
            mode: 0o644,
        },
    )
}

pub fn program(name: &str, content: &[u8]) -> Entry {
    entry(
        name,
        Kind::File {
            content: content.to_vec(),
            mode: 0o755,
        },
    )
}

pub fn directory(name: &str) -> Entry {
    entry(name, Kind::Directory)
}

pub fn link(name: &str, to: &str) -> Entry {
    entry(name, Kind::SymbolicLink(to.into()))
}

pub fn hard_link(name: &str, to: &str) -> Entry {
    entry(name, Kind::HardLink(to.into()))
}

pub fn special(name: &str, kind: EntryType) -> Entry {
    entry(name, Kind::Special(kind, Vec::new()))
}

fn entry(name: &str, kind: Kind) -> Entry {
    Entry {
        name: name.into(),
        kind,
    }
}

/// A tar archive that says whatever the entries say. Names are at most 100 bytes.
pub fn tar(entries: &[Entry]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for entry in entries {
        let mut header = tar::Header::new_gnu();
        header.as_old_mut().name[..entry.name.len()].copy_from_slice(&entry.name);
        header.set_mode(0o644);
        let mut body: &[u8] = &[];
        let mut set_link = |to: &str, kind| {
            header.as_old_mut().linkname[..to.len()].copy_from_slice(to.as_bytes());
            kind
        };
        let kind = match &entry.kind {
            Kind::SymbolicLink(to) => set_link(to, EntryType::Symlink),
            Kind::HardLink(to) => set_link(to, EntryType::Link),
            Kind::Directory => EntryType::Directory,
            Kind::Special(kind, content) => {
                body = content;
                *kind
            }
            Kind::File { content, mode } => {
                body = content;
                header.set_mode(*mode);
                EntryType::Regular
            }
        };
        header.set_entry_type(kind);
        header.set_size(body.len() as u64);
        header.set_cksum();
        archive.append(&header, body).unwrap();
    }
    archive.into_inner().unwrap()
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 1);
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub fn zstandard(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

pub fn tar_gz(entries: &[Entry]) -> Vec<u8> {
    gzip(&tar(entries))
}

/// A Debian package with the entries in a `data.tar` of that name.
pub fn deb(data_name: &str, data: &[u8]) -> Vec<u8> {
    let mut archive = ar::Builder::new(Vec::new());
    for (name, content) in [
        ("debian-binary", &b"2.0\n"[..]),
        ("control.tar", b"x"),
        (data_name, data),
    ] {
        let header = ar::Header::new(name.as_bytes().to_vec(), content.len() as u64);
        archive.append(&header, content).unwrap();
    }
    archive.into_inner().unwrap()
}

pub fn zip(entries: &[Entry]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for entry in entries {
        let name = String::from_utf8(entry.name.clone()).unwrap();
        match &entry.kind {
            Kind::File { content, mode } => {
                archive
                    .start_file(name, options.unix_permissions(*mode))
                    .unwrap();
                archive.write_all(content).unwrap();
            }
            Kind::Directory => archive.add_directory(name, options).unwrap(),
            Kind::SymbolicLink(to) => archive.add_symlink(name, to, options).unwrap(),
            Kind::HardLink(_) | Kind::Special(..) => panic!("a zip archive has no such entry"),
        }
    }
    archive.finish().unwrap().into_inner()
}

/// The bytes with every `from` made `to`.
pub fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = bytes.to_vec();
    let mut at = 0;
    while at + from.len() <= bytes.len() {
        if bytes[at..].starts_with(from) {
            bytes[at..at + to.len()].copy_from_slice(to);
            at += to.len();
        } else {
            at += 1;
        }
    }
    bytes
}

/// The bytes of a zip archive with a field of every local header and of every record of
/// the directory changed; places are counted from the record's begin.
pub fn patched(zip: &[u8], local: usize, central: usize, value: &[u8]) -> Vec<u8> {
    let mut bytes = zip.to_vec();
    for (signature, field) in [(b"PK\x03\x04", local), (b"PK\x01\x02", central)] {
        for at in 0..bytes.len() - 4 {
            if bytes[at..].starts_with(signature) {
                bytes[at + field..at + field + value.len()].copy_from_slice(value);
            }
        }
    }
    bytes
}
