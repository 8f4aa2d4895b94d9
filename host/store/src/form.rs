//! The forms in which content lies on the disk, and how each is opened. Does not decide
//! which form a blob gets, nor whether its content is right.
//!
//! A compressed blob is a Zstandard stream that begins with a skippable frame, so `zstd -d`
//! reads it as it is. Numbers in that frame are little-endian:
//!
//! | offset | bytes | holds |
//! | --- | --- | --- |
//! | 0 | 4 | the magic number of a skippable frame, `0x184D2A50` |
//! | 4 | 4 | the length of what follows: 16 |
//! | 8 | 8 | the size of the content |
//! | 16 | 8 | the size of the whole file |

use std::fs::File;
use std::io::{self, BufReader, Read, Take};
use std::path::{Path, PathBuf};

use zstd::stream::read::Decoder;

/// How a blob lies on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// The content as it is.
    Plain,
    /// The content behind a [`Header`], compressed.
    Compressed,
}

const SUFFIX: &str = "zst";
const MAGIC: u32 = 0x184D_2A50;
pub(crate) const HEADER_BYTES: usize = 24;
/// The most memory that a decoder may use for what it has seen, as a power of two. Level 1
/// stays well below; a file that wants more is not ours.
const MOST_WINDOW_LOG: u32 = 23;

/// What stands before the compressed content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) content_bytes: u64,
    pub(crate) file_bytes: u64,
}

/// A blob that is ready to be read; nothing of its content has been checked.
pub(crate) struct Content {
    pub(crate) form: Form,
    pub(crate) path: PathBuf,
    pub(crate) reader: Reader,
}

pub(crate) enum Reader {
    Plain(File),
    /// Gives at most one byte more than the header says: a file that would fill a disk
    /// is found out after that byte.
    Compressed(Box<Take<Decoder<'static, BufReader<File>>>>),
    /// No header, or one that does not fit its file.
    Damaged,
}

impl Form {
    pub(crate) const ALL: [Form; 2] = [Form::Plain, Form::Compressed];

    /// Where this form of a blob lies whose plain form is at `plain`.
    pub(crate) fn beside(self, plain: &Path) -> PathBuf {
        match self {
            Form::Plain => plain.to_owned(),
            Form::Compressed => plain.with_extension(SUFFIX),
        }
    }

    /// The form of a file in `blobs/`, by its name.
    pub(crate) fn of(path: &Path) -> Self {
        match path.extension().is_some_and(|suffix| suffix == SUFFIX) {
            true => Form::Compressed,
            false => Form::Plain,
        }
    }

    /// The size of the content behind an open file; `None` if the file cannot be whole.
    pub(crate) fn content_bytes(self, mut file: &File) -> io::Result<Option<u64>> {
        let file_bytes = file.metadata()?.len();
        match self {
            Form::Plain => Ok(Some(file_bytes)),
            Form::Compressed => Ok(Header::read(&mut file)?
                .filter(|header| header.file_bytes == file_bytes)
                .map(|header| header.content_bytes)),
        }
    }

    /// Opens this form for reading from the beginning of its content; `None` if there is
    /// no such file.
    pub(crate) fn open(self, path: PathBuf) -> io::Result<Option<Content>> {
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let reader = match (self, self.content_bytes(&file)?) {
            (Form::Plain, _) => Reader::Plain(file),
            (Form::Compressed, None) => Reader::Damaged,
            (Form::Compressed, Some(content_bytes)) => {
                let mut decoder = Decoder::new(file)?;
                decoder.window_log_max(MOST_WINDOW_LOG)?;
                Reader::Compressed(Box::new(decoder.take(content_bytes.saturating_add(1))))
            }
        };
        Ok(Some(Content {
            form: self,
            path,
            reader,
        }))
    }
}

impl Header {
    pub(crate) fn bytes(self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..4].copy_from_slice(&MAGIC.to_le_bytes());
        bytes[4..8].copy_from_slice(&16_u32.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.content_bytes.to_le_bytes());
        bytes[16..].copy_from_slice(&self.file_bytes.to_le_bytes());
        bytes
    }

    fn read(mut from: impl Read) -> io::Result<Option<Self>> {
        let mut bytes = [0; HEADER_BYTES];
        match from.read_exact(&mut bytes) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            read => read?,
        }
        let number = |at: usize| {
            u64::from_le_bytes(
                bytes[at..at + 8]
                    .try_into()
                    .expect("a slice of eight bytes"),
            )
        };
        let header = Self {
            content_bytes: number(8),
            file_bytes: number(16),
        };
        Ok((header.bytes() == bytes).then_some(header))
    }
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Reader::Plain(file) => file.read(buffer),
            Reader::Compressed(decoder) => decoder.read(buffer),
            Reader::Damaged => Err(io::ErrorKind::InvalidData.into()),
        }
    }
}
