//! What was seen of the loads on a service beside their figures: how far away it is, since the network
//! between is a part of every latency, and whether this machine was quick enough.

use std::cell::RefCell;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use orch_engine::Cancel;

/// So many connections are made to see how long that takes, in at most so long.
const CONNECTIONS: usize = 21;
const LONGEST: Duration = Duration::from_secs(2);

/// From this share of a median latency on, figures are told to be the network's too.
const LARGE_SHARE: f64 = 0.1;

/// One load.
#[derive(Clone, Debug)]
pub(crate) struct LoadSeen {
    /// How long a packet takes there and back, where there is a network between.
    pub(crate) round_trip: Option<Duration>,
    /// The median latency of the load, where it had answers.
    pub(crate) p50: Option<Duration>,
    /// Why this machine may have been too slow for the load, if it may.
    pub(crate) bottleneck: Option<String>,
}

/// All of one measurement.
#[derive(Debug, Default)]
pub(crate) struct Loads(RefCell<Vec<LoadSeen>>);

impl Loads {
    /// One load.
    pub(crate) fn add(&self, seen: LoadSeen) {
        self.0.borrow_mut().push(seen);
    }

    /// What a reader of the figures must know.
    pub(crate) fn notes(&self) -> Vec<String> {
        let bottleneck = {
            let seen = self.0.borrow();
            seen.iter().find_map(|one| one.bottleneck.clone())
        };
        self.of_network().into_iter().chain(bottleneck).collect()
    }

    /// How much of the figures is the network's.
    fn of_network(&self) -> Option<String> {
        let seen = self.0.borrow();
        let mut trips: Vec<Duration> = seen.iter().filter_map(|one| one.round_trip).collect();
        let trip = milliseconds(median(&mut trips)?);
        let shares = seen.iter().filter_map(|one| {
            let p50 = one.p50.filter(|p50| !p50.is_zero())?;
            Some(one.round_trip?.as_secs_f64() / p50.as_secs_f64())
        });
        let largest = shares.fold(0.0, f64::max);
        if largest <= LARGE_SHARE {
            return Some(format!(
                "the network between takes {trip} ms of each answer"
            ));
        }
        // On an idle network a request may be answered faster than a connection is made.
        let share = 100.0 * largest.min(1.0);
        Some(format!(
            "the network between takes {trip} ms of each answer, up to {share:.0} % of the P50 of a \
             load: so much of the latencies, and of the throughput of connections that wait for \
             them, is not the service's; measure from a machine that is nearer"
        ))
    }
}

/// How long a packet takes to a service and back: the median of connections to it, which the kernel
/// there answers by itself. None where none can be made.
pub(crate) fn round_trip(address: SocketAddr, cancel: &Cancel) -> Option<Duration> {
    let began = Instant::now();
    let mut trips = Vec::with_capacity(CONNECTIONS);
    while trips.len() < CONNECTIONS && began.elapsed() < LONGEST && !cancel.is_cancelled() {
        let began = Instant::now();
        TcpStream::connect_timeout(&address, LONGEST).ok()?;
        trips.push(began.elapsed());
    }
    median(&mut trips)
}

fn median(durations: &mut [Duration]) -> Option<Duration> {
    durations.sort_unstable();
    durations.get(durations.len() / 2).copied()
}

/// With two digits that mean something.
fn milliseconds(duration: Duration) -> String {
    let value = 1e3 * duration.as_secs_f64();
    match value {
        0.0..1.0 => format!("{value:.2}"),
        1.0..10.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{OK, Service, answering};

    /// In microseconds.
    fn seen(round_trip: u64, p50: Option<u64>) -> LoadSeen {
        LoadSeen {
            round_trip: Some(Duration::from_micros(round_trip)),
            p50: p50.map(Duration::from_micros),
            bottleneck: None,
        }
    }

    #[test]
    fn a_network_that_takes_little_is_only_told() {
        let network = Loads::default();
        assert_eq!(network.notes(), Vec::<String>::new());
        for trip in [210, 190, 9_000] {
            network.add(seen(trip, Some(100_000)));
        }
        let note = "the network between takes 0.21 ms of each answer";
        assert_eq!(network.notes(), [note]);
        network.add(LoadSeen {
            bottleneck: Some("the load generator was busy".to_owned()),
            ..seen(200, None)
        });
        assert_eq!(network.notes(), [note, "the load generator was busy"]);
    }

    #[test]
    fn a_generator_that_was_too_slow_is_told_without_a_network_too() {
        let here = Loads::default();
        here.add(LoadSeen {
            round_trip: None,
            p50: None,
            bottleneck: Some("the load generator was busy".to_owned()),
        });
        assert_eq!(here.notes(), ["the load generator was busy"]);
    }

    #[test]
    fn a_large_part_of_a_latency_is_warned_of() {
        let network = Loads::default();
        network.add(seen(210, Some(10_000)));
        network.add(seen(210, Some(500)));
        network.add(seen(210, None));
        let note = network.of_network().unwrap();
        assert!(
            note.starts_with(
                "the network between takes 0.21 ms of each answer, up to 42 % of the P50"
            ),
            "{note}"
        );
        let fast = Loads::default();
        fast.add(seen(12_400, Some(400)));
        assert!(
            fast.of_network()
                .unwrap()
                .contains("12 ms of each answer, up to 100 %")
        );
    }

    #[test]
    fn a_round_trip_is_that_of_connections() {
        let service = Service::start(answering(OK));
        let trip = round_trip(service.address(), &Cancel::new()).unwrap();
        assert!(trip > Duration::ZERO && trip < LONGEST, "{trip:?}");
        let address = service.address();
        drop(service);
        assert_eq!(round_trip(address, &Cancel::new()), None);
    }
}
