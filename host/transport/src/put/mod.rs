//! Brings files to a host. Only what is missing there travels, and what came through before a
//! connection broke does not travel again.
//!
//! What is missing of all files is one parcel, under a digest of its own: so it is made once for
//! all hosts that miss the same, and what came through of it is known by its name.

mod delta;
mod parcel;

use std::collections::BTreeSet;
use std::fs::File as Source;
use std::io::{Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

use orch_model::{Digest, Fault};

use crate::command::Command;
use crate::connection::Connection;
use crate::files::check_path;
use crate::lost::{Loss, Lost};
pub(crate) use parcel::Parcels;
use parcel::{Contents, Parcel};

const LOOK: &str = include_str!("look.sh");
const RECEIVE: &str = include_str!("receive.sh");

/// A slower host or network is given up.
const LEAST_BYTES_PER_SECOND: u64 = 16 << 10;

/// What a transfer may take however small it is: the host's disk may be slow.
const PATIENCE: Duration = Duration::from_secs(120);

/// A file to be brought to a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Where it lies here.
    pub local: PathBuf,
    /// What is in it; what lies on the host with this digest is left as it is.
    pub digest: Digest,
    /// How many bytes it has.
    pub bytes: u64,
    /// Where it is to lie on the host; folders above it are made.
    pub to: String,
    /// Its mode there, as in `0o755`.
    pub mode: u32,
}

/// Content that lies on the host already, and may lie here too: an older version of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Basis {
    /// What should be in it. It is used only where that is so.
    pub digest: Digest,
    /// Where it lies on the host.
    pub remote: String,
    /// Where it lies here, if it does: then only what differs travels.
    pub local: Option<PathBuf>,
}

/// What was brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// How many bytes travelled.
    pub sent_bytes: u64,
    /// How many bytes all files have.
    pub bytes: u64,
}

impl Connection {
    /// Brings files to the host. Each gets its name when it lies there whole, synced and with its
    /// mode; one after another, so it is the caller who makes all of them live at once.
    ///
    /// After [`Loss::Broken`], the same call over a new connection goes on where this one ended.
    pub fn put(&self, files: &[File], basis: &[Basis], as_root: bool) -> Result<Sent, Lost> {
        for path in files
            .iter()
            .map(|file| &file.to)
            .chain(basis.iter().map(|basis| &basis.remote))
        {
            check_path(path)?;
        }
        let mut sent = Sent {
            sent_bytes: 0,
            bytes: files.iter().map(|file| file.bytes).sum(),
        };
        let Some(first) = files.first() else {
            return Ok(sent);
        };
        let there = self.look(files, basis, as_root)?;
        let missing: Vec<&File> = files
            .iter()
            .filter(|file| !there.have.contains(&file.to))
            .collect();
        if !missing.is_empty() {
            let contents = Contents {
                missing,
                basis: basis
                    .iter()
                    .filter(|basis| there.old.contains(&basis.remote))
                    .collect(),
            };
            let parcel = self
                .transport
                .parcels()
                .parcel(&contents, &|| self.transport.new_path());
            let parcel = parcel.map_err(|fault| Lost {
                loss: Loss::Internal,
                fault,
            })?;
            let name = format!("{}.{}.part", first.to, &parcel.digest.hex()[..16]);
            let done = there
                .parts
                .iter()
                .find(|(part, _)| *part == file_name(&name));
            let done = done.map_or(0, |(_, bytes)| *bytes).min(parcel.bytes);
            sent.sent_bytes = self.send(&parcel, &name, done, as_root)?;
        }
        Ok(sent)
    }

    fn look(&self, files: &[File], basis: &[Basis], as_root: bool) -> Result<There, Lost> {
        let mut questions: Vec<String> = Vec::new();
        let mut ask = |words: [&str; 4]| questions.extend(words.map(str::to_owned));
        if let Some(first) = files.first() {
            ask(["part", &first.to, "-", "-"]);
        }
        for file in files {
            let digest = file.digest.hex();
            ask(["have", &file.to, &digest, &format!("{:o}", file.mode)]);
            for same in basis.iter().filter(|basis| basis.digest == file.digest) {
                ask(["copy", &file.to, &digest, &same.remote]);
            }
        }
        for old in basis.iter().filter(|basis| basis.local.is_some()) {
            ask(["old", &old.remote, &old.digest.hex(), "-"]);
        }
        let words: Vec<&str> = questions.iter().map(String::as_str).collect();
        let bytes = files.iter().map(|file| file.bytes).sum();
        let command = Command::script(LOOK, &words)
            .timeout(patience(bytes))
            .as_root(as_root);
        let ran = self.succeed(command, "look for what is there already")?;
        Ok(There::read(&String::from_utf8_lossy(&ran.stdout)))
    }

    /// Sends what is missing of a parcel, and returns how many bytes that was.
    fn send(&self, parcel: &Parcel, to: &str, done: u64, as_root: bool) -> Result<u64, Lost> {
        let ours = |error: std::io::Error| Lost {
            loss: Loss::Internal,
            fault: Fault::io("read", &parcel.file, &error),
        };
        let mut source = Source::open(&parcel.file).map_err(ours)?;
        source.seek(SeekFrom::Start(done)).map_err(ours)?;
        let left = parcel.bytes - done;
        let words = [
            to,
            &done.to_string(),
            &parcel.bytes.to_string(),
            &parcel.digest.hex(),
        ];
        let command = Command::script(RECEIVE, &words)
            .stream(&mut source, left)
            .timeout(patience(parcel.unpacked_bytes))
            .as_root(as_root);
        self.succeed(command, "bring files there")?;
        Ok(left)
    }
}

fn patience(bytes: u64) -> Duration {
    PATIENCE + Duration::from_secs(bytes / LEAST_BYTES_PER_SECOND)
}

fn file_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// What lies on the host.
#[derive(Debug, Default, PartialEq, Eq)]
struct There {
    have: BTreeSet<String>,
    old: BTreeSet<String>,
    /// Names of parts of parcels, and how many bytes came through.
    parts: Vec<(String, u64)>,
}

impl There {
    fn read(text: &str) -> Self {
        let mut there = Self::default();
        for line in text.lines() {
            match line.split_once(' ') {
                Some(("have", path)) => drop(there.have.insert(path.to_owned())),
                Some(("old", path)) => drop(there.old.insert(path.to_owned())),
                Some(("part", rest)) => {
                    let part = rest.rsplit_once(' ');
                    let part =
                        part.and_then(|(name, bytes)| Some((name, bytes.trim().parse().ok()?)));
                    there
                        .parts
                        .extend(part.map(|(name, bytes)| (name.to_owned(), bytes)));
                }
                _ => {}
            }
        }
        there
    }
}

/// Whether both paths end in the same name.
fn same_name(remote: &str, local: &str) -> bool {
    Path::new(remote).file_name() == Path::new(local).file_name()
}
