//! Bytes on their way: how many have come, of how many, how fast.

use std::time::Duration;

use orch_engine::port::Stage;

/// One download or one unpacking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Transfer {
    /// Which of the two.
    pub stage: Stage,
    /// When it began, by the clock.
    pub since: Duration,
    /// Bytes that were there when it began: a download goes on where it broke off.
    pub first: u64,
    /// Bytes that are there.
    pub done: u64,
    /// Bytes in all, where that is known.
    pub total: Option<u64>,
}

impl Transfer {
    /// One that begins.
    pub fn begin(stage: Stage, done: u64, total: Option<u64>, now: Duration) -> Self {
        Self {
            stage,
            since: now,
            first: done,
            done,
            total,
        }
    }

    /// Whether what is said now is still about this one: not if the stage is another or the
    /// bytes begin anew, as they do with the next archive.
    pub fn goes_on(&self, stage: Stage, done: u64) -> bool {
        stage == self.stage && done >= self.done
    }

    /// The same a little later, or the one that follows it.
    pub fn advanced(self, stage: Stage, done: u64, total: Option<u64>, now: Duration) -> Self {
        if self.goes_on(stage, done) {
            Self {
                done,
                total,
                ..self
            }
        } else {
            Self::begin(stage, done, total, now)
        }
    }

    /// Whether all bytes are there.
    pub fn is_complete(&self) -> bool {
        self.total.is_some_and(|total| self.done >= total)
    }

    /// Bytes a second since it began; nothing while there is too little to tell.
    pub fn rate(&self, now: Duration) -> Option<u64> {
        let seconds = now.saturating_sub(self.since).as_secs_f64();
        let come = self.done - self.first;
        (seconds >= 0.2 && come > 0).then(|| (come as f64 / seconds) as u64)
    }

    /// How long the rest takes at this rate.
    pub fn left(&self, now: Duration) -> Option<Duration> {
        let rest = self.total?.saturating_sub(self.done);
        let rate = self.rate(now).filter(|rate| *rate > 0)?;
        Some(Duration::from_secs_f64(rest as f64 / rate as f64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resumed_download_is_timed_by_what_came_now() {
        let at = Duration::from_secs;
        let begun = Transfer::begin(Stage::Download, 50, Some(150), at(10));
        assert_eq!(begun.rate(at(10)), None);
        let later = begun.advanced(Stage::Download, 100, Some(150), at(15));
        assert_eq!(later.rate(at(15)), Some(10));
        assert_eq!(later.left(at(15)), Some(at(5)));
        assert!(!later.is_complete());
        let next = later.advanced(Stage::Download, 3, None, at(16));
        assert_eq!((next.first, next.since), (3, at(16)));
        assert_eq!(next.left(at(20)), None);
    }
}
