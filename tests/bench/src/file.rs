//! Files and folders, with messages that name them.

use std::io::ErrorKind;
use std::path::Path;

/// Writes a file; makes the folders above it.
pub fn write(file: &Path, text: &str) -> Result<(), String> {
    match std::fs::write(file, text) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            create_folder(file.parent().unwrap_or(file))?;
            std::fs::write(file, text)
        }
        written => written,
    }
    .map_err(|error| format!("could not write `{}`: {error}", file.display()))
}

/// Reads a file.
pub fn read(file: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(file).map_err(|error| format!("could not read `{}`: {error}", file.display()))
}

/// Makes a folder and those above it.
pub fn create_folder(folder: &Path) -> Result<(), String> {
    std::fs::create_dir_all(folder)
        .map_err(|error| format!("could not create `{}`: {error}", folder.display()))
}

/// Removes a file or a folder with all that it holds, if it is there.
pub fn remove_tree(path: &Path) -> Result<(), String> {
    let removed = match std::fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => std::fs::remove_dir_all(path),
        Ok(_) => std::fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(format!("could not remove `{}`: {error}", path.display()))
        }
        _ => Ok(()),
    }
}

/// Has a folder's disk write down what it still holds in memory, so that no run pays for what
/// happened before it.
pub fn settle_disk(folder: &Path) -> Result<(), String> {
    std::fs::File::open(folder)
        .and_then(|folder| Ok(rustix::fs::syncfs(folder)?))
        .map_err(|error| format!("could not sync the disk of `{}`: {error}", folder.display()))
}
