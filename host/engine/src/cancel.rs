//! The user's wish to stop, as a flag that wakes whoever waits.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

type Listener = Box<dyn Fn() + Send>;

/// Shared by all that runs; cloning shares the flag.
#[derive(Clone, Default)]
pub struct Cancel(Arc<Inner>);

#[derive(Default)]
struct Inner {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    cancelled: bool,
    next: u64,
    listeners: Vec<(u64, Listener)>,
}

/// Forgets its listener when dropped.
pub struct Subscription {
    cancel: Cancel,
    id: u64,
}

impl Cancel {
    /// A flag that is down.
    pub fn new() -> Self {
        Self::default()
    }

    /// Raises the flag and calls every listener once.
    pub fn cancel(&self) {
        let mut state = self.0.state.lock().expect("no listener panics");
        state.cancelled = true;
        for (_, listener) in state.listeners.drain(..) {
            listener();
        }
        self.0.changed.notify_all();
    }

    /// Whether the flag is up.
    pub fn is_cancelled(&self) -> bool {
        self.0.state.lock().expect("no listener panics").cancelled
    }

    /// Waits at most `timeout`; says whether the flag is up.
    pub fn wait(&self, timeout: Duration) -> bool {
        let state = self.0.state.lock().expect("no listener panics");
        let (state, _) = self
            .0
            .changed
            .wait_timeout_while(state, timeout, |state| !state.cancelled)
            .expect("no listener panics");
        state.cancelled
    }

    /// Has `listener` called when the flag goes up, at once if it is up already. The
    /// listener runs on the thread that cancels and must not touch this flag.
    pub fn on_cancel(&self, listener: impl Fn() + Send + 'static) -> Subscription {
        let mut state = self.0.state.lock().expect("no listener panics");
        let id = state.next;
        state.next += 1;
        if state.cancelled {
            listener();
        } else {
            state.listeners.push((id, Box::new(listener)));
        }
        Subscription {
            cancel: self.clone(),
            id,
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Ok(mut state) = self.cancel.0.state.lock() {
            state.listeners.retain(|(id, _)| *id != self.id);
        }
    }
}

impl std::fmt::Debug for Cancel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Cancel({})", self.is_cancelled())
    }
}
