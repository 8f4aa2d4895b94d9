//! The generator against real services on loopback.

mod bad_services;

use std::io::Write as _;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use orch_model::FaultKind;

use super::*;
use crate::free_port;
use crate::testing::{OK, Service, answering, read_request};

/// Only what hangs comes near it.
const LONG: Duration = Duration::from_secs(60);

fn load(url: &str) -> Load {
    Load {
        endpoint: Endpoint::get(url).unwrap(),
        request_limit: LONG,
        threads: 1,
    }
}

/// A step of 300 ms without a warm-up.
fn step(connections: usize, pace: Pace) -> Step {
    Step {
        connections,
        pace,
        warmup: Duration::ZERO,
        duration: Duration::from_millis(300),
    }
}

fn take(load: &Load, step: Step) -> StepResult {
    let mut results = load.climb(&[step], &Cancel::new(), |_| {}).unwrap();
    results.pop().unwrap()
}

/// What comes of a closed loop of two connections.
fn closed(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> StepResult {
    let service = Service::start(serve);
    take(&load(&service.url()), step(2, Pace::Unlimited))
}

#[test]
fn a_closed_loop_keeps_its_connections_and_counts_every_answer() {
    let result = closed(answering(OK));
    let latencies = result.latencies.unwrap();
    assert!(result.errors.is_empty(), "{result:?}");
    assert_eq!(
        (result.connects, result.unsent, result.per_second),
        (2, 0, None)
    );
    assert!(result.succeeded > 0 && latencies.count == result.succeeded);
    assert!(result.throughput > 0.0 && result.generator.lateness.is_none());
    assert!(latencies.p50_ns <= latencies.p99_ns && latencies.p99_ns <= latencies.max_ns);
}

#[test]
fn an_open_loop_sends_what_is_due() {
    let service = Service::start(answering(OK));
    for threads in [1, 2] {
        let load = Load {
            threads,
            ..load(&service.url())
        };
        let result = take(&load, step(4, Pace::PerSecond(200.0)));
        assert_eq!(result.succeeded + result.unsent, 60, "{result:?}");
        assert_eq!(result.latencies.unwrap().count, 60);
        let lateness = result.generator.lateness.unwrap();
        assert_eq!(lateness.count, result.succeeded);
    }
}

#[test]
fn the_warm_up_is_not_counted() {
    let service = Service::start(answering(OK));
    let step = Step {
        warmup: Duration::from_millis(200),
        ..step(2, Pace::PerSecond(100.0))
    };
    let result = take(&load(&service.url()), step);
    assert_eq!(result.succeeded + result.unsent, 30, "{result:?}");
}

/// A service that stands still once, for 300 ms, in the middle.
fn hesitating() -> Service {
    let asked = AtomicUsize::new(0);
    Service::start(move |mut stream| {
        while read_request(&mut stream).is_some() {
            if asked.fetch_add(1, Ordering::SeqCst) == 20 {
                std::thread::sleep(Duration::from_millis(300));
            }
            if stream.write_all(OK.as_bytes()).is_err() {
                return;
            }
        }
    })
}

#[test]
fn a_pause_of_the_service_is_met_by_all_who_came_meanwhile() {
    let second = |pace| Step {
        duration: Duration::from_secs(1),
        ..step(1, pace)
    };
    // 30 of 100 requests were due in the pause, the first 5 of them waited 250 ms and more.
    let open = take(&load(&hesitating().url()), second(Pace::PerSecond(100.0)));
    let open = open.latencies.unwrap();
    assert!(open.p95_ns > 200_000_000, "{open:?}");
    assert!(open.mean_ns > 30_000_000.0, "{open:?}");
    // The closed loop noted it once; that is what it says, and all that it says.
    let closed = take(&load(&hesitating().url()), second(Pace::Unlimited));
    let closed = closed.latencies.unwrap();
    assert!(closed.p95_ns < 200_000_000, "{closed:?}");
    assert!(closed.max_ns > 290_000_000, "{closed:?}");
}

#[test]
fn a_service_that_cannot_keep_up_is_not_flattered() {
    let service = Service::start(|mut stream| {
        while read_request(&mut stream).is_some() {
            std::thread::sleep(Duration::from_millis(20));
            let _ = stream.write_all(OK.as_bytes());
        }
    });
    // At most 15 of 60 can be answered in time.
    let result = take(&load(&service.url()), step(1, Pace::PerSecond(200.0)));
    assert_eq!(result.succeeded + result.unsent, 60, "{result:?}");
    assert!(result.unsent >= 44, "{result:?}");
    assert!(result.throughput <= 50.0, "{result:?}");
    assert!(result.latencies.unwrap().p50_ns > 50_000_000, "{result:?}");
}

#[test]
fn a_rate_can_be_a_share_of_what_was_found() {
    let service = Service::start(answering(OK));
    let result = take(&load(&service.url()), step(2, Pace::ShareOfCapacity(0.5)));
    let capacity = result.capacity.as_ref().unwrap();
    assert_eq!(result.per_second, Some(capacity.throughput * 0.5));
    assert!(capacity.per_second.is_none() && result.succeeded > 0);
}

#[test]
fn a_ladder_ends_with_a_step_that_nobody_answered() {
    let url = format!("http://127.0.0.1:{}/", free_port().unwrap());
    let mut told = 0;
    let steps = [step(1, Pace::Unlimited), step(2, Pace::Unlimited)];
    let results = load(&url)
        .climb(&steps, &Cancel::new(), |_| told += 1)
        .unwrap();
    assert_eq!((results.len(), told), (1, 1));
}

#[test]
fn the_user_ends_a_step() {
    let cancel = Cancel::new();
    let service = Service::start({
        let cancel = cancel.clone();
        move |mut stream| {
            read_request(&mut stream);
            cancel.cancel();
            read_request(&mut stream);
        }
    });
    let step = Step {
        duration: LONG,
        ..step(2, Pace::Unlimited)
    };
    let fault = load(&service.url())
        .climb(&[step], &cancel, |_| {})
        .unwrap_err();
    assert_eq!(fault.kind, FaultKind::Interrupted);
}

#[test]
fn a_request_arrives_as_it_was_described() {
    let seen = Arc::new(Mutex::new(String::new()));
    let service = Service::start({
        let seen = Arc::clone(&seen);
        move |mut stream| {
            while let Some(request) = read_request(&mut stream) {
                *seen.lock().unwrap() = request;
                let _ = stream.write_all(OK.as_bytes());
            }
        }
    });
    let endpoint = Endpoint::get(&format!("http://{}/a?b=c", service.address()))
        .and_then(|endpoint| endpoint.with_method("POST"))
        .and_then(|endpoint| endpoint.with_header("accept", "text/plain"))
        .unwrap()
        .with_body("hello");
    let load = Load {
        endpoint,
        ..load(&service.url())
    };
    assert!(take(&load, step(1, Pace::Unlimited)).succeeded > 0);
    let expected = format!(
        "POST /a?b=c HTTP/1.1\r\nhost: {}\r\naccept: text/plain\r\ncontent-length: 5\r\n\r\nhello",
        service.address()
    );
    assert_eq!(*seen.lock().unwrap(), expected);
}

#[test]
fn what_makes_no_sense_is_refused() {
    for (url, why) in [
        ("https://localhost/", "load is sent without TLS"),
        ("localhost:80", "it does not begin with `http://`"),
        ("/path", "it does not begin with `http://`"),
        (
            "http://user:secret@localhost/",
            "it holds a user or password",
        ),
        ("http://a b/", "it is no URL"),
    ] {
        let fault = Endpoint::get(url).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Usage);
        assert!(fault.message.contains(why), "{fault}");
    }
    let endpoint = Endpoint::get("http://127.0.0.1/").unwrap();
    assert!(endpoint.clone().with_method("GE T").is_err());
    let fault = endpoint.with_header("cookie", "secret\n").unwrap_err();
    assert!(!fault.message.contains("secret"));
    for step in [
        step(0, Pace::Unlimited),
        step(1, Pace::PerSecond(0.0)),
        step(1, Pace::PerSecond(f64::NAN)),
        step(1, Pace::ShareOfCapacity(1.5)),
        Step {
            duration: Duration::ZERO,
            ..step(1, Pace::Unlimited)
        },
        Step {
            warmup: Duration::MAX,
            ..step(1, Pace::Unlimited)
        },
    ] {
        assert_eq!(step.check().unwrap_err().kind, FaultKind::Usage, "{step:?}");
    }
}
