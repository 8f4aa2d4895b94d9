//! What a person has approved: the releases that `orch promote` named.

use std::path::{Path, PathBuf};

use orch_model::Fault;

/// Where it is kept, below the project's folder.
fn file(folder: &Path, deploy: &str) -> PathBuf {
    folder.join(".orch/approved").join(deploy)
}

/// Whether these releases may go on.
pub(crate) fn is_approved(folder: &Path, deploy: &str, releases: &[String]) -> bool {
    let text = std::fs::read_to_string(file(folder, deploy)).unwrap_or_default();
    let approved: Vec<&str> = text.lines().collect();
    releases.iter().all(|id| approved.contains(&id.as_str()))
}

/// A person says that they may.
pub(crate) fn approve(folder: &Path, deploy: &str, releases: &[String]) -> Result<(), Fault> {
    let file = file(folder, deploy);
    let write = || {
        if let Some(parent) = file.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(&file, releases.join("\n") + "\n")
    };
    write().map_err(|error| Fault::io("write", &file, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_approval_is_for_these_releases_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = ("a".to_owned(), "b".to_owned());
        assert!(!is_approved(
            folder.path(),
            "edge",
            std::slice::from_ref(&one)
        ));
        approve(folder.path(), "edge", std::slice::from_ref(&one)).unwrap();
        assert!(is_approved(
            folder.path(),
            "edge",
            std::slice::from_ref(&one)
        ));
        assert!(!is_approved(folder.path(), "edge", &[one, two]));
    }
}
