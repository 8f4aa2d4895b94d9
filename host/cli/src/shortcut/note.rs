//! What a snapshot says of its run: what it was that left nothing to do, and what is compared
//! by value before anything is looked at.

use std::path::Path;

use serde::{Deserialize, Serialize};

use orch_engine::LeftOut;
use orch_model::{Digest, Hasher, RecordedFact};
use orch_report::ResultRow;
use orch_store::Store;

use crate::environment::Environment;

use super::emulators::Emulator;

/// What a snapshot says of its run.
#[derive(Serialize, Deserialize)]
pub struct Note {
    /// Over all that is compared by value: the program, the machine, the places.
    pub basis: Digest,
    /// What plugins learnt.
    pub facts: Vec<RecordedFact>,
    /// Programs that were looked for, and whether they were there.
    pub programs: Vec<(String, bool)>,
    /// What programs ran under.
    pub emulators: Vec<Emulator>,
    /// Of the table of the plan's parts, where these were kept.
    pub parts: Option<Digest>,
    /// The run.
    pub last: LastRun,
}

/// A run that left nothing to do.
#[derive(Serialize, Deserialize)]
pub struct LastRun {
    /// How many nodes it had.
    pub nodes: usize,
    /// What lies in place.
    pub rows: Vec<ResultRow>,
    /// Cells of matrices that cannot be.
    pub left_out: Vec<LeftOut>,
}

/// All of this machine that is compared by value.
pub fn basis(environment: &Environment) -> Option<Digest> {
    let program = std::env::current_exe().ok()?;
    let mut hasher = Hasher::new();
    hasher.field("orch snapshot 2");
    hasher.field(identity(&program)?);
    hasher.field(environment.cache.as_os_str().as_encoded_bytes());
    // Another store at the same place, as after it was removed, is not the one of then.
    hasher.field(identity_of_store(environment)?);
    hasher.field(environment.config.as_os_str().as_encoded_bytes());
    hasher.field(serde_json::to_vec(&environment.host).ok()?);
    Some(hasher.finish())
}

/// What tells a program from another build of it.
fn identity(program: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let found = program.metadata().ok()?;
    Some(format!(
        "{} {} {}.{}",
        found.ino(),
        found.size(),
        found.mtime(),
        found.mtime_nsec()
    ))
}

fn identity_of_store(environment: &Environment) -> Option<[u8; 8]> {
    use std::os::unix::fs::MetadataExt;
    let store = Store::folder(&environment.cache);
    Some(store.metadata().ok()?.ino().to_le_bytes())
}
