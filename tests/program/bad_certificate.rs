//! Servers reached by `https`, trusted and not. The good one is here too: it shows that the
//! bad ones fail for their certificates.

use orch_tests::secure::{Certificate, SecureServer};
use orch_tests::server::{Server, send};
use orch_tests::{Project, Ran};

use crate::pinned::{PROGRAM, pinned};

/// Runs a project that fetches from such a server, whose authority is trusted if `trusted`.
fn run_with(server: &SecureServer, trusted: bool) -> (Project, Ran) {
    let project = pinned(&server.url("go")).file("authority.pem", server.authority());
    let authority = project.path().join("authority.pem");
    let project = match trusted {
        true => project.variable("SSL_CERT_FILE", &authority.display().to_string()),
        false => project,
    };
    let ran = project
        .orch(&["run"])
        .naming(&server.host(), "releases.example");
    (project, ran)
}

fn of_program(certificate: Certificate) -> SecureServer {
    SecureServer::start(Server::of_file(PROGRAM.to_vec()), certificate)
}

#[test]
fn a_server_whose_authority_is_named_is_trusted() {
    let server = of_program(Certificate::Good);
    let (_, ran) = run_with(&server, true);
    ran.exits(0);
    assert_eq!(server.server().requests().len(), 1);
}

#[test]
fn a_certificate_of_an_unknown_authority() {
    let server = of_program(Certificate::Good);
    let (project, ran) = run_with(&server, false);
    ran.exits(4)
        .as_documented("A certificate that nobody vouches for");
    assert_eq!(server.server().requests().len(), 0);
    assert!(!project.path().join("out").exists());
}

#[test]
fn a_certificate_that_has_expired() {
    let server = of_program(Certificate::Expired);
    let (_, ran) = run_with(&server, true);
    ran.exits(4).says("certificate").says("expired");
}

#[test]
fn a_certificate_of_another_host() {
    let server = of_program(Certificate::OfAnother);
    let (_, ran) = run_with(&server, true);
    ran.exits(4).says("elsewhere.example");
}

#[test]
fn a_redirect_that_leaves_https() {
    let server = Server::start(|_, _, stream| {
        let there = [("location", "http://elsewhere.example/go")];
        send(stream, "302 Found", &there, b"");
    });
    let server = SecureServer::start(server, Certificate::Good);
    let (_, ran) = run_with(&server, true);
    ran.exits(4).says("http://elsewhere.example/go");
}
