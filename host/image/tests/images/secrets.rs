//! Credentials of the user: found where docker and podman keep them, shown to their registry
//! alone, and never told.

use std::os::unix::fs::PermissionsExt as _;

use expect_test::expect;
use orch_image::{CredentialSources, PinnedImage, Platform, Push, Pushed, Registry, Repository};
use orch_model::{Digest, Fault, FaultKind};

use crate::fake::{Act, Answer, FakeRegistry, Request};
use crate::real::{RealRegistry, client, client_with, credentials};
use crate::sample::{heavy, speaking, tag, written};

const PASSWORD: &str = "hush-hush";

fn push(registry: &Registry, repository: &Repository) -> Result<Pushed, Fault> {
    let (_folder, layout) = written(&speaking(), &[]);
    let request = Push {
        layout: &layout,
        repository,
        tags: &[tag("1")],
        lenders: &[],
    };
    registry.push(&request, &|_| {}, &|| false)
}

#[test]
fn a_password_opens_a_real_registry() {
    let server = RealRegistry::with_password(PASSWORD);
    let repository = server.repository("team/agent");

    let fault = push(&client(), &repository).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Fetch);
    assert!(
        fault.message.contains("wants a user and a password"),
        "{fault}"
    );
    assert!(
        fault
            .hint
            .unwrap()
            .contains(&format!("docker login {}", server.address()))
    );

    let (_folder, wrong) = credentials(server.address(), "agent", "wrong-hush");
    let fault = push(&client_with(wrong), &repository).unwrap_err();
    assert!(
        fault.message.contains("for the credentials from"),
        "{fault}"
    );
    assert!(!format!("{fault:?}").contains("wrong-hush"));

    let (_folder, right) = credentials(server.address(), "agent", PASSWORD);
    assert_eq!(push(&client_with(right), &repository).unwrap().sent, 2);
}

/// A program `docker-credential-test` that does what the script says.
fn helper(registry: &str, script: &str) -> (tempfile::TempDir, CredentialSources) {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("docker-credential-test");
    std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let file = folder.path().join("auth.json");
    std::fs::write(
        &file,
        format!(r#"{{"credHelpers": {{"{registry}": "test"}}}}"#),
    )
    .unwrap();
    let path = format!("{}:/bin:/usr/bin", folder.path().display());
    let sources = CredentialSources {
        files: vec![file],
        environment: [("PATH".to_owned(), path)].into(),
    };
    (folder, sources)
}

#[test]
fn a_helper_is_asked_by_its_protocol() {
    let server = RealRegistry::with_password(PASSWORD);
    let repository = server.repository("agent");
    let address = server.address();
    let script = format!(
        "test \"$1\" = get || exit 1\nread server\ntest \"$server\" = {address} || exit 2\n\
         echo '{{\"ServerURL\": \"{address}\", \"Username\": \"agent\", \"Secret\": \"{PASSWORD}\"}}'"
    );
    // Its input has no end of line, so that `read` fails after reading all.
    let (_folder, sources) = helper(address, &script);
    assert_eq!(push(&client_with(sources), &repository).unwrap().sent, 2);

    let (_folder, sources) = helper(
        address,
        "echo 'credentials not found in native keychain'; exit 1",
    );
    let fault = push(&client_with(sources), &repository).unwrap_err();
    assert!(fault.message.contains("none were found"), "{fault}");

    let (_folder, sources) = helper(address, &format!("echo {PASSWORD}; exit 1"));
    let fault = push(&client_with(sources), &repository).unwrap_err();
    assert_eq!(
        fault.message,
        "`docker-credential-test get` failed (exit status: 1)"
    );

    let (_folder, sources) = helper(address, &format!("echo {PASSWORD}"));
    let fault = push(&client_with(sources), &repository).unwrap_err();
    assert!(!format!("{fault:?}").contains(PASSWORD), "{fault:?}");

    let (_folder, mut sources) = helper(address, "");
    sources.environment.insert("PATH".into(), "/nowhere".into());
    let fault = push(&client_with(sources), &repository).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Usage);
    assert!(
        fault
            .message
            .contains("could not start `docker-credential-test`"),
        "{fault}"
    );
}

