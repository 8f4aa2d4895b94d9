//! Packs layers so that equal input gives equal bytes on every machine: one encoder and one
//! level for each format, on one thread, with nothing of time or machine in the header.

use std::io::{self, Write};

use flate2::GzBuilder;
use flate2::write::GzEncoder;

use crate::description::Compression;
use crate::document::media;

/// The level that `gzip` has by itself.
const GZIP_LEVEL: u32 = 6;
/// The level that `zstd` has by itself.
const ZSTD_LEVEL: i32 = 3;
/// "Unknown" by RFC 1952: zlib writes here for what system it was compiled.
const GZIP_SYSTEM: u8 = 255;

/// Packs what is written into it.
pub(crate) enum Packer<W: Write> {
    Gzip(GzEncoder<W>),
    Zstd(zstd::Encoder<'static, W>),
}

impl<W: Write> Packer<W> {
    pub(crate) fn new(compression: Compression, inner: W) -> io::Result<Self> {
        Ok(match compression {
            Compression::Gzip => Self::Gzip(
                GzBuilder::new()
                    .mtime(0)
                    .operating_system(GZIP_SYSTEM)
                    .write(inner, flate2::Compression::new(GZIP_LEVEL)),
            ),
            Compression::Zstd => Self::Zstd(zstd::Encoder::new(inner, ZSTD_LEVEL)?),
        })
    }

    /// Writes the end, and gives back what was written to.
    pub(crate) fn finish(self) -> io::Result<W> {
        match self {
            Self::Gzip(encoder) => encoder.finish(),
            Self::Zstd(encoder) => encoder.finish(),
        }
    }
}

impl<W: Write> Write for Packer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Gzip(encoder) => encoder.write(bytes),
            Self::Zstd(encoder) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Gzip(encoder) => encoder.flush(),
            Self::Zstd(encoder) => encoder.flush(),
        }
    }
}

/// What a layer that is packed so is called.
pub(crate) fn media_type(compression: Compression) -> &'static str {
    match compression {
        Compression::Gzip => media::LAYER_GZIP,
        Compression::Zstd => media::LAYER_ZSTD,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In what pieces a disk hands over a file must not show.
    #[test]
    fn pieces_do_not_matter() {
        let content: Vec<u8> = (0..400_000_u32)
            .map(|at| (at.wrapping_mul(at) >> 7) as u8)
            .collect();
        for compression in [Compression::Gzip, Compression::Zstd] {
            let packed = |piece: usize| {
                let mut packer = Packer::new(compression, Vec::new()).unwrap();
                for part in content.chunks(piece) {
                    packer.write_all(part).unwrap();
                }
                packer.finish().unwrap()
            };
            let whole = packed(content.len());
            for piece in [1000, 8192, 131_072] {
                assert!(
                    packed(piece) == whole,
                    "{compression:?} in pieces of {piece}"
                );
            }
        }
    }

    #[test]
    fn a_header_says_nothing_of_time_and_machine() {
        let packed = Packer::new(Compression::Gzip, Vec::new()).unwrap();
        assert_eq!(
            packed.finish().unwrap()[..10],
            [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]
        );
    }
}
