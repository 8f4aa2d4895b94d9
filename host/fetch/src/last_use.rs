//! When something in the cache was last used, to the day: the modification time of its file.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// How often a use is noted at most.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// `None` if there is no such file.
pub(crate) fn at(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|found| found.modified()).ok()
}

/// Gives a file that was not used today the time of now; also one from a future that never
/// came. On a disk that cannot be written it stays as it is.
pub(crate) fn note(path: &Path) {
    let now = SystemTime::now();
    let Ok(file) = fs::File::open(path) else {
        return;
    };
    let modified = file.metadata().and_then(|found| found.modified());
    let apart = modified.map(|modified| {
        now.duration_since(modified)
            .unwrap_or_else(|ahead| ahead.duration())
    });
    if apart.is_ok_and(|apart| apart > DAY) {
        let _ = file.set_modified(now);
    }
}