/// A registry that lets in who shows `Bearer gate`, and gives that to who shows `wanted`.
fn with_tokens(wanted: &'static str) -> FakeRegistry {
    FakeRegistry::start(move |request, _| {
        if request.is("GET", "/token") || request.is("POST", "/token") {
            let is_right = request.header("authorization") == wanted;
            return Act::Say(match is_right {
                true => Answer::new(200).body(r#"{"token": "gate", "expires_in": 60}"#),
                false => Answer::new(401),
            });
        }
        match request.header("authorization") {
            "Bearer gate" => Act::Serve,
            _ => {
                let realm = format!("http://{}/token", request.header("host"));
                Act::Say(Answer::new(401).header(
                    "www-authenticate",
                    format!(
                        "Bearer realm=\"{realm}\",service=\"here\",scope=\"repository:agent:pull\""
                    ),
                ))
            }
        }
    })
}

#[test]
fn a_token_is_asked_for_once_with_all_that_it_must_allow() {
    // `agent:hush-hush` in Base64.
    let server = with_tokens("Basic YWdlbnQ6aHVzaC1odXNo");
    let (_folder, sources) = credentials(&server.address(), "agent", PASSWORD);
    let repository = server.repository("agent");
    let (_image, layout) = written(&heavy(1000), &[]);
    let request = Push {
        layout: &layout,
        repository: &repository,
        tags: &[],
        lenders: &[server.repository("lender")],
    };
    client_with(sources)
        .push(&request, &|_| {}, &|| false)
        .unwrap();
    let requests = server.requests();
    let asked: Vec<&Request> = requests
        .iter()
        .filter(|one| one.is("GET", "/token"))
        .collect();
    // Two blobs find out at the same time that a token is needed: one asks for both.
    assert_eq!(asked.len(), 1, "{asked:?}");
    for scope in [
        "repository%3Aagent%3Apull%2Cpush",
        "repository%3Alender%3Apull",
    ] {
        assert!(asked[0].target.contains(scope), "{}", asked[0].target);
    }
    assert!(asked[0].target.contains("service=here"));

    let fault = push(&client(), &repository).unwrap_err();
    assert!(fault.message.contains("when asked for a token"), "{fault}");
}

#[test]
fn an_identity_is_exchanged_for_a_token() {
    let server = with_tokens("");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.json");
    let entry = format!(
        r#""{}": {{"identitytoken": "{PASSWORD}"}}"#,
        server.address()
    );
    std::fs::write(&file, format!(r#"{{"auths": {{{entry}}}}}"#)).unwrap();
    let sources = CredentialSources {
        files: vec![file],
        ..CredentialSources::default()
    };
    push(&client_with(sources), &server.repository("agent")).unwrap();
    assert!(server.count("POST", "/token") > 0);
    let told = server
        .requests()
        .iter()
        .any(|request| request.target.contains(PASSWORD));
    assert!(!told, "a secret is sent in a body, never in an address");
}

/// Where a registry sends somebody else's way, what opens the registry stays behind.
#[test]
fn credentials_do_not_follow_to_another_server() {
    let elsewhere = FakeRegistry::start(|request, kept| {
        kept.uploads.entry("1".into()).or_default();
        assert!(request.header("authorization").is_empty());
        Act::Serve
    });
    let away = elsewhere.address();
    let server = FakeRegistry::start(move |request, _| match request.header("authorization") {
        "" => Act::Say(Answer::new(401).header("www-authenticate", "Basic realm=\"x\"")),
        _ if request.method == "POST" => Act::Say(Answer::new(202).header(
            "location",
            format!("http://{away}/v2/agent/blobs/uploads/1"),
        )),
        _ if request.method == "GET" => Act::Say(
            Answer::new(307).header("location", format!("http://{away}{}", request.target)),
        ),
        _ => Act::Serve,
    });
    let (_folder, sources) = credentials(&server.address(), "agent", PASSWORD);
    let client = client_with(sources);
    let (_image, layout) = written(&heavy(1000), &[]);
    let request = Push {
        layout: &layout,
        repository: &server.repository("agent"),
        tags: &[],
        lenders: &[],
    };
    // Both blobs come under one name there; that not both are right is no matter here.
    let _ = client.push(&request, &|_| {}, &|| false);
    let image = PinnedImage {
        repository: server.repository("agent"),
        digest: Digest::of("nothing"),
    };
    let fault = client
        .base(&image, &[Platform::linux("amd64")], &|| false)
        .unwrap_err();
    assert!(fault.message.contains("the registry has no"), "{fault}");
    let there = elsewhere.requests();
    assert!(there.iter().any(|request| request.method == "PATCH"));
    assert!(there.iter().any(|request| request.is("GET", "/manifests/")));
    for request in there {
        assert_eq!(request.header("authorization"), "", "{request:?}");
    }
}

/// A registry that says back what it was shown does not make us say it.
#[test]
fn what_was_shown_is_not_told() {
    let server = FakeRegistry::start(|request, _| match request.header("authorization") {
        "" => Act::Say(Answer::new(401).header("www-authenticate", "Basic realm=\"x\"")),
        shown => {
            let body =
                format!(r#"{{"errors": [{{"code": "DENIED", "message": "{shown} {PASSWORD}"}}]}}"#);
            Act::Say(match request.method.as_str() {
                "HEAD" => Answer::new(404),
                _ => Answer::new(403).body(body),
            })
        }
    });
    let (_folder, sources) = credentials(&server.address(), "agent", PASSWORD);
    let client = client_with(sources.clone());
    let fault = push(&client, &server.repository("agent")).unwrap_err();
    for text in [
        format!("{fault:?}"),
        format!("{client:?}"),
        format!("{sources:?}"),
    ] {
        assert!(!text.contains(PASSWORD), "{text}");
        assert!(!text.contains("YWdlbnQ6aHVzaC1odXNo"), "{text}");
    }
    expect!["403 Forbidden"].assert_eq(
        fault
            .message
            .split("answered ")
            .nth(1)
            .unwrap()
            .split(',')
            .next()
            .unwrap(),
    );
}
