//! Images as a person reads them, and what is refused.

use expect_test::{Expect, expect};
use orch_plugin::{Machine, Tweak, fake, settings};

use super::*;

fn request() -> Request {
    let mut request = Request::of("agent");
    request.artifacts.push(Shipped {
        name: "words.txt".to_owned(),
        executable: false,
    });
    request.tweaks = vec![
        Tweak::runtime_variable("GOGC", "200"),
        Tweak::runtime_variable("GOMEMLIMIT", "200MiB"),
        Tweak::service_directive("LimitNOFILE", "65536"),
    ];
    request
}

fn planned(request: &Request, json: &str) -> Result<Proposal, Error> {
    Oci::plan(request, settings(json)?, &fake::Facts::new())
}

fn check(json: &str, expected: Expect) {
    expected.assert_eq(&planned(&request(), json).unwrap().text());
}

fn refused(json: &str, expected: Expect) {
    expected.assert_eq(&planned(&request(), json).unwrap_err().text());
}

#[test]
fn a_repository_is_enough() {
    check(
        r#"{"repository": "registry.example/team/agent"}"#,
        expect![[r#"
        image registry.example/team/agent ["latest"] on scratch
          upload agent as /agent, 755
          upload words.txt as /words.txt, 644
          starts ["/agent"] with [] in "" as "65532:65532"
          environment ["GOGC=200", "GOMEMLIMIT=200MiB"]
          ports []
          labels ["org.opencontainers.image.title=agent"]
          layers in Compression::Gzip, certificates false, time zones false
    "#]],
    );
}

#[test]
fn everything_can_be_said() {
    let digest = "0123456789abcdef".repeat(4);
    let json = r#"{"repository": "localhost:5000/agent", "tags": ["1.2", "v1"],
        "base": "registry.example/base@sha256:DIGEST", "files": {"words.txt": "/usr/share/words"},
        "entrypoint": ["/agent", "--serve"], "arguments": ["--price=$5", "$${X}"],
        "environment": {"GOGC": "50"}, "user": "0", "directory": "/srv",
        "ports": {"http": 8080, "admin": 81, "web": 8080}, "compression": "gzip",
        "labels": {"org.opencontainers.image.version": "1.2", "org.opencontainers.image.title": "A"},
        "certificates": true, "time-zones": true}"#;
    check(
        &json.replace("DIGEST", &digest),
        expect![[r#"
        image localhost:5000/agent ["1.2", "v1"] on registry.example/base@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
          upload agent as /agent, 755
          upload words.txt as /usr/share/words, 644
          starts ["/agent", "--serve"] with ["--price=$5", "$${X}"] in "/srv" as "0"
          environment ["GOGC=50", "GOMEMLIMIT=200MiB"]
          ports ["81/tcp", "8080/tcp"]
          labels ["org.opencontainers.image.base.digest=sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "org.opencontainers.image.base.name=registry.example/base", "org.opencontainers.image.title=A", "org.opencontainers.image.version=1.2"]
          layers in Compression::Gzip, certificates true, time zones true
    "#]],
    );
}

#[test]
fn what_no_image_can_hold_is_named() {
    refused(
        r#"{"repository": "agent:1.2", "tags": ["a b", "-1", ""], "base": "debian:12",
            "files": {"words.txt": "usr/share", "notes": "/a/../b"}, "user": "root",
            "directory": "/a//b", "entrypoint": ["${image.x}"], "arguments": ["${release}", "${HOME}"],
            "environment": {"TOKEN": "${secret.token}", "A=B": ""}, "labels": {"a": "${host.name}"}}"#,
        expect![[r#"
            repository: `agent:1.2` names no repository of a registry
            tags[0]: `a b` is no tag
            tags[1]: `-1` is no tag
            tags[2]: `` is no tag
            base: `debian:12` is no image that stays the same
            user: `root` is no user of an image
            directory: `/a//b` is no place of a file in an image
            files.notes: `/a/../b` is no place of a file in an image
            files.words.txt: `usr/share` is no place of a file in an image
            environment.A=B: `A=B` names no variable
            entrypoint[0]: `${image.x}` cannot stand in an image, which is the same for every machine and everybody
            arguments[0]: `${release}` cannot stand in an image, which is the same for every machine and everybody
            arguments[1]: `${HOME}` is no placeholder
            environment.TOKEN: `${secret.token}` cannot stand in an image, which is the same for every machine and everybody
            labels.a: `${host.name}` cannot stand in an image, which is the same for every machine and everybody
            files.notes: the build ships no `notes`
        "#]],
    );
    refused(
        "{}",
        expect![[r#"
        repository: `` names no repository of a registry
    "#]],
    );
    refused(
        r#"{"repository": "registry.example/agent", "program": "agnet"}"#,
        expect![[r#"
            program: the build ships no program `agnet`
        "#]],
    );
    refused(
        r#"{"repository": "registry.example/Team/agent", "compression": "xz"}"#,
        expect![[r#"
            compression: unknown variant `xz`, expected `zstd` or `gzip`
        "#]],
    );
}

#[test]
fn repositories_are_told_from_what_is_none() {
    for good in ["ghcr.io/a/b", "localhost/a", "127.0.0.1:5000/a-b/c_d.e"] {
        let json = format!(r#"{{"repository": "{good}"}}"#);
        assert!(planned(&request(), &json).is_ok(), "{good}");
    }
    for bad in [
        "",
        "a/b",
        "ghcr.io",
        "ghcr.io/",
        "ghcr.io/a//b",
        "ghcr.io/a@sha256:0",
        "https://ghcr.io/a",
        "ghcr.io/a:1",
    ] {
        let json = format!(r#"{{"repository": "{bad}"}}"#);
        assert!(planned(&request(), &json).is_err(), "{bad}");
    }
}

#[test]
fn an_image_is_for_linux() {
    let mut request = request();
    request.target = Machine::of("x86_64-pc-windows-msvc");
    let error = planned(&request, r#"{"repository": "ghcr.io/a/b"}"#).unwrap_err();
    expect![[r#"
        unsupported: an image runs on Linux, and the target is `x86_64-pc-windows-msvc`
    "#]]
    .assert_eq(&error.text());
}
