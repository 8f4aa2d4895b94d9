//! Clocks that jump. Every time that is measured is of the monotonic clock, which nobody can set and
//! which stands still while the machine sleeps: clock_gettime(2), `CLOCK_MONOTONIC`. What a program
//! reads itself may be of another one, so a jump is told.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use super::{Noise, Warning};

/// Clocks are drawn to the true time by less than a thousandth (adjtimex(2)); a jump is more, and
/// long enough to matter.
const SMALLEST_JUMP: Duration = Duration::from_secs(1);
const DRIFT: f64 = 0.001;

/// The kernel's clocks at one moment, each since a beginning of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clocks {
    /// The time of day, which can be set.
    pub realtime: Duration,
    /// What goes on while the machine is awake.
    pub monotonic: Duration,
    /// The same, and while it sleeps.
    pub boottime: Duration,
}

impl Clocks {
    /// Now.
    pub fn now() -> Self {
        let read = |id| Duration::try_from(clock_gettime(id)).unwrap_or_default();
        Self {
            realtime: read(ClockId::Realtime),
            monotonic: read(ClockId::Monotonic),
            boottime: read(ClockId::Boottime),
        }
    }

    /// For how long the machine was awake since `earlier`.
    pub fn awake_since(&self, earlier: &Self) -> Duration {
        self.monotonic.saturating_sub(earlier.monotonic)
    }
}

/// What jumped between two readings.
pub fn jumps(earlier: &Clocks, now: &Clocks) -> Vec<Warning> {
    let passed = now.boottime.saturating_sub(earlier.boottime);
    let slept = passed.saturating_sub(now.awake_since(earlier));
    let told = now.realtime.as_secs_f64() - earlier.realtime.as_secs_f64();
    let set = told - passed.as_secs_f64();
    let jump = SMALLEST_JUMP
        .as_secs_f64()
        .max(DRIFT * passed.as_secs_f64());
    let slept = (slept >= SMALLEST_JUMP).then(|| Warning {
        noise: Noise::Clock,
        found: format!("the machine slept for {:.0} s", slept.as_secs_f64()),
        meaning: "no time that was measured counts that, but caches are cold and connections old",
        remedy: "measure again, on a machine that is kept awake (`systemd-inhibit`)".to_owned(),
    });
    let set = (set.abs() >= jump).then(|| Warning {
        noise: Noise::Clock,
        found: format!("the time of day was set by {set:+.0} s"),
        meaning: "no time that was measured counts that, but a program that reads it may",
        remedy: "measure again when the time is right (`timedatectl`)".to_owned(),
    });
    slept.into_iter().chain(set).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn at(realtime: u64, monotonic: u64, boottime: u64) -> Clocks {
        Clocks {
            realtime: Duration::from_secs(realtime),
            monotonic: Duration::from_secs(monotonic),
            boottime: Duration::from_secs(boottime),
        }
    }

    #[track_caller]
    fn check(now: Clocks, expected: &[&str]) {
        let found = jumps(&at(1_000_000, 100, 200), &now);
        let found: Vec<_> = found.iter().map(|warning| warning.found.as_str()).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_jump_is_told_and_a_drift_is_not() {
        check(at(1_000_060, 160, 260), &[]);
        check(at(1_036_010, 36_100, 36_200), &[]); // 10 s in ten hours.
        check(
            at(1_003_660, 160, 260),
            &["the time of day was set by +3600 s"],
        );
        check(
            at(996_460, 160, 260),
            &["the time of day was set by -3600 s"],
        );
        check(at(1_000_360, 160, 560), &["the machine slept for 300 s"]);
        assert_eq!(at(0, 160, 560).awake_since(&at(9, 100, 200)).as_secs(), 60);
    }

    /// Every sample is taken by the standard library's clock. Written out, that tells the kernel's
    /// own reading, and so which of its clocks it is.
    #[test]
    fn samples_are_taken_by_the_clock_that_does_not_jump() {
        let before = Clocks::now().monotonic.as_secs();
        let written = format!("{:?}", Instant::now());
        let after = Clocks::now().monotonic.as_secs();
        let seconds = written
            .split("tv_sec: ")
            .nth(1)
            .expect("it tells its seconds");
        let seconds: u64 = seconds.split(',').next().unwrap().parse().unwrap();
        assert!(
            (before..=after).contains(&seconds),
            "{before} {written} {after}"
        );
        assert!(seconds.abs_diff(Clocks::now().realtime.as_secs()) > 3_600);
    }
}
