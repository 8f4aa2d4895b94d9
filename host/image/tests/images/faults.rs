//! Registries that refuse, err and lie: each ends with a good push or a message with a remedy.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use expect_test::{Expect, expect};
use orch_image::{Push, Pushed};
use orch_model::{Digest, Fault, FaultKind};

use crate::fake::{Act, Answer, FakeRegistry, Request};
use crate::real::client;
use crate::sample::{heavy, tag, written};

fn pushed(server: &FakeRegistry) -> Result<Pushed, Fault> {
    let (_folder, layout) = written(&heavy(1000), &[]);
    let request = Push {
        layout: &layout,
        repository: &server.repository("agent"),
        tags: &[tag("1")],
        lenders: &[],
    };
    client().push(&request, &|_| {}, &|| false)
}

/// A registry that answers so as often, where it is asked such a thing.
fn answering(
    times: usize,
    answer: Answer,
    concerns: impl Fn(&Request) -> bool + Send + Sync + 'static,
) -> FakeRegistry {
    let count = AtomicUsize::new(0);
    FakeRegistry::start(move |request, _| {
        match concerns(request) && count.fetch_add(1, Ordering::SeqCst) < times {
            true => Act::Say(answer.clone()),
            false => Act::Serve,
        }
    })
}

/// Message and hint of a fault, with words in place of what is another one in each run: the
/// address, and which of the blobs it was that came first.
fn check(server: &FakeRegistry, expected: Expect) {
    let fault = pushed(server).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Fetch);
    let mut said = format!("{fault}\n");
    said.extend(fault.hint.map(|hint| format!("hint: {hint}\n")));
    let said = said.replace(&server.address(), "REGISTRY");
    let said = without(&said, "sha256:", "DIGEST", char::is_ascii_hexdigit);
    expected.assert_eq(&without(
        &said,
        "uploads/",
        "uploads/",
        char::is_ascii_digit,
    ));
}

/// A text with another word in place of each marked one.
fn without(text: &str, mark: &str, word: &str, is_part: fn(&char) -> bool) -> String {
    let mut parts = text.split(mark);
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str(word);
        plain.extend(part.chars().skip_while(is_part));
    }
    plain
}

#[test]
fn a_registry_that_fails_for_a_while_is_asked_again() {
    for (method, part) in [
        ("HEAD", "/blobs/"),
        ("POST", "/uploads/"),
        ("PATCH", "/uploads/"),
        ("PUT", "/uploads/"),
        ("HEAD", "/manifests/"),
        ("PUT", "/manifests/"),
    ] {
        for status in [500, 503, 408, 429] {
            let server = answering(2, Answer::new(status), move |request| {
                request.is(method, part)
            });
            let pushed = pushed(&server).unwrap_or_else(|fault| panic!("{method} {part}: {fault}"));
            assert_eq!((pushed.sent, pushed.written), (2, 3));
        }
    }
}

