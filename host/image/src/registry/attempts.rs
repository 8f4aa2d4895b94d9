//! How often and after how long something is tried again.

use std::time::Duration;

use super::settings::Patience;
use super::trouble::Trouble;

/// Attempts at one thing before it is given up.
const TRIES: u32 = 5;

/// Attempts at one thing, with longer and longer waits between them.
pub(super) struct Attempts {
    failed: u32,
    retry: Duration,
    longest: Duration,
}

impl Attempts {
    pub(super) fn new(patience: Patience) -> Self {
        Self {
            failed: 0,
            retry: patience.retry,
            longest: patience.told_to_wait,
        }
    }

    /// Begins to count anew: something was reached.
    pub(super) fn reset(&mut self) {
        self.failed = 0;
    }

    /// Waits before the next attempt, or says that there will be none.
    pub(super) async fn wait(
        &mut self,
        why: String,
        told: Option<Duration>,
    ) -> Result<(), Trouble> {
        self.failed += 1;
        if self.failed >= TRIES {
            return Err(Trouble::Passing(
                format!("{why} (tried {TRIES} times)"),
                told,
            ));
        }
        let wait = told.unwrap_or(self.retry * (1 << (self.failed - 1)));
        if wait > self.longest {
            let seconds = wait.as_secs();
            return Err(Trouble::Passing(
                format!("{why}, and wants to be asked again in {seconds} s"),
                told,
            ));
        }
        tokio::time::sleep(wait).await;
        Ok(())
    }
}
