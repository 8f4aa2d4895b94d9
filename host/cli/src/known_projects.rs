//! The projects that used this cache: what their locks pin is not removed from it.

use std::collections::HashSet;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use orch_model::{Digest, Fault};
use orch_store::Store;

/// The kind of the store's records that hold a project's folder each.
pub const RECORD: &str = "project";

/// Notes a project by its folder.
pub fn note(store: &Store, folder: &Path) -> Result<(), Fault> {
    let (key, value) = (key(folder), folder.as_os_str().as_bytes());
    match store.get_record(RECORD, &key)? {
        Some(_) => Ok(()),
        None => store.put_record(RECORD, &key, value),
    }
}

/// Whether a project was noted today. The day after, a run looks up all that it rests on
/// once more, so that this is noted to be in use too.
pub fn is_noted(store: &Store, folder: &Path) -> Result<bool, Fault> {
    store.is_noted(RECORD, &key(folder))
}

/// The folders of all projects, whether or not they are still there.
pub fn all(store: &Store) -> Result<Vec<PathBuf>, Fault> {
    let records = store.records(RECORD)?;
    Ok(records
        .into_iter()
        .map(|(_, folder)| std::ffi::OsString::from_vec(folder).into())
        .collect())
}

/// Forgets a project.
pub fn forget(store: &Store, folder: &Path) -> Result<(), Fault> {
    store.remove_record(RECORD, &key(folder))
}

/// The recipes of every toolchain that a project's lock pins, for any host. A project
/// without a lock pins nothing; one whose lock cannot be read is a fault, since it may.
pub fn pinned(folder: &Path) -> Result<HashSet<Digest>, Fault> {
    let file = folder.join("orch.lock");
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(HashSet::new()),
        Err(error) => return Err(Fault::io("read", &file, &error)),
    };
    let lock = orch_pipeline::parse_lock(&text).map_err(|fault| Fault {
        message: format!("`{}`: {}", file.display(), fault.message),
        ..fault
    })?;
    let hosts = lock.toolchains.iter().flat_map(|locked| &locked.hosts);
    Ok(hosts.map(|release| release.toolchain.recipe()).collect())
}

fn key(folder: &Path) -> Digest {
    Digest::of(folder.as_os_str().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    use orch_model::{Archive, ArchiveFormat, Lock, LockedRelease, LockedToolchain, Toolchain};

    fn lock(toolchain: Toolchain) -> Lock {
        Lock {
            toolchains: vec![LockedToolchain {
                name: "go".to_owned(),
                with: "go".parse().unwrap(),
                requirement: "~1.22".to_owned(),
                settings: "{}".to_owned(),
                release: "1.22.10".to_owned(),
                hosts: vec![LockedRelease {
                    host: "x86_64-linux".to_owned(),
                    toolchain,
                }],
            }],
            ..Lock::empty()
        }
    }

    #[test]
    fn a_lock_pins_the_recipes_of_its_toolchains() {
        let toolchain = Toolchain {
            version: "1.22.10".to_owned(),
            archives: vec![Archive {
                urls: vec!["https://example.com/go.zip".to_owned()],
                digest: Digest::of("archive"),
                bytes: None,
                format: ArchiveFormat::Zip,
                strip_components: 1,
                into: Default::default(),
                exclude: Vec::new(),
            }],
            tools: Vec::new(),
            environment: Vec::new(),
            sysroot: None,
            files: Vec::new(),
            programs: Vec::new(),
        };
        let recipe = toolchain.recipe();
        let folder = tempfile::tempdir().unwrap();
        assert!(pinned(folder.path()).unwrap().is_empty());
        let text = orch_pipeline::render_lock(&lock(toolchain));
        std::fs::write(folder.path().join("orch.lock"), text).unwrap();
        assert_eq!(pinned(folder.path()).unwrap(), HashSet::from([recipe]));
        std::fs::write(folder.path().join("orch.lock"), "version = 1\n[[").unwrap();
        assert!(pinned(folder.path()).is_err());
    }

    #[test]
    fn projects_are_noted_and_forgotten() {
        let cache = tempfile::tempdir().unwrap();
        let store = Store::open(cache.path()).unwrap();
        let folder = Path::new("/some/project");
        note(&store, folder).unwrap();
        note(&store, folder).unwrap();
        assert_eq!(all(&store).unwrap(), [folder]);
        forget(&store, folder).unwrap();
        assert!(all(&store).unwrap().is_empty());
    }
}
