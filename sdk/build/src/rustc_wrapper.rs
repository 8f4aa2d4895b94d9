//! A wrapper around rustc that makes the names of symbols independent of folders.
//!
//! Cargo tells crates apart by where they lie, and the compiler puts that into symbols and
//! puts functions in the order of their symbols: a plugin would be another file in every
//! folder. A package's name and version tell crates apart as well where they are linked
//! into one module.

use std::path::{Path, PathBuf};

use crate::BuildError;

const NAME: &str = "rustc-without-folders";

const SCRIPT: &str = r#"#!/bin/sh
# Made by orch-plugin-build; made again when it is missing.
for argument do
  shift
  case "$argument" in
    metadata=*) argument="metadata=$CARGO_PKG_NAME-$CARGO_PKG_VERSION" ;;
  esac
  set -- "$@" "$argument"
done
exec "$@"
"#;

/// The wrapper for builds below `target_dir`; none where there is no shell to run it.
pub(crate) fn wrapper(target_dir: &Path) -> Result<Option<PathBuf>, BuildError> {
    if !cfg!(unix) {
        return Ok(None);
    }
    let file = target_dir.join(NAME);
    if std::fs::read(&file).is_ok_and(|script| script == SCRIPT.as_bytes()) {
        return Ok(Some(file));
    }
    let written = || {
        std::fs::create_dir_all(target_dir)?;
        // Written beside and renamed, since another build may be running it.
        let new = target_dir.join(format!("{NAME}.{}", std::process::id()));
        std::fs::write(&new, SCRIPT)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&new, std::fs::Permissions::from_mode(0o755))?;
        }
        std::fs::rename(&new, &file)
    };
    match written() {
        Ok(()) => Ok(Some(file)),
        Err(error) => Err(BuildError::Write { path: file, error }),
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn only_what_tells_crates_apart_is_changed() {
        let folder = tempfile::tempdir().unwrap();
        let wrapper = wrapper(folder.path()).unwrap().expect("tests run on Unix");
        let output = Command::new(&wrapper)
            .args([
                "printf",
                "<%s>",
                "-C",
                "metadata=ab12",
                "a b",
                "-C",
                "extra-filename=-ab12",
                "*",
            ])
            .env("CARGO_PKG_NAME", "board")
            .env("CARGO_PKG_VERSION", "1.0.0")
            .output()
            .unwrap();
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            "<-C><metadata=board-1.0.0><a b><-C><extra-filename=-ab12><*>"
        );
    }
}
