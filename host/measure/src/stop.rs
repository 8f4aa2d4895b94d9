//! The user's wish to stop, for code that waits in an asynchronous runtime.

use orch_engine::{Cancel, Subscription};
use tokio::sync::watch;

/// Waits for a [`Cancel`]. Made before the waiting, it misses nothing.
pub(crate) struct Stop {
    _subscription: Subscription,
    stopped: watch::Receiver<bool>,
}

impl Stop {
    pub fn of(cancel: &Cancel) -> Self {
        let (stop, stopped) = watch::channel(false);
        let subscription = cancel.on_cancel(move || {
            stop.send_replace(true);
        });
        Self {
            _subscription: subscription,
            stopped,
        }
    }

    /// Returns when the user wants to stop, at once if that was before; else never.
    pub async fn wanted(&self) {
        let mut stopped = self.stopped.clone();
        // It is closed without a word only together with this.
        let _ = stopped.wait_for(|is_stopped| *is_stopped).await;
    }
}
