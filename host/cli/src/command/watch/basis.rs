//! The files that a plan is made of, by content as they were when it was made.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use orch_model::{Change, Digest, Hasher};

/// The files that a plan is made of.
#[derive(Debug, Default)]
pub struct Basis(Vec<Noted>);

#[derive(Debug)]
struct Noted {
    path: PathBuf,
    /// What the user calls it.
    name: String,
    /// `None` where it was not there.
    content: Option<Digest>,
}

impl Basis {
    /// Notes a file, or the components in a folder, as they are now.
    pub fn note(&mut self, path: &Path, name: &str) {
        self.0.push(Noted {
            path: path.to_owned(),
            name: name.to_owned(),
            content: content(path),
        });
    }

    /// Notes what this program has put into a file itself.
    pub fn wrote(&mut self, path: &Path, content: Digest) {
        for noted in self.0.iter_mut().filter(|noted| noted.path == path) {
            noted.content = Some(content);
        }
    }

    /// What the user calls the files.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|noted| noted.name.as_str())
    }

    /// What has become of them, by the same names.
    pub fn changes(&self) -> BTreeMap<String, Change> {
        let changes = self.0.iter().filter_map(|noted| {
            let now = content(&noted.path);
            let change = Change::between(noted.content.as_ref(), now.as_ref())?;
            Some((noted.name.clone(), change))
        });
        changes.collect()
    }

    /// The folders in which that must show: under their own names and, where these are
    /// links, under those that the links lead to.
    pub fn folders(&self) -> BTreeSet<PathBuf> {
        let real = self
            .0
            .iter()
            .filter_map(|noted| noted.path.canonicalize().ok());
        let named = self.0.iter().map(|noted| noted.path.clone());
        named.chain(real).flat_map(|path| way_to(&path)).collect()
    }
}

/// A path, which may be a folder, and those above it up to the first that is one. What is
/// not there yet shows in the last of them.
pub fn way_to(path: &Path) -> Vec<PathBuf> {
    let mut way = vec![path.to_owned()];
    for folder in path.ancestors().skip(1) {
        way.push(folder.to_owned());
        if folder.is_dir() {
            break;
        }
    }
    way
}

/// What a file holds, or the components in a folder. What is neither, or cannot be read,
/// counts as not there.
fn content(path: &Path) -> Option<Digest> {
    let found = path.metadata().ok()?;
    if found.is_dir() {
        return components(path).ok();
    }
    let file = found.is_file().then(|| std::fs::read(path).ok());
    file.flatten().map(Digest::of)
}

fn components(folder: &Path) -> io::Result<Digest> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<_>>()?;
    files.retain(|file| file.extension().is_some_and(|end| end == "wasm"));
    files.sort();
    let mut hasher = Hasher::new();
    for file in files {
        hasher.field(file.as_os_str().as_encoded_bytes());
        hasher.field(std::fs::read(&file)?);
    }
    Ok(hasher.finish())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn only_another_content_is_a_change() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("a"), "1").unwrap();
        fs::create_dir(path("plugin")).unwrap();
        fs::write(path("plugin/x.wasm"), "1").unwrap();
        let mut basis = Basis::default();
        for name in ["a", "b", "plugin"] {
            basis.note(&path(name), name);
        }
        fs::write(path("a"), "1").unwrap();
        fs::write(path("plugin/notes"), "").unwrap();
        assert_eq!(basis.changes(), BTreeMap::new());
        fs::write(path("b"), "2").unwrap();
        fs::write(path("plugin/x.wasm"), "2").unwrap();
        fs::remove_file(path("a")).unwrap();
        let expected = [
            ("a", Change::Removed),
            ("b", Change::Added),
            ("plugin", Change::Modified),
        ];
        let expected = expected.map(|(name, change)| (name.to_owned(), change));
        assert_eq!(basis.changes(), BTreeMap::from(expected));
        basis.wrote(&path("b"), Digest::of("2"));
        assert!(!basis.changes().contains_key("b"));
    }

    #[test]
    fn what_is_not_there_shows_in_the_first_folder_above_it() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("a/b");
        let way = [&missing, &folder.path().join("a"), folder.path()].map(Path::to_owned);
        assert_eq!(way_to(&missing), way);
    }
}