#[test]
fn a_registry_that_fails_for_ever_is_given_up() {
    let server = answering(usize::MAX, Answer::new(500), |request| {
        request.is("PUT", "/manifests/")
    });
    check(
        &server,
        expect![[r#"
        could not push the image to `REGISTRY/agent`: `http://REGISTRY/v2/agent/manifests/DIGEST` answered 500 Internal Server Error (tried 5 times)
        hint: run it again: what the registry has already is not sent again
    "#]],
    );
    assert_eq!(server.count("PUT", "/manifests/"), 5);
    assert!(server.kept(|kept| kept.manifests.is_empty()));
}

#[test]
fn a_registry_is_given_the_time_that_it_asks_for() {
    let wait = Answer::new(429).header("retry-after", "1");
    let server = answering(1, wait, |request| request.is("PUT", "/manifests/"));
    let begun = Instant::now();
    pushed(&server).unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(1));

    let body = r#"{"errors": [{"code": "TOOMANYREQUESTS", "message": "slow\ndown"}]}"#;
    let wait = Answer::new(429).header("retry-after", "9999").body(body);
    let server = answering(usize::MAX, wait, |request| request.is("PUT", "/manifests/"));
    check(
        &server,
        expect![[r#"
        could not push the image to `REGISTRY/agent`: `http://REGISTRY/v2/agent/manifests/DIGEST` answered 429 Too Many Requests (TOOMANYREQUESTS slow down), and wants to be asked again in 9999 s
        hint: run it again: what the registry has already is not sent again
    "#]],
    );
    assert_eq!(server.count("PUT", "/manifests/"), 1);
}

#[test]
fn a_registry_that_lets_nobody_in_says_how_to_log_in() {
    let wants = Answer::new(401).header("www-authenticate", "Basic realm=\"x\"");
    check(
        &answering(usize::MAX, wants, |_| true),
        expect![[r#"
        could not push the image to `REGISTRY/agent`: `http://REGISTRY/v2/agent/` wants a user and a password, and none were found
        hint: `docker login REGISTRY` or `podman login REGISTRY` with a user who has the right to `repository:agent:pull,push`
    "#]],
    );
    check(
        &answering(usize::MAX, Answer::new(401), |_| true),
        expect![[r#"
            could not push the image to `REGISTRY/agent`: `http://REGISTRY/v2/agent/blobs/DIGEST` wants credentials, and does not say in which form it takes them
            hint: `docker login REGISTRY` or `podman login REGISTRY` with a user who has the right to `repository:agent:pull,push`
        "#]],
    );
    let body = r#"{"errors": [{"code": "DENIED", "message": "read only"}]}"#;
    let denied = Answer::new(403).body(body);
    check(
        &answering(usize::MAX, denied, |request| request.method == "POST"),
        expect![[r#"
            could not push the image to `REGISTRY/agent`: `http://REGISTRY/v2/agent/blobs/uploads/` answered 403 Forbidden (DENIED read only), and no credentials for it were found
            hint: `docker login REGISTRY` or `podman login REGISTRY` with a user who has the right to `repository:agent:pull,push`
        "#]],
    );
}

#[test]
fn a_refusal_is_told_with_what_the_registry_says() {
    let body = r#"{"errors": [{"code": "TAG_INVALID", "message": "tag `1` is immutable"}]}"#;
    let server = answering(usize::MAX, Answer::new(400).body(body), |request| {
        request.is("PUT", "/manifests/1")
    });
    check(
        &server,
        expect![[r#"
            could not push the image to `REGISTRY/agent`: `http://REGISTRY/v2/agent/manifests/1` answered 400 Bad Request (TAG_INVALID tag `1` is immutable)
        "#]],
    );
}

#[test]
fn a_repository_that_must_be_made_before_is_told() {
    let body = r#"{"errors": [{"code": "NAME_UNKNOWN"}]}"#;
    let server = answering(usize::MAX, Answer::new(404).body(body), |request| {
        request.method == "POST"
    });
    check(
        &server,
        expect![[r#"
        could not push the image to `REGISTRY/agent`: `http://REGISTRY/v2/agent/blobs/uploads/` answered 404 Not Found (NAME_UNKNOWN): there is no such repository, and this registry wants it to be made before
    "#]],
    );
}

#[test]
fn a_registry_that_states_another_digest_is_named() {
    let other = Digest::of("other").to_string();
    for (method, part) in [("PUT", "/uploads/"), ("PUT", "/manifests/")] {
        let answer = Answer::new(201).header("docker-content-digest", other.clone());
        let server = answering(usize::MAX, answer, move |request| request.is(method, part));
        let fault = pushed(&server).unwrap_err();
        assert!(
            fault
                .message
                .contains(&format!("is said to have digest `{other}`")),
            "{fault}"
        );
        assert!(fault.hint.unwrap().contains("tell whoever runs it"));
    }
    let answer = Answer::new(200).body("short");
    let server = answering(usize::MAX, answer, |request| request.is("HEAD", "/blobs/"));
    let fault = pushed(&server).unwrap_err();
    assert!(
        fault.message.contains("is said to have 5 bytes there"),
        "{fault}"
    );
}

#[test]
fn a_registry_that_does_not_take_right_bytes_is_named() {
    let body = r#"{"errors": [{"code": "DIGEST_INVALID"}]}"#;
    let server = answering(usize::MAX, Answer::new(400).body(body), |request| {
        request.is("PUT", "/uploads/")
    });
    check(
        &server,
        expect![[r#"
            could not push the image to `REGISTRY/agent`: `http://REGISTRY/v2/agent/blobs/uploads/` answered 400 Bad Request (DIGEST_INVALID)
            hint: the registry, or something on the way to it, changed it: tell whoever runs it
        "#]],
    );
}

#[test]
fn a_registry_that_sends_round_in_circles_is_left() {
    let round = Answer::new(307).header("location", "/v2/agent/again");
    let server = answering(usize::MAX, round, |request| request.method == "HEAD");
    check(
        &server,
        expect![[r#"
            could not push the image to `REGISTRY/agent`: `http://REGISTRY/v2/agent/blobs/DIGEST` redirects more than 5 times
        "#]],
    );
    let away = Answer::new(202).header("location", "http://registry.example/v2/agent/uploads/1");
    let server = answering(usize::MAX, away, |request| request.method == "POST");
    check(
        &server,
        expect![[r#"
        could not push the image to `REGISTRY/agent`: `http://REGISTRY/v2/agent/blobs/uploads/` leads to an address that is not encrypted
        hint: the registry, or something on the way to it, changed it: tell whoever runs it
    "#]],
    );
}

#[test]
fn nobody_there_is_told_so() {
    let server = FakeRegistry::start(|_, _| Act::Serve);
    let repository = server.repository("agent");
    drop(server);
    let (_folder, layout) = written(&heavy(1000), &[]);
    let request = Push {
        layout: &layout,
        repository: &repository,
        tags: &[],
        lenders: &[],
    };
    let fault = client().push(&request, &|_| {}, &|| false).unwrap_err();
    assert!(fault.message.contains("could not reach"), "{fault}");
    assert!(fault.hint.unwrap().contains("`HTTPS_PROXY`"));
}
