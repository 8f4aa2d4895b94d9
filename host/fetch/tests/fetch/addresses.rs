//! Which addresses are asked: redirects, mirrors, proxies, the next one, none offline.

use std::net::TcpListener;

use expect_test::expect;
use orch_fetch::Mirror;
use orch_model::Fault;

use crate::downloads::{BYTES, failure, plain};
use crate::rig::{Rig, content, raw};
use orch_tests::server::{Server, send, send_file};

#[test]
fn a_redirect_to_a_host_that_is_not_allowed_is_refused() {
    let message = failure(|_, _, stream| {
        send(
            stream,
            "302 Found",
            &[("location", "http://u:p@elsewhere.example/x?sig=1")],
            b"",
        );
    });
    expect!["could not fetch `1.0`: `http://HOST/tool` redirects to `http://elsewhere.example/x?…`, which is not encrypted; for a mirror in a closed network, `ORCH_ALLOW_HTTP=elsewhere.example` allows it"].assert_eq(&message);
}

#[test]
fn redirects_are_followed_but_not_for_ever() {
    let bytes = content(BYTES);
    let server = Server::start({
        let bytes = bytes.clone();
        move |_, request, stream| match request.target.as_str() {
            "/tool" => send(
                stream,
                "301 Moved Permanently",
                &[("location", "/there")],
                b"",
            ),
            "/there" => send_file(request, stream, &bytes),
            "/nowhere" => send(stream, "302 Found", &[], b""),
            _ => send(
                stream,
                "307 Temporary Redirect",
                &[("location", "/loop")],
                b"",
            ),
        }
    });
    let rig = Rig::with(&server);
    let message = rig.refusal(&raw(&[server.url("loop"), server.url("nowhere")], &bytes));
    expect!["could not fetch `1.0`: `http://HOST/loop` redirects more than 5 times; `http://HOST/nowhere` redirects to nowhere"].assert_eq(&plain(&message, &server));
    rig.install(&raw(&[server.url("tool")], &bytes)).unwrap();
}

#[test]
fn what_is_not_there_is_looked_for_at_the_next_address() {
    let bytes = content(BYTES);
    let missing = Server::start(|_, _, stream| send(stream, "404 Not Found", &[], b"no"));
    let good = Server::of_file(bytes.clone());
    let mut rig = Rig::with(&missing);
    let message = rig.refusal(&raw(
        &[missing.url("a?token=secret"), missing.url("b")],
        &bytes,
    ));
    expect!["could not fetch `1.0`: `http://HOST/a?…` answered 404 Not Found; `http://HOST/b` answered 404 Not Found"].assert_eq(&plain(&message, &missing));

    rig.settings.allow_http_to.push(good.host());
    rig.install(&raw(&[missing.url("a"), good.url("tool")], &bytes))
        .unwrap();
    assert_eq!(
        missing.requests().len(),
        3,
        "what is not there is asked for once"
    );
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let address = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let mut rig = Rig::new();
    rig.settings.allow_http_to.push("127.0.0.1".into());
    let message = rig.refusal(&raw(&[format!("http://{address}/tool")], b"x"));
    let message = message.replace(&address.to_string(), "HOST");
    expect!["could not fetch `1.0`: could not reach `http://HOST/tool`: Connection refused (os error 111)"].assert_eq(&message);
}

#[test]
fn mirrors_stand_in_for_addresses() {
    let bytes = content(BYTES);
    let server = Server::of_file(bytes.clone());
    let mut rig = Rig::with(&server);
    rig.settings.mirrors.push(Mirror {
        prefix: "https://releases.example/dl/".into(),
        replacement: server.url("go/"),
    });
    rig.install(&raw(&["https://releases.example/dl/tool".into()], &bytes))
        .unwrap();
    assert_eq!(server.requests()[0].target, "/go/tool");
}

#[test]
fn the_users_proxy_is_asked() {
    let bytes = content(BYTES);
    let proxy = Server::of_file(bytes.clone());
    let mut rig = Rig::new();
    rig.settings.allow_http_to.push("mirror.example".into());
    let with_user = proxy.url("").replace("http://", "http://user:secret@");
    rig.settings
        .environment
        .insert("HTTP_PROXY".into(), with_user);
    rig.settings
        .environment
        .insert("NO_PROXY".into(), "other.example".into());
    rig.install(&raw(&["http://mirror.example/tool".into()], &bytes))
        .unwrap();
    let request = &proxy.requests()[0];
    assert_eq!(request.target, "http://mirror.example/tool");
    assert_eq!(
        request.headers["proxy-authorization"],
        "Basic dXNlcjpzZWNyZXQ="
    );
    assert_eq!(
        request.headers["user-agent"],
        concat!("orch/", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn offline_says_what_is_missing() {
    let bytes = content(1000);
    let mut rig = Rig::new();
    rig.settings.offline = true;
    let fault = rig
        .install(&raw(&["https://releases.example/tool".into()], &bytes))
        .unwrap_err();
    assert_eq!(
        fault,
        Fault::fetch(
            "could not fetch `1.0`: `https://releases.example/tool` may not be fetched offline"
        )
        .hint("`orch fetch` gets it while online")
    );
    let secret = "https://user:secret@releases.example/tool?sig=1".to_owned();
    expect!["could not fetch `1.0`: `https://releases.example/tool?…` may not be fetched offline"]
        .assert_eq(&rig.refusal(&raw(&[secret], &bytes)));
    // Files of this machine are no network.
    let file = rig.file("tool", &bytes);
    rig.install(&raw(&[file], &bytes)).unwrap();
    // And what is installed needs nothing at all.
    rig.install(&raw(&["https://releases.example/tool".into()], &bytes))
        .unwrap();
}
