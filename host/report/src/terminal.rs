//! Progress on a terminal: finished nodes as lines that stay, and below them what is going
//! on. Events only change a value under a lock; one thread draws it ten times a second, so
//! that ten thousand quick nodes neither flicker nor wait for the terminal.

use std::io::Write;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use orch_engine::port::{Event, Observer};
use orch_model::LogLevel;

use crate::clock::Clock;
use crate::fault::render_log;
use crate::finished::{Marks, render_finished};
use crate::progress::Progress;
use crate::style::Style;

/// Time between two drawings.
const FRAME: Duration = Duration::from_millis(100);

/// Shows events on a terminal until it is finished or dropped.
pub struct Terminal {
    shared: Arc<Shared>,
    ticker: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    screen: Mutex<Screen>,
    to: Mutex<Box<dyn Write + Send>>,
    stopped: Condvar,
    bar: ProgressBar,
    clock: Clock,
    style: Style,
}

#[derive(Default)]
struct Screen {
    progress: Progress,
    pending: String,
    stop: bool,
}

impl Terminal {
    /// Writes lines to `to` and draws the progress on `target`: both the same terminal,
    /// usually standard error and [`ProgressDrawTarget::stderr`]. Of plugins' log lines only
    /// warnings are shown.
    pub fn new(
        to: impl Write + Send + 'static,
        target: ProgressDrawTarget,
        style: Style,
        clock: Clock,
    ) -> Self {
        let shared = Arc::new(Shared::new(Box::new(to), target, style, clock));
        let drawn = Arc::clone(&shared);
        let ticker = std::thread::spawn(move || drawn.draw_until_stopped());
        Self {
            shared,
            ticker: Mutex::new(Some(ticker)),
        }
    }

    /// Prints lines above the progress, in the order of the events.
    pub fn print(&self, text: &str) {
        self.shared.print(text);
    }

    /// Prints what is pending and takes the progress away; what is printed after appears at
    /// once. Call it before the process exits without dropping.
    pub fn finish(&self) {
        let ticker = self.ticker.lock().ok().and_then(|mut slot| slot.take());
        if let Some(ticker) = ticker {
            self.shared.screen().stop = true;
            self.shared.stopped.notify_all();
            // A panic of the drawing thread has been reported by itself.
            let _ = ticker.join();
            self.shared.screen().progress = Progress::default();
            self.shared.draw();
        }
    }
}

impl Observer for Terminal {
    fn observe(&self, event: Event<'_>) {
        self.shared.observe(event);
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.finish();
    }
}

impl Shared {
    fn new(
        to: Box<dyn Write + Send>,
        target: ProgressDrawTarget,
        style: Style,
        clock: Clock,
    ) -> Self {
        let look = ProgressStyle::with_template("{msg}").expect("the template is right");
        Self {
            screen: Mutex::default(),
            to: Mutex::new(to),
            stopped: Condvar::new(),
            bar: ProgressBar::with_draw_target(None, target).with_style(look),
            clock,
            style,
        }
    }

    fn observe(&self, event: Event<'_>) {
        let now = (self.clock)();
        let text = match &event {
            Event::NodeFinished {
                node,
                outcome,
                took,
            } => render_finished(node, outcome, *took, Marks::Signs, self.style),
            Event::PluginLogged(log) if log.level >= LogLevel::Warning => {
                render_log(log, self.style)
            }
            _ => String::new(),
        };
        self.screen().progress.observe(&event, now);
        self.print(&text);
        if matches!(event, Event::RunFinished { .. }) {
            // What follows may be written past us, so nothing may be left to draw.
            self.draw();
        }
    }

    fn print(&self, text: &str) {
        let mut screen = self.screen();
        screen.pending.push_str(text);
        let nobody_draws = screen.stop;
        drop(screen);
        if nobody_draws {
            self.draw();
        }
    }

    fn draw_until_stopped(&self) {
        loop {
            let (screen, _) = self
                .stopped
                .wait_timeout_while(self.screen(), FRAME, |screen| !screen.stop)
                .expect("nobody panics with the screen");
            let stop = screen.stop;
            drop(screen);
            if stop {
                return;
            }
            self.draw();
        }
    }

    fn draw(&self) {
        // Taken before the screen is read, so that two drawings cannot change places; the
        // screen itself is free again before the terminal is written to.
        let mut turn = self.to.lock().expect("nobody panics while drawing");
        let mut screen = self.screen();
        let lines = screen.progress.lines((self.clock)(), self.style);
        let mut pending = std::mem::take(&mut screen.pending);
        drop(screen);
        if lines.is_empty() {
            self.bar.finish_and_clear();
        } else {
            if self.bar.is_finished() {
                self.bar.reset();
            }
            self.bar.set_message(lines.join("\n"));
        }
        if !pending.is_empty() {
            // The progress must begin on a line of its own.
            if !pending.ends_with('\n') {
                pending.push('\n');
            }
            // The bar could print lines itself, but it fills them with spaces by its own
            // idea of their width, and a tab in a compiler's message would shift them.
            self.bar.suspend(|| {
                // A run must not fail for its progress.
                let _ = turn.write_all(pending.as_bytes());
                let _ = turn.flush();
            });
        }
    }

    fn screen(&self) -> MutexGuard<'_, Screen> {
        self.screen.lock().expect("nobody panics with the screen")
    }
}

#[cfg(test)]
#[path = "terminal_tests.rs"]
mod tests;
