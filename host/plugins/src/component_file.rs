//! A component's file on disk: found, and read within its size limit. Whether it is a
//! component is not known here.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use orch_model::PluginFailure;

/// A file that may be a component.
pub(crate) struct ComponentFile {
    /// Where it lies below `base`.
    pub path: PathBuf,
    /// What it holds; cut one byte behind the limit.
    pub bytes: Vec<u8>,
}

impl ComponentFile {
    /// Reads a file, or the only `*.wasm` of a folder. `path` is below `base`, and messages
    /// name it without.
    pub fn read(base: &Path, path: &Path, limit: usize) -> Result<Self, PluginFailure> {
        let path = component_path(base, path).map_err(PluginFailure::Unusable)?;
        // One byte more than allowed is enough to see that it is too large.
        let read = || {
            let mut bytes = Vec::new();
            let file = File::open(base.join(&path))?;
            file.take(limit as u64 + 1).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        let bytes = read().map_err(|error: io::Error| {
            PluginFailure::Unusable(format!(
                "could not read the plugin `{}`: {error}; is the path right?",
                path.display()
            ))
        })?;
        Ok(Self { path, bytes })
    }
}

/// The file that a path below `base` means: itself, or the only `*.wasm` of a folder.
pub fn component_path(base: &Path, path: &Path) -> Result<PathBuf, String> {
    match base.join(path).is_dir() {
        true => Ok(path.join(only_component(base, path)?)),
        false => Ok(path.to_owned()),
    }
}

/// The name of the one component in a folder.
fn only_component(base: &Path, folder: &Path) -> Result<PathBuf, String> {
    let entries = std::fs::read_dir(base.join(folder))
        .map_err(|error| format!("could not look into `{}`: {error}", folder.display()))?;
    let mut names: Vec<_> = entries
        .filter_map(|entry| Some(PathBuf::from(entry.ok()?.file_name())))
        .filter(|name| {
            name.extension()
                .is_some_and(|extension| extension == "wasm")
        })
        .collect();
    names.sort();
    match names.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(format!(
            "`{}` holds no component (`*.wasm`); `orch plugin build` makes one",
            folder.display()
        )),
        several => Err(format!(
            "`{}` holds {} components; name one of them: {}",
            folder.display(),
            several.len(),
            several
                .iter()
                .map(|name| format!("`{}`", folder.join(name).display()))
                .collect::<Vec<_>>()
                .join(", ")
        )),
    }
}
