//! What is to be run on a host, and what came of it.

use std::io::Read;
use std::time::Duration;

/// How long a command may take where nobody says otherwise.
const PATIENCE: Duration = Duration::from_secs(60);

/// A command: words that reach its process as they are, with nothing read by any shell.
pub struct Command<'a> {
    pub(crate) words: Vec<&'a str>,
    pub(crate) input: Input<'a>,
    pub(crate) timeout: Duration,
    pub(crate) as_root: bool,
}

/// What a command gets to read.
pub(crate) enum Input<'a> {
    Bytes(&'a [u8]),
    Stream {
        source: &'a mut dyn Read,
        bytes: u64,
    },
}

impl<'a> Command<'a> {
    /// A command that reads nothing and may take a minute.
    pub fn new(words: &[&'a str]) -> Self {
        Self {
            words: words.to_vec(),
            input: Input::Bytes(&[]),
            timeout: PATIENCE,
            as_root: false,
        }
    }

    /// A script of ours for a POSIX shell; `arguments` are its `$1`, `$2` and so on.
    pub fn script(text: &'a str, arguments: &[&'a str]) -> Self {
        let mut words = vec!["sh", "-c", text, "orch"];
        words.extend(arguments);
        Self::new(&words)
    }

    /// It reads these bytes.
    pub fn input(self, bytes: &'a [u8]) -> Self {
        Self {
            input: Input::Bytes(bytes),
            ..self
        }
    }

    /// It reads so many bytes of a source. A source that ends before is an error.
    pub fn stream(self, source: &'a mut dyn Read, bytes: u64) -> Self {
        Self {
            input: Input::Stream { source, bytes },
            ..self
        }
    }

    /// It may take so long; then its processes are told to end, and two seconds later made to.
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Whether it runs as root: by `sudo`, where the user is another one.
    pub fn as_root(self, as_root: bool) -> Self {
        Self { as_root, ..self }
    }
}

/// A command that came to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    /// Its exit code; 128 and the number of a signal that ended it.
    pub code: i32,
    /// What it printed; no more than the first 4 MiB.
    pub stdout: Vec<u8>,
    /// What it printed on standard error, likewise.
    pub stderr: String,
}

impl Ran {
    /// What it printed as text, without white space around it.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).trim().to_owned()
    }

    /// The last line of what it complained of, or how it ended.
    pub fn last_words(&self) -> String {
        orch_machine::last_words(Some(self.code), &self.stderr)
    }
}
