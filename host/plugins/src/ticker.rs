//! Moves an engine's epoch on while guests run, so that each guest comes back to the host
//! now and then and its time can be looked at. How long a guest may run is not known here.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use wasmtime::Engine;

/// Time between two ticks: how late a guest may notice that its time is over.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// One thread that ticks while any [`Flight`] lives and sleeps otherwise. It starts with
/// the first flight and ends with the ticker.
pub(crate) struct Ticker {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
    engine: Engine,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    flights: usize,
    over: bool,
}

/// A guest is running.
pub(crate) struct Flight<'a>(&'a Shared);

impl Ticker {
    /// A ticker that has no thread yet.
    pub fn new(engine: Engine) -> Self {
        Self {
            shared: Arc::default(),
            thread: Mutex::default(),
            engine,
        }
    }

    /// Ticks until what is returned is dropped.
    pub fn fly(&self) -> Flight<'_> {
        {
            let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
            thread.get_or_insert_with(|| {
                let shared = self.shared.clone();
                let engine = self.engine.clone();
                std::thread::spawn(move || shared.tick(&engine))
            });
        }
        let mut state = self.shared.lock();
        state.flights += 1;
        if state.flights == 1 {
            self.shared.changed.notify_all();
        }
        drop(state);
        Flight(&self.shared)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Two plain fields: a panic elsewhere cannot leave them half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tick(&self, engine: &Engine) {
        let mut state = self.lock();
        while !state.over {
            if state.flights == 0 {
                state = self
                    .changed
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
            } else {
                (state, _) = self
                    .changed
                    .wait_timeout_while(state, TICK, |state| !state.over)
                    .unwrap_or_else(PoisonError::into_inner);
                engine.increment_epoch();
            }
        }
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.0.lock().flights -= 1;
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.shared.lock().over = true;
        self.shared.changed.notify_all();
        let thread = self
            .thread
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(thread) = thread.take() {
            // It only counts: it cannot have panicked, and there is nobody to tell.
            let _ = thread.join();
        }
    }
}
