//! Who did what, when, to which machines: one line of JSON for each, in a file that tells whether
//! somebody has touched it. Each line ends with a digest of all that stands before it in the line,
//! the digest of the line before among that.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use orch_model::{Digest, Fault};
use serde::{Deserialize, Serialize};

/// Its place, below the project's folder.
const FILE: &str = ".orch/audit.jsonl";
/// The version of a line.
const VERSION: u32 = 1;
/// What stands before the digest of a line.
const MARK: &str = ",\"digest\":\"";

/// One thing that was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Entry {
    /// In seconds since 1970, by the clock of whoever did it.
    pub at: u64,
    /// Who: `ann@laptop`.
    pub by: String,
    /// What: `deploy`, `promote`, `rollback` or `push`.
    pub action: String,
    /// Of which deploy.
    pub deploy: String,
    /// `began`, or how it ended: `live`, `waits`, `rolled-back`, `failed`, `interrupted`; of an image
    /// `pushed`.
    pub outcome: String,
    /// Why, where it did not end well; of an image its reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The commit of the sources, if they have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Digests of what was sent, by target and artifact: `pi5/agent`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub artifacts: BTreeMap<String, Digest>,
    /// The machines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<HostEntry>,
}

/// One machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct HostEntry {
    /// Its name in the fleet.
    pub name: String,
    /// The release that it ran before, if any.
    pub from: Option<String>,
    /// The release that it runs now, if any.
    pub to: Option<String>,
    /// How it stands: `live`, `pending` and so on.
    pub state: String,
}

/// A line as it is written, but for its digest.
#[derive(Serialize, Deserialize)]
struct Line {
    version: u32,
    number: u64,
    before: Digest,
    #[serde(flatten)]
    entry: Entry,
}

/// The first entry that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tampered {
    /// Its line, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub why: String,
}

/// The log of a project.
pub struct Audit {
    file: PathBuf,
}

impl Audit {
    /// The log of the project in a folder.
    pub fn of(folder: &Path) -> Self {
        Self {
            file: folder.join(FILE),
        }
    }

    /// Adds an entry; it lies on the disk when this returns.
    pub fn add(&self, entry: Entry) -> Result<(), Fault> {
        self.append(entry)
            .map_err(|error| Fault::io("write", &self.file, &error))
    }

    fn append(&self, entry: Entry) -> std::io::Result<()> {
        if let Some(folder) = self.file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut options = OpenOptions::new();
        let mut file = options
            .read(true)
            .append(true)
            .create(true)
            .open(&self.file)?;
        // Two commands write one after the other; the lock goes with the file.
        file.lock()?;
        let text = read(&mut file)?;
        let last = text.lines().last();
        let line = Line {
            version: VERSION,
            number: text.lines().count() as u64 + 1,
            before: last.map_or_else(|| Digest::of(""), Digest::of),
            entry,
        };
        let mut written = String::new();
        // A line that was cut off stays, and is told by whoever verifies.
        if !text.is_empty() && !text.ends_with('\n') {
            written.push('\n');
        }
        written.push_str(&sealed(&line));
        written.push('\n');
        file.write_all(written.as_bytes())?;
        file.sync_data()
    }

    /// All entries that can be read, the oldest first.
    pub fn entries(&self) -> Result<Vec<Entry>, Fault> {
        let text = self.text()?;
        let lines = text.lines();
        let lines = lines.filter_map(|line| serde_json::from_str::<Line>(line).ok());
        Ok(lines.map(|line| line.entry).collect())
    }

    /// How many entries there are, or the first that somebody has touched.
    pub fn verify(&self) -> Result<Result<usize, Tampered>, Fault> {
        Ok(verify(&self.text()?))
    }

    fn text(&self) -> Result<String, Fault> {
        match std::fs::read_to_string(&self.file) {
            Ok(text) => Ok(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
            Err(error) => Err(Fault::io("read", &self.file, &error)),
        }
    }
}

fn read(file: &mut File) -> std::io::Result<String> {
    let mut text = String::new();
    file.seek(SeekFrom::Start(0))?;
    file.read_to_string(&mut text)?;
    Ok(text)
}

/// The line with the digest of what stands before.
fn sealed(line: &Line) -> String {
    let mut text = serde_json::to_string(line).expect("it has a JSON form");
    text.pop();
    let digest = Digest::of(&text);
    format!("{text}{MARK}{digest}\"}}")
}

fn verify(text: &str) -> Result<usize, Tampered> {
    let mut before = Digest::of("");
    let mut count = 0;
    for (position, line) in text.lines().enumerate() {
        let tampered = |why: String| Tampered {
            line: position + 1,
            why,
        };
        let seal = line.rsplit_once(MARK);
        let seal = seal.and_then(|(text, digest)| Some((text, digest.strip_suffix("\"}")?)));
        let Some((sealed, digest)) = seal else {
            return Err(tampered("it is no entry, or was cut off".to_owned()));
        };
        if Digest::of(sealed).to_string() != digest {
            return Err(tampered("it is not as it was written".to_owned()));
        }
        let entry: Line = serde_json::from_str(line)
            .map_err(|error| tampered(format!("it cannot be read: {error}")))?;
        if entry.before != before || entry.number != position as u64 + 1 {
            return Err(tampered(
                "something was taken out, put in or moved before it".to_owned(),
            ));
        }
        before = Digest::of(line);
        count += 1;
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry(number: u64) -> Entry {
        Entry {
            at: number,
            by: "ann@laptop".into(),
            action: "deploy".into(),
            deploy: "edge".into(),
            outcome: "live".into(),
            reason: None,
            commit: Some("4f2a91c".into()),
            artifacts: BTreeMap::from([("pi5/agent".to_owned(), Digest::of("agent"))]),
            hosts: vec![HostEntry {
                name: "pi-1".into(),
                from: None,
                to: Some("0a1b2c3d4e5f".into()),
                state: "live".into(),
            }],
        }
    }

    fn written(count: u64) -> String {
        let folder = tempfile::tempdir().unwrap();
        let audit = Audit::of(folder.path());
        for number in 0..count {
            audit.add(entry(number)).unwrap();
        }
        assert_eq!(audit.verify().unwrap(), Ok(count as usize));
        assert_eq!(audit.entries().unwrap().len(), count as usize);
        audit.text().unwrap()
    }

    #[test]
    fn an_empty_log_is_sound() {
        assert_eq!(written(0), "");
    }

    #[test]
    fn a_line_that_is_taken_out_or_moved_is_found() {
        let text = written(4);
        let lines: Vec<&str> = text.lines().collect();
        let without = [lines[0], lines[2], lines[3]].join("\n");
        assert_eq!(verify(&without).unwrap_err().line, 2);
        let moved = [lines[0], lines[2], lines[1], lines[3]].join("\n");
        assert_eq!(verify(&moved).unwrap_err().line, 2);
    }

    proptest! {
        #[test]
        fn every_byte_that_changes_is_found(at in 0_usize..2_000, by in 1_u8..255) {
            let text = written(3);
            let mut bytes = text.clone().into_bytes();
            let at = at % bytes.len();
            bytes[at] ^= by;
            // The end of the last line is no part of it.
            prop_assume!(at != bytes.len() - 1);
            let changed = String::from_utf8_lossy(&bytes);
            prop_assert!(verify(&changed).is_err(), "{}", changed);
        }
    }
}
