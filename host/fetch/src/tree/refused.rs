//! Why something of an archive is not unpacked.

use std::io;
use std::path::Path;

use orch_model::{Fault, RelativePath};

/// Why an entry, or what follows from it, is not unpacked.
#[derive(Debug)]
pub(crate) enum Refused {
    /// The entry's name, and the end of a sentence that begins with it.
    Entry(String, String),
    /// The archive as a whole; the end of a sentence that begins with it.
    Archive(String),
    /// The user interrupted.
    Cancelled,
    /// The disk.
    Machine(Fault),
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Refused::Machine(fault)
    }
}

impl Refused {
    /// An entry that is refused for its own sake.
    pub(crate) fn entry(path: &RelativePath, why: &str) -> Self {
        Refused::Entry(path.as_str().to_owned(), why.to_owned())
    }

    /// Trouble with the disk while doing something to the file at a path of the tree.
    pub(crate) fn from_io(doing: &str, path: &RelativePath, error: &io::Error) -> Self {
        Refused::Machine(Fault::io(doing, Path::new(path.as_str()), error))
    }
}
