//! Counts the files of a folder.

use std::path::Path;

use orch_store::Tally;
use walkdir::WalkDir;

/// Every file at or below a path, and what they take. What cannot be looked at, or goes while
/// it is counted, is not counted.
pub fn tally(path: &Path) -> Tally {
    let mut tally = Tally::default();
    for entry in WalkDir::new(path).into_iter().flatten() {
        if let Ok(metadata) = entry.metadata()
            && metadata.is_file()
        {
            tally.add(metadata.len());
        }
    }
    tally
}
