//! Services that fail in every way that a generator must tell apart.

use std::io::{Read as _, Write as _};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use super::*;

/// Every request of the loop came to nothing in one way.
#[track_caller]
fn check_all_failed(result: &StepResult, kind: ErrorKind, example: &str) {
    assert_eq!(result.succeeded, 0, "{result:?}");
    let tally = &result.errors[&kind];
    assert!(
        tally.count > 0 && tally.count == result.failed(),
        "{result:?}"
    );
    assert!(tally.example.contains(example), "{result:?}");
}

#[test]
fn a_status_is_an_error_and_no_redirect_is_followed() {
    let result = closed(answering(
        "HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n",
    ));
    check_all_failed(&result, ErrorKind::ServerStatus, "500");
    assert_eq!((result.latencies, result.connects), (None, 2));
    let result = closed(answering(
        "HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\n\r\n",
    ));
    check_all_failed(&result, ErrorKind::OtherStatus, "302");
}

#[test]
fn a_service_that_never_answers_is_waited_for_up_to_the_limit() {
    let service = Service::start(|mut stream| while read_request(&mut stream).is_some() {});
    let load = Load {
        request_limit: Duration::from_millis(50),
        ..load(&service.url())
    };
    let result = take(&load, step(2, Pace::Unlimited));
    check_all_failed(&result, ErrorKind::Timeout, "within 50ms");
    let latencies = result.latencies.unwrap();
    assert_eq!(latencies.count, result.failed());
    assert!(latencies.p50_ns >= 50_000_000, "{latencies:?}");
}

#[test]
fn a_service_that_closes_each_connection_is_connected_to_anew() {
    let result = closed(|mut stream| {
        read_request(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nall");
    });
    assert!(result.errors.is_empty(), "{result:?}");
    assert!(result.succeeded > 0 && result.connects >= result.succeeded);
}

#[test]
fn chunked_answers_are_read_to_their_end() {
    let result = closed(answering(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n",
    ));
    assert!(result.errors.is_empty(), "{result:?}");
    assert!(result.succeeded > 0 && result.connects == 2);
}

#[test]
fn an_answer_that_breaks_off_is_told_apart_from_a_reset() {
    let result = closed(|mut stream| {
        read_request(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc");
    });
    check_all_failed(&result, ErrorKind::EarlyEnd, "");
    // Who closes with something unread is a reset to the other side.
    let result = closed(|mut stream| {
        let _ = stream.read(&mut [0]);
    });
    check_all_failed(&result, ErrorKind::Reset, "reset");
    let result = closed(answering("SSH-2.0-OpenSSH_9.2p1\r\n"));
    check_all_failed(&result, ErrorKind::Garbled, "");
}

#[test]
fn where_nobody_listens_the_step_is_given_up() {
    let url = format!("http://127.0.0.1:{}/", free_port().unwrap());
    for pace in [
        Pace::Unlimited,
        Pace::PerSecond(100.0),
        Pace::ShareOfCapacity(0.5),
    ] {
        let began = Instant::now();
        let step = Step {
            duration: LONG,
            ..step(2, pace)
        };
        let result = take(&load(&url), step);
        check_all_failed(&result, ErrorKind::Connect, "refused");
        assert!(result.gave_up && result.throughput == 0.0);
        assert!(began.elapsed() < LONG / 2);
    }
}

#[test]
fn a_service_that_dies_under_load_leaves_what_was_counted() {
    let service = Arc::new(Mutex::new(None));
    let started = Service::start({
        let (service, asked) = (Arc::clone(&service), AtomicUsize::new(0));
        move |mut stream| {
            while asked.fetch_add(1, Ordering::SeqCst) < 50 && read_request(&mut stream).is_some() {
                let _ = stream.write_all(OK.as_bytes());
            }
            // It listens no more when this returns.
            drop(service.lock().unwrap().take());
        }
    });
    let load = load(&started.url());
    *service.lock().unwrap() = Some(started);
    let step = Step {
        duration: LONG,
        ..step(2, Pace::Unlimited)
    };
    let result = take(&load, step);
    assert!(result.gave_up, "{result:?}");
    assert!((1..=50).contains(&result.succeeded), "{result:?}");
    assert!(
        result.errors.contains_key(&ErrorKind::Connect),
        "{result:?}"
    );
}
