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

/// Encoders are handed pieces of this size, the last one aside: what the encoder of `gzip` makes
/// depends on where its input was cut.
const PIECE_BYTES: usize = 128 << 10;

/// Packs what is written into it.
pub(crate) struct Packer<W: Write> {
    encoder: Encoder<W>,
    /// The beginning of the next piece.
    piece: Vec<u8>,
}

enum Encoder<W: Write> {
    Gzip(GzEncoder<W>),
    Zstd(zstd::Encoder<'static, W>),
}

impl<W: Write> Packer<W> {
    pub(crate) fn new(compression: Compression, inner: W) -> io::Result<Self> {
        let encoder = match compression {
            Compression::Gzip => Encoder::Gzip(
                GzBuilder::new()
                    .mtime(0)
                    .operating_system(GZIP_SYSTEM)
                    .write(inner, flate2::Compression::new(GZIP_LEVEL)),
            ),
            Compression::Zstd => Encoder::Zstd(zstd::Encoder::new(inner, ZSTD_LEVEL)?),
        };
        Ok(Self {
            encoder,
            piece: Vec::with_capacity(PIECE_BYTES),
        })
    }

    /// Writes the end, and gives back what was written to.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        self.pack_piece()?;
        match self.encoder {
            Encoder::Gzip(encoder) => encoder.finish(),
            Encoder::Zstd(encoder) => encoder.finish(),
        }
    }

    fn pack_piece(&mut self) -> io::Result<()> {
        match &mut self.encoder {
            Encoder::Gzip(encoder) => encoder.write_all(&self.piece)?,
            Encoder::Zstd(encoder) => encoder.write_all(&self.piece)?,
        }
        self.piece.clear();
        Ok(())
    }
}

impl<W: Write> Write for Packer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(PIECE_BYTES - self.piece.len());
        self.piece.extend_from_slice(&bytes[..taken]);
        if self.piece.len() == PIECE_BYTES {
            self.pack_piece()?;
        }
        Ok(taken)
    }

    /// Flushing would cut the input.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
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
    use expect_test::expect;
    use orch_model::Digest;

    use super::*;

    /// Words that repeat, as programs have them.
    fn content() -> Vec<u8> {
        let number = |at: u32| at.wrapping_mul(at) >> 7;
        (0..400_000)
            .map(|at| (number(at) & number(at / 9)) as u8)
            .collect()
    }

    /// The same on every CPU and by every build; another version of an encoder shows here.
    #[test]
    fn packed_bytes_are_as_they_were() {
        let packed = |compression| {
            let mut packer = Packer::new(compression, Vec::new()).unwrap();
            packer.write_all(&content()).unwrap();
            Digest::of(packer.finish().unwrap()).to_string()
        };
        expect!["sha256:ccc543d559dca6e5c2dd0ec0d6d779df1f0d0d45e4ee5bdf3208d12f82831bc7"]
            .assert_eq(&packed(Compression::Gzip));
        expect!["sha256:04c110416e36eec7b9d0ba9b4cd612500293cb11374cdfac21aa9d49c4af599e"]
            .assert_eq(&packed(Compression::Zstd));
    }

    /// In what pieces a disk hands over a file must not show.
    #[test]
    fn pieces_do_not_matter() {
        let content = content();
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
