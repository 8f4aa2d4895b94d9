//! What time it is, as a function that is passed in: reports are the same in every test.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The time since 1970-01-01, UTC.
pub type Clock = Arc<dyn Fn() -> Duration + Send + Sync>;

/// The machine's own clock; a clock that stands before 1970 counts as 1970.
pub fn system_clock() -> Clock {
    Arc::new(|| {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
    })
}
