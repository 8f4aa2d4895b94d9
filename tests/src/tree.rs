//! The files of this repository, for tests about the sources themselves.

use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

/// The repository's folder.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("this crate lies in a folder of the repository")
}

/// A text file of the repository.
pub struct Text {
    /// Its path below the root, `/` between its parts.
    pub path: String,
    /// Its content.
    pub content: String,
}

/// Every file with one of these endings; all of them if there are none named. What is
/// built or fetched is left out, and so is what is not text.
pub fn texts(endings: &[&str]) -> Vec<Text> {
    let wanted = |path: &Path| {
        let ending = path.extension().and_then(|ending| ending.to_str());
        endings.is_empty() || ending.is_some_and(|ending| endings.contains(&ending))
    };
    let mut texts: Vec<Text> = WalkDir::new(root())
        .into_iter()
        .filter_entry(|entry| !is_made(entry))
        .map(|entry| entry.expect("the repository can be read"))
        .filter(|entry| entry.file_type().is_file() && wanted(entry.path()))
        .filter_map(|entry| {
            let content = std::fs::read_to_string(entry.path()).ok()?;
            let path = below_root(entry.path()).display().to_string();
            Some(Text { path, content })
        })
        .collect();
    texts.sort_by(|one, other| one.path.cmp(&other.path));
    texts
}

/// The `Cargo.toml` of every workspace of the repository.
pub fn workspaces() -> Vec<PathBuf> {
    texts(&["toml"])
        .into_iter()
        .filter(|text| {
            text.path.ends_with("Cargo.toml")
                && text
                    .content
                    .lines()
                    .any(|line| line.trim() == "[workspace]")
        })
        .map(|text| root().join(text.path))
        .collect()
}

fn below_root(path: &Path) -> &Path {
    path.strip_prefix(root())
        .expect("only the repository is walked")
}

/// Whether a folder holds what was made here and is not part of the repository; the same
/// as in `.gitignore`.
fn is_made(entry: &DirEntry) -> bool {
    let name = entry.file_name().to_str().unwrap_or_default();
    let in_examples = below_root(entry.path()).starts_with("examples");
    entry.file_type().is_dir()
        && match name {
            ".git" => true,
            // Sources may have a folder of that name too; cargo marks its own.
            "target" => entry.path().join("CACHEDIR.TAG").exists(),
            "out" | ".orch" => in_examples,
            _ => false,
        }
}
