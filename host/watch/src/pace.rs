//! When to look: soon after a change, but once for a burst of them, and not for ever later
//! where they do not end. Pure; times are counted from any beginning.

use std::time::Duration;

/// So long must nothing change before it is time to look: the files of one save, or of one
/// switch of a branch, come closer together.
const QUIET: Duration = Duration::from_millis(50);

/// So long may a burst of changes put off a look.
const LONGEST: Duration = Duration::from_secs(1);

/// How often to look where nothing rings.
const EVERY: Duration = Duration::from_secs(1);

/// How many times as long as a look took nothing is looked at, where nothing rings.
const REST: u32 = 10;

/// When to look next.
#[derive(Clone, Debug)]
pub struct Pace {
    /// The first and the last change that was heard since the last look.
    heard: Option<(Duration, Duration)>,
    /// When the last look was over.
    looked: Duration,
    /// What the last look took.
    cost: Duration,
    /// Whether looks must come by themselves.
    is_deaf: bool,
}

impl Pace {
    /// A look is due soon: nobody knows what has changed before.
    pub fn new(now: Duration) -> Self {
        Self {
            heard: Some((now, now)),
            looked: now,
            cost: Duration::ZERO,
            is_deaf: false,
        }
    }

    /// Something may have changed.
    pub fn heard(&mut self, now: Duration) {
        let first = self.heard.map_or(now, |(first, _)| first);
        self.heard = Some((first, now));
    }

    /// Whether changes may ring no bell.
    pub fn deaf(&mut self, is_deaf: bool) {
        self.is_deaf = is_deaf;
    }

    /// A look is over, and what it took. What was heard since it began is still to be said.
    pub fn looked(&mut self, now: Duration, cost: Duration) {
        self.heard = None;
        self.looked = now;
        self.cost = cost;
    }

    /// When to look next; `None` for not before something is heard.
    pub fn due(&self) -> Option<Duration> {
        let soon = self.heard.map(|(first, last)| {
            // Looks that take long leave as much time between them.
            let rested = self.looked + self.cost.min(LONGEST);
            (last + QUIET).min(first + LONGEST).max(rested)
        });
        let by_itself = self.is_deaf.then(|| self.looked + self.every());
        [soon, by_itself].into_iter().flatten().min()
    }

    /// How often to look where nothing rings.
    pub fn every(&self) -> Duration {
        EVERY.max(self.cost * REST)
    }
}
