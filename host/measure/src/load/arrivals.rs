//! When requests are due, and who of the connections sends which.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

use super::step::Window;
use super::timer::Timer;

/// So long at least lies between two looks at what is due: the kernel's timers cost too much to be
/// set for each request at high rates. What is due meanwhile is sent so much late, and that shows.
const LEAST_WAIT: Duration = Duration::from_micros(50);

/// A request that is to be sent now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival {
    /// When it was due; its latency counts from then.
    pub due: Instant,
    /// By how much the generator is to blame for sending it later than it was due: it saw so late
    /// that it was, or let a free connection wait. None in a closed loop.
    pub late: Option<Duration>,
}

/// The requests of one thread's connections.
pub(super) enum Arrivals {
    /// One after the other, on each connection.
    Closed { window: Window, is_over: Cell<bool> },
    /// By a plan. Any free connection takes the next, as users of a service with a pool of
    /// connections would.
    Open(Plan),
}

/// When each request is due.
pub(super) struct Plan {
    /// When the first is.
    first: Instant,
    until: Instant,
    per_second: f64,
    /// How many are due before `until`.
    count: u64,
    /// A permit for each that is due and was not taken.
    due: Semaphore,
    /// When the due ones that were not taken were seen to be due; each entry holds up to a number.
    seen: RefCell<VecDeque<(u64, Instant)>>,
    taken: Cell<u64>,
}

impl Arrivals {
    pub fn closed(window: Window) -> Self {
        Self::Closed {
            window,
            is_over: Cell::new(false),
        }
    }

    /// `per_second` requests, of which the first is due `offset` after the start.
    pub fn open(window: Window, per_second: f64, offset: Duration) -> Self {
        let first = window.start + offset;
        let seconds = window.until.saturating_duration_since(first).as_secs_f64();
        Self::Open(Plan {
            first,
            until: window.until,
            per_second,
            count: (seconds * per_second).ceil() as u64,
            due: Semaphore::new(0),
            seen: RefCell::default(),
            taken: Cell::new(0),
        })
    }

    /// The next request, when it is due; none when there are no more.
    pub async fn next(&self) -> Option<Arrival> {
        match self {
            Self::Closed { window, is_over } => {
                let now = Instant::now();
                (now < window.until && !is_over.get()).then_some(Arrival {
                    due: now,
                    late: None,
                })
            }
            Self::Open(plan) => plan.next().await,
        }
    }

    /// Whether nothing is due before the last answer is there.
    pub fn is_closed_loop(&self) -> bool {
        matches!(self, Self::Closed { .. })
    }

    /// No more requests, from now on.
    pub fn stop(&self) {
        match self {
            Self::Closed { is_over, .. } => is_over.set(true),
            Self::Open(plan) => plan.due.close(),
        }
    }

    /// Makes requests due as time goes by; ends with the last.
    pub async fn release(&self) -> io::Result<()> {
        match self {
            Self::Closed { .. } => Ok(()),
            Self::Open(plan) => plan.release().await,
        }
    }

    /// When those were due that nobody has taken, of all that were due before `end`.
    pub fn left(&self, end: Instant) -> impl Iterator<Item = Instant> + '_ {
        let plan = match self {
            Self::Closed { .. } => None,
            Self::Open(plan) => Some(plan),
        };
        plan.into_iter()
            .flat_map(|plan| (plan.taken.get()..plan.count).map(|number| plan.due_at(number)))
            .take_while(move |due| *due < end)
    }
}

impl Plan {
    fn due_at(&self, number: u64) -> Instant {
        self.first + Duration::from_secs_f64(number as f64 / self.per_second)
    }

    async fn next(&self) -> Option<Arrival> {
        let free_since = Instant::now();
        self.due.acquire().await.ok()?.forget();
        let number = self.taken.replace(self.taken.get() + 1);
        let due = self.due_at(number);
        let seen = self.seen_at(number);
        let possible = due.max(free_since);
        let waited = Instant::now().saturating_duration_since(possible);
        Some(Arrival {
            due,
            late: Some(waited.max(seen.saturating_duration_since(due))),
        })
    }

    /// When the next was seen to be due.
    fn seen_at(&self, number: u64) -> Instant {
        let mut seen = self.seen.borrow_mut();
        let &(end, moment) = seen.front().expect("what is due was seen to be");
        if number + 1 == end {
            seen.pop_front();
        }
        moment
    }

    async fn release(&self) -> io::Result<()> {
        let timer = Timer::new()?;
        let mut released = 0;
        while released < self.count && !self.due.is_closed() {
            let now = Instant::now();
            let passed = now.saturating_duration_since(self.first).as_secs_f64();
            let reached = if now < self.first {
                0
            } else {
                ((passed * self.per_second) as u64 + 1).min(self.count)
            };
            if reached > released {
                self.seen.borrow_mut().push_back((reached, now));
                self.due.add_permits((reached - released) as usize);
                released = reached;
            }
            timer
                .wait_until(self.due_at(released).max(now + LEAST_WAIT).min(self.until))
                .await?;
        }
        timer.wait_until(self.until).await?;
        self.due.close();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_sees_late_what_is_due_is_late() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let start = Instant::now();
        let window = Window {
            start,
            from: start,
            until: start + Duration::from_millis(100),
        };
        let arrivals = Arrivals::open(window, 1000.0, Duration::ZERO);
        // As if the thread had had no CPU for half of the time.
        std::thread::sleep(Duration::from_millis(50));
        let took = async {
            for number in 0..40 {
                let arrival = arrivals.next().await.unwrap();
                assert_eq!(arrival.due, start + Duration::from_millis(number));
                assert!(arrival.late.unwrap() >= Duration::from_millis(50 - number));
            }
            arrivals.stop();
            assert!(arrivals.next().await.is_none());
        };
        runtime
            .block_on(async { tokio::join!(took, arrivals.release()).1 })
            .unwrap();
        let left: Vec<Instant> = arrivals.left(start + Duration::from_millis(43)).collect();
        let numbers = [40, 41, 42].map(|number| start + Duration::from_millis(number));
        assert_eq!(left, numbers);
    }
}
