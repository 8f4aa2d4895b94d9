//! The pace, against what is meant by it: every change is looked for, soon but once.

use std::time::Duration;

use orch_watch::Pace;
use proptest::prelude::*;

const QUIET: u64 = 50;
const LONGEST: u64 = 1000;

fn milliseconds(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// Lets changes happen at these times, in milliseconds, and looks whenever it is due; each
/// look takes `cost`. Gives when the looks began.
fn looks(changes: &[u64], cost: u64) -> Vec<u64> {
    let mut pace = Pace::new(Duration::ZERO);
    pace.looked(Duration::ZERO, milliseconds(cost));
    let mut coming = changes.iter().copied().peekable();
    let mut looks = Vec::new();
    let mut now = 0;
    loop {
        let due = pace.due().map(|due| due.as_millis() as u64);
        match (coming.peek().copied(), due) {
            (None, None) => return looks,
            (Some(change), due) if due.is_none_or(|due| change < due) => {
                coming.next();
                // One that came while a look was under way is heard when it is over.
                now = now.max(change);
                pace.heard(milliseconds(now));
            }
            (_, due) => {
                now = now.max(due.expect("one of both is there"));
                looks.push(now);
                now += cost;
                pace.looked(milliseconds(now), milliseconds(cost));
            }
        }
    }
}

#[test]
fn a_burst_is_one_look() {
    let burst: Vec<u64> = (0..10).map(|index| 7 + index * 40).collect();
    assert_eq!(looks(&burst, 0), [7 + 360 + QUIET]);
}

#[test]
fn changes_without_end_do_not_put_a_look_off_for_ever() {
    let endless: Vec<u64> = (0..100).map(|index| index * 40).collect();
    let looks = looks(&endless, 0);
    assert_eq!(looks, [1000, 2000, 3000, 4000]);
}

#[test]
fn where_nothing_rings_looks_come_by_themselves_and_rest_ten_times_as_long() {
    let mut pace = Pace::new(Duration::ZERO);
    pace.deaf(true);
    pace.looked(milliseconds(10), milliseconds(10));
    assert_eq!(pace.due(), Some(milliseconds(1010)));
    pace.looked(milliseconds(2000), milliseconds(300));
    assert_eq!(pace.due(), Some(milliseconds(5000)));
    pace.deaf(false);
    assert_eq!(pace.due(), None);
}

proptest! {
    #[test]
    fn every_change_is_looked_for_in_time_and_nothing_else_is(
        steps in proptest::collection::vec(0u64..200, 0..40),
        cost in 0u64..100,
    ) {
        let mut at = 0;
        let changes: Vec<u64> = steps.iter().map(|step| { at += step; at }).collect();
        let looks = looks(&changes, cost);
        for change in &changes {
            let next = looks.iter().find(|look| *look >= change);
            // A change during a look waits for its end, and for the rest after it.
            prop_assert!(
                next.is_some_and(|look| look - change <= LONGEST + 2 * cost),
                "{change}: {looks:?}"
            );
        }
        for pair in looks.windows(2) {
            prop_assert!(pair[1] - pair[0] >= 2 * cost, "no rest: {looks:?}");
        }
        let mut from = 0;
        for look in &looks {
            prop_assert!(
                changes.iter().any(|change| (from..=*look).contains(change)),
                "nothing had changed before the look at {look}: {changes:?}"
            );
            from = *look;
        }
    }

    #[test]
    fn changes_that_are_close_together_are_one_look(
        steps in proptest::collection::vec(0u64..QUIET, 1..20),
    ) {
        let mut at = 0;
        let changes: Vec<u64> = steps.iter().map(|step| { at += step; at }).collect();
        prop_assume!(at - changes[0] < LONGEST - QUIET);
        prop_assert_eq!(looks(&changes, 0), [at + QUIET]);
    }
}
