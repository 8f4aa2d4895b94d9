//! The small text files of `/proc` and `/sys`, below a root that is given. Knows that each may be
//! missing, unreadable or odd, and deliberately not what any of them means.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::CpuSet;

/// More no such file holds: `/proc/cpuinfo` has 1.5 kB for each CPU.
const MOST_BYTES: u64 = 8 << 20;

/// Reads below one root.
pub(crate) struct KernelFiles {
    root: PathBuf,
}

impl KernelFiles {
    /// Reads below `root`; paths are given without a leading `/`.
    pub fn below(root: &Path) -> Self {
        Self {
            root: root.to_path_buf(),
        }
    }

    /// A file's text without white space around it; it may be empty.
    pub fn text(&self, path: &str) -> Option<String> {
        let mut bytes = Vec::new();
        let file = File::open(self.root.join(path)).ok()?;
        file.take(MOST_BYTES).read_to_end(&mut bytes).ok()?;
        Some(String::from_utf8_lossy(&bytes).trim().to_owned())
    }

    /// A file's text, unless it is empty.
    pub fn word(&self, path: &str) -> Option<String> {
        self.text(path).filter(|text| !text.is_empty())
    }

    /// The number that a file consists of.
    pub fn number<T: FromStr>(&self, path: &str) -> Option<T> {
        self.text(path)?.parse().ok()
    }

    /// A file that holds `0` or `1`.
    pub fn flag(&self, path: &str) -> Option<bool> {
        match self.text(path)?.as_str() {
            "0" => Some(false),
            "1" => Some(true),
            _ => None,
        }
    }

    /// A file with a list of CPUs.
    pub fn cpus(&self, path: &str) -> Option<CpuSet> {
        self.text(path)?.parse().ok()
    }

    /// The number behind a name at the beginning of a line, whatever else the line says:
    /// `MemTotal:  16384 kB`, `nr_throttled 3`.
    pub fn field(&self, path: &str, name: &str) -> Option<u64> {
        field(&self.text(path)?, name)
    }

    /// The names in a folder, sorted; none if there is no such folder.
    pub fn names(&self, folder: &str) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.root.join(folder)) else {
            return Vec::new();
        };
        let names = entries.flatten().map(|entry| entry.file_name());
        let mut names: Vec<String> = names.filter_map(|name| name.into_string().ok()).collect();
        names.sort_unstable();
        names
    }
}

/// The number behind a name at the beginning of a line.
pub(crate) fn field(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        (words.next() == Some(name)).then(|| words.next()?.parse().ok())?
    })
}
