//! Servers that do not send what the lock says, and networks that are not there: exit code
//! 4, and nothing of what came is used.

use std::io::Write;
use std::net::TcpStream;

use orch_tests::server::{Request, Server, head, send, send_file};
use orch_tests::{Project, Ran};

use crate::pinned::{PROGRAM, lock, pinned};
use crate::project;

/// Where the page says that the servers of these tests are.
const SHOWN: &str = "mirror.example";

/// Runs a project that fetches from a server on loopback, which does `handle`.
fn run_with(
    handle: impl Fn(usize, &Request, &mut TcpStream) + Send + Sync + 'static,
) -> (Project, Ran) {
    let server = Server::start(handle);
    let project = pinned(&server.url("go")).variable("ORCH_ALLOW_HTTP", &server.host());
    let ran = project.orch(&["run"]).naming(&server.host(), SHOWN);
    (project, ran)
}

/// Nothing was put in place, and a good server is all that the next run needs.
fn mends_itself(project: Project) {
    assert_eq!(project.files(), ["orch.lock", "pipeline.toml"]);
    let server = Server::of_file(PROGRAM.to_vec());
    let project = project
        .file("orch.lock", lock(&server.url("go")))
        .variable("ORCH_ALLOW_HTTP", &server.host());
    project.orch(&["run"]).exits(0);
}

#[test]
fn a_digest_that_does_not_match() {
    let (project, ran) = run_with(|_, request, stream| {
        // One bit of the same number of bytes.
        let mut other = PROGRAM.to_vec();
        other[0] ^= 1;
        send_file(request, stream, &other);
    });
    ran.exits(4).as_documented("A digest that does not match");
    mends_itself(project);
}

#[test]
fn a_server_that_stops_in_the_middle() {
    let (project, ran) = run_with(|_, _, stream| {
        let length = PROGRAM.len().to_string();
        head(stream, "200 OK", &[("content-length", &length)]);
        let _ = stream.write_all(&PROGRAM[..PROGRAM.len() / 2]);
    });
    ran.exits(4)
        .as_documented("A server that stops in the middle");
    mends_itself(project);
}

#[test]
fn a_server_that_sends_too_much() {
    let (project, ran) = run_with(|_, _, stream| {
        head(stream, "200 OK", &[]);
        // It ends only because `orch` hangs up.
        while stream.write_all(&[7; 65_536]).is_ok() {}
    });
    ran.exits(4).as_documented("A server that sends too much");
    mends_itself(project);
}

#[test]
fn a_redirect_to_plain_http() {
    let (project, ran) = run_with(|_, _, stream| {
        let there = [("location", "http://elsewhere.example/go")];
        send(stream, "302 Found", &there, b"");
    });
    ran.exits(4).as_documented("A redirect to plain http");
    mends_itself(project);
}

/// An address that nobody answers at.
const NOWHERE: &str = "https://releases.example/go";

#[test]
fn offline_with_an_empty_cache() {
    let project = pinned(NOWHERE);
    project
        .orch(&["run", "--offline"])
        .exits(4)
        .as_documented("Offline, with an empty cache");
    mends_itself(project);
}

#[test]
fn offline_without_a_lock() {
    let project =
        project().pipeline("version = 1\nname = \"a\"\n\n[toolchain.go]\nversion = \"1.22\"\n");
    project
        .orch(&["run", "--offline"])
        .exits(4)
        .as_documented("Offline, without a lock");
    assert_eq!(project.files(), ["pipeline.toml"]);
}

/// In a network namespace of its own, where not even loopback is up.
#[test]
fn a_network_that_is_gone() {
    let project = pinned(NOWHERE);
    let without = ["unshare", "--user", "--map-root-user", "--net"];
    project
        .orch_within(&without, &["run"])
        .exits(4)
        .as_documented("A network that is gone");
    mends_itself(project);
}
