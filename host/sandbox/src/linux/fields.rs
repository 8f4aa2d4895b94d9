//! Numbers and byte strings, one behind another: how messages cross the socket. Both ends
//! are one program, so nothing here needs a version.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

/// Writes fields.
#[derive(Debug, Default)]
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn number(&mut self, number: u64) -> &mut Self {
        self.0.extend_from_slice(&number.to_le_bytes());
        self
    }

    pub(super) fn flag(&mut self, flag: bool) -> &mut Self {
        self.number(flag.into())
    }

    pub(super) fn text(&mut self, text: impl AsRef<OsStr>) -> &mut Self {
        let bytes = text.as_ref().as_bytes();
        self.number(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
        self
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.0
    }
}

/// Reads fields in the order in which they were written.
#[derive(Debug)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn number(&mut self) -> io::Result<u64> {
        let (number, rest) = self.0.split_first_chunk().ok_or_else(cut)?;
        self.0 = rest;
        Ok(u64::from_le_bytes(*number))
    }

    pub(super) fn flag(&mut self) -> io::Result<bool> {
        Ok(self.number()? != 0)
    }

    pub(super) fn text(&mut self) -> io::Result<OsString> {
        let length = usize::try_from(self.number()?).map_err(|_| cut())?;
        let (text, rest) = self.0.split_at_checked(length).ok_or_else(cut)?;
        self.0 = rest;
        Ok(OsString::from_vec(text.to_vec()))
    }

    pub(super) fn path(&mut self) -> io::Result<PathBuf> {
        Ok(self.text()?.into())
    }

    /// As many things as a number in front of them says.
    pub(super) fn list<T>(
        &mut self,
        mut one: impl FnMut(&mut Self) -> io::Result<T>,
    ) -> io::Result<Vec<T>> {
        (0..self.number()?).map(|_| one(self)).collect()
    }
}

fn cut() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "a message of the sandbox is cut short",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut writer = Writer::default();
        writer.number(7).flag(true).text("").text("a\nb");
        let bytes = writer.finish();
        let mut reader = Reader::new(&bytes);
        assert_eq!(reader.number().unwrap(), 7);
        assert!(reader.flag().unwrap());
        assert_eq!(reader.text().unwrap(), "");
        assert_eq!(reader.text().unwrap(), "a\nb");
        assert!(reader.number().is_err());
    }

    #[test]
    fn a_text_that_is_cut_is_an_error() {
        let mut writer = Writer::default();
        writer.text("abc");
        let bytes = writer.finish();
        assert!(Reader::new(&bytes[..bytes.len() - 1]).text().is_err());
    }
}
