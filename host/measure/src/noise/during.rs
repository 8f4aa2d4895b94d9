//! What was counted while something was measured: it says that the samples themselves were
//! disturbed, not only that they may be.

use super::standing::LOAD_PER_CPU;
use super::{Noise, Warning, percent, times};
use crate::conditions::Interval;

/// The share of stolen time that makes times longer by as much as gates begin to look at.
const STOLEN_SHARE: f64 = 0.005;

/// What disturbed the samples that were taken meanwhile, the gravest first.
pub fn warnings_during(interval: &Interval) -> Vec<Warning> {
    [
        steal(interval),
        quota(interval),
        heat(interval),
        load(interval),
        swap(interval),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn steal(interval: &Interval) -> Option<Warning> {
    let share = interval
        .stolen_share
        .filter(|share| *share >= STOLEN_SHARE)?;
    Some(Warning {
        noise: Noise::Steal,
        found: format!(
            "the hypervisor gave {} of the time to others",
            percent(share)
        ),
        meaning: "times are longer by about as much, and by more in some samples",
        remedy: "measure when its other guests are quiet, or on a machine with CPUs of its own"
            .to_owned(),
    })
}

fn quota(interval: &Interval) -> Option<Warning> {
    let periods = happened(interval.throttled_periods)?;
    Some(Warning {
        noise: Noise::Quota,
        found: format!(
            "the quota of a control group stopped programs {}",
            times(periods)
        ),
        meaning: "some samples hold a time in which nothing ran",
        remedy:
            "measure with fewer threads, or raise `cpu.max` (`docker run --cpus`, `limits.cpu`)"
                .to_owned(),
    })
}

fn heat(interval: &Interval) -> Option<Warning> {
    let count = happened(interval.thermal_throttles)?;
    Some(Warning {
        noise: Noise::Heat,
        found: format!(
            "processors were slowed down {} because of their heat",
            times(count)
        ),
        meaning: "later samples are slower than earlier ones",
        remedy: "let it cool down, cool it better, or turn turbo frequencies off".to_owned(),
    })
}

fn load(interval: &Interval) -> Option<Warning> {
    let share = interval
        .others_share
        .filter(|share| *share >= LOAD_PER_CPU)?;
    Some(Warning {
        noise: Noise::Load,
        found: format!("other programs took {} of all CPU time", percent(share)),
        meaning: "samples waited for a CPU, and found its caches emptied",
        remedy: "`top` shows which; end them, and measure again".to_owned(),
    })
}

fn swap(interval: &Interval) -> Option<Warning> {
    let pages = happened(interval.swapped_pages)?;
    Some(Warning {
        noise: Noise::Swap,
        found: format!("pages of memory went to disk or came back {}", times(pages)),
        meaning: "some samples waited for the disk",
        remedy: "end what needs the memory, or measure on a machine with more of it".to_owned(),
    })
}

fn happened(count: Option<u64>) -> Option<u64> {
    count.filter(|count| *count > 0)
}
