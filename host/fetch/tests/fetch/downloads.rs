//! Downloads from servers that behave badly.

use std::io::Write as _;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use expect_test::expect;
use orch_engine::Cancel;
use orch_engine::port::Stage;
use orch_model::FaultKind;

use crate::rig::{Rig, Seen, content, raw};
use orch_tests::server::{Request, Server, head, send, send_file};

/// Bytes of the file that servers have.
pub const BYTES: usize = 300_000;

/// The message with the server's address, which is new each time, by name.
pub fn plain(message: &str, server: &Server) -> String {
    message.replace(&server.host(), "HOST")
}

/// Installs from a server that does `handle`, which must fail, and gives the message.
pub fn failure(handle: impl Fn(usize, &Request, &mut TcpStream) + Send + Sync + 'static) -> String {
    let server = Server::start(handle);
    let rig = Rig::with(&server);
    let message = rig.refusal(&raw(&[server.url("tool")], &content(BYTES)));
    assert_eq!(rig.names("toolchains"), [""; 0], "nothing half-made");
    plain(&message, &server)
}

/// Sends the head and half of the content, and goes away.
fn break_off(stream: &mut TcpStream, content: &[u8]) {
    let length = content.len().to_string();
    let tag = format!("\"{}\"", content.len());
    head(
        stream,
        "200 OK",
        &[("content-length", &length), ("etag", &tag)],
    );
    let _ = stream.write_all(&content[..content.len() / 2]);
}

#[test]
fn a_download_is_resumed_where_the_server_broke_off() {
    let bytes = content(BYTES);
    let server = Server::start({
        let bytes = bytes.clone();
        move |number, request, stream| match number {
            0 => break_off(stream, &bytes),
            _ => send_file(request, stream, &bytes),
        }
    });
    let rig = Rig::with(&server);
    let tree = rig.install(&raw(&[server.url("tool")], &bytes)).unwrap();
    assert_eq!(std::fs::read(tree.root.join("tool")).unwrap(), bytes);
    assert_eq!((tree.bytes, tree.files), (BYTES as u64, 1));
    let second = &server.requests()[1];
    assert_eq!(second.headers["range"], format!("bytes={}-", BYTES / 2));
    assert_eq!(second.headers["if-range"], format!("\"{BYTES}\""));
    assert_eq!(
        rig.names("downloads"),
        [""; 0],
        "the archive is not kept beside its tree"
    );
}

#[test]
fn a_download_is_resumed_by_a_later_process() {
    let bytes = content(BYTES);
    let broken = Server::start({
        let bytes = bytes.clone();
        move |number, _, stream| match number {
            0 => break_off(stream, &bytes),
            _ => send(stream, "503 Service Unavailable", &[], b""),
        }
    });
    let mut rig = Rig::with(&broken);
    let message = rig.refusal(&raw(&[broken.url("tool")], &bytes));
    assert!(
        message.contains("answered 503 Service Unavailable (tried 3 times)"),
        "{message}"
    );

    let good = Server::of_file(bytes.clone());
    rig.settings.allow_http_to.push(good.host());
    rig.install(&raw(&[good.url("tool")], &bytes)).unwrap();
    let requests = good.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(
        requests[0].headers["range"],
        format!("bytes={}-", BYTES / 2)
    );
}

#[test]
fn a_server_that_ignores_ranges_is_read_from_the_start() {
    let bytes = content(BYTES);
    let server = Server::start({
        let bytes = bytes.clone();
        move |number, _, stream| match number {
            0 => break_off(stream, &bytes),
            _ => send(stream, "200 OK", &[], &bytes),
        }
    });
    let rig = Rig::with(&server);
    rig.install(&raw(&[server.url("tool")], &bytes)).unwrap();
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn pieces_of_two_versions_are_thrown_away_together() {
    let bytes = content(BYTES);
    let server = Server::start({
        let bytes = bytes.clone();
        move |number, request, stream| match number {
            // Another content of the same length, with no tag that would tell them apart.
            0 => {
                head(stream, "200 OK", &[("content-length", &BYTES.to_string())]);
                let _ = stream.write_all(&vec![7; BYTES / 2]);
            }
            _ => send_file(request, stream, &bytes),
        }
    });
    let rig = Rig::with(&server);
    rig.install(&raw(&[server.url("tool")], &bytes)).unwrap();
    let requests = server.requests();
    assert_eq!(requests.len(), 3);
    assert!(requests[1].headers.contains_key("range"));
    assert!(!requests[2].headers.contains_key("range"));
}

#[test]
fn a_piece_that_was_not_asked_for_is_not_taken() {
    let bytes = content(BYTES);
    let server = Server::start({
        let bytes = bytes.clone();
        move |number, request, stream| match number {
            0 => break_off(stream, &bytes),
            1 => {
                let range = format!("bytes 1-{}/{BYTES}", BYTES - 1);
                send(
                    stream,
                    "206 Partial Content",
                    &[("content-range", &range)],
                    &bytes[1..],
                );
            }
            _ => send_file(request, stream, &bytes),
        }
    });
    let rig = Rig::with(&server);
    rig.install(&raw(&[server.url("tool")], &bytes)).unwrap();
}

#[test]
fn too_much_is_stopped_at_once() {
    let stated = failure(|_, _, stream| send(stream, "200 OK", &[], &content(BYTES + 1)));
    expect![
        "could not fetch `1.0`: `http://HOST/tool` holds 300001 bytes, where 300000 were expected"
    ]
    .assert_eq(&stated);

    let unstated = failure(|_, _, stream| {
        head(stream, "200 OK", &[]);
        // Far more than buffers hold: it ends only because the client hangs up.
        while stream.write_all(&content(BYTES)).is_ok() {}
    });
    expect!["could not fetch `1.0`: `http://HOST/tool` sends more than 300000 bytes"]
        .assert_eq(&unstated);
}

#[test]
fn a_size_that_nobody_downloads_is_refused_before_anybody_is_asked() {
    let rig = Rig::new();
    let mut wanted = raw(&["https://host.example/tool".into()], b"x");
    wanted.archives.push(wanted.archives[0].clone());
    for archive in &mut wanted.archives {
        archive.bytes = Some(u64::MAX);
    }
    expect!["could not fetch `1.0`: its archive `sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881` states 18446744073709551615 bytes, where 4294967296 are allowed"]
        .assert_eq(&rig.refusal(&wanted));
}

#[test]
fn too_little_is_told() {
    let message = failure(|_, _, stream| {
        head(stream, "200 OK", &[]);
        let _ = stream.write_all(&content(BYTES)[..1000]);
    });
    expect!["could not fetch `1.0`: `http://HOST/tool` stopped after 1000 of 300000 bytes (tried 3 times)"].assert_eq(&message);
}

#[test]
fn a_wrong_digest_shows_both_and_keeps_nothing() {
    let server = Server::of_file(vec![7; BYTES]);
    let rig = Rig::with(&server);
    let message = rig.refusal(&raw(&[server.url("tool")], &content(BYTES)));
    expect!["could not fetch `1.0`: `http://HOST/tool` has digest `sha256:08f166476de183f7a1b2874d544d37912aaf8d19b92013e1aafe233ba231024a`, where `sha256:c7bd15ea029446c055c32c56ec5ba0966b92c46c625ae7c890f425757fa3134e` was expected"].assert_eq(&plain(&message, &server));
    assert_eq!(
        server.requests().len(),
        1,
        "the same bytes would come again"
    );
    assert_eq!(rig.names("downloads"), [""; 0]);
    assert_eq!(rig.names("toolchains"), [""; 0]);
}

#[test]
fn a_server_in_trouble_is_asked_again() {
    let bytes = content(BYTES);
    let server = Server::start({
        let bytes = bytes.clone();
        move |number, request, stream| match number {
            0 | 1 => send(stream, "500 Internal Server Error", &[], b"oh"),
            _ => send_file(request, stream, &bytes),
        }
    });
    let rig = Rig::with(&server);
    rig.install(&raw(&[server.url("tool")], &bytes)).unwrap();
}

#[test]
fn a_server_that_stalls_is_given_up() {
    let (done, wait) = mpsc::channel::<()>();
    let wait = Arc::new(std::sync::Mutex::new(wait));
    let server = Server::start(move |_, _, stream| {
        head(stream, "200 OK", &[("content-length", &BYTES.to_string())]);
        let _ = stream.write_all(b"a");
        // Until the test is over.
        let _ = wait.lock().unwrap().recv();
    });
    let mut rig = Rig::with(&server);
    rig.settings.patience.read = Duration::from_millis(100);
    let message = rig.refusal(&raw(&[server.url("tool")], &content(BYTES)));
    expect!["could not fetch `1.0`: `http://HOST/tool` stopped answering (tried 3 times)"]
        .assert_eq(&plain(&message, &server));
    drop(done);
}

#[test]
fn an_interrupt_ends_a_download_at_once() {
    let (sent, begun) = mpsc::channel();
    let (done, wait) = mpsc::channel::<()>();
    let ends = Arc::new(std::sync::Mutex::new((sent, wait)));
    let server = Server::start(move |_, _, stream| {
        head(stream, "200 OK", &[("content-length", &BYTES.to_string())]);
        let _ = stream.write_all(b"a");
        let ends = ends.lock().unwrap();
        let _ = ends.0.send(());
        let _ = ends.1.recv();
    });
    let rig = Rig::with(&server);
    let cancel = Cancel::new();
    let begin = Instant::now();
    let fault = thread::scope(|scope| {
        scope.spawn({
            let cancel = cancel.clone();
            move || {
                begun.recv().unwrap();
                cancel.cancel();
            }
        });
        let toolchain = raw(&[server.url("tool")], &content(BYTES));
        rig.fetcher()
            .install(&toolchain, &Seen::default(), &cancel)
            .unwrap_err()
    });
    assert_eq!(fault.kind, FaultKind::Interrupted);
    assert!(begin.elapsed() < Duration::from_secs(5));
    drop(done);
}

#[test]
fn an_archive_that_lies_in_the_cache_is_used_if_it_is_good() {
    let bytes = content(1000);
    let mut rig = Rig::new();
    rig.settings.offline = true;
    let toolchain = raw(&["https://releases.example/tool".into()], &bytes);
    let downloads = rig.cache().join("downloads");
    std::fs::create_dir_all(&downloads).unwrap();
    let place = downloads.join(toolchain.archives[0].digest.hex());
    std::fs::write(&place, b"damaged").unwrap();
    rig.refusal(&toolchain);
    assert!(!place.exists());
    std::fs::write(&place, &bytes).unwrap();
    rig.install(&toolchain).unwrap();
}

#[test]
fn progress_is_told_from_nothing_to_all() {
    let bytes = content(BYTES);
    let server = Server::of_file(bytes.clone());
    let rig = Rig::with(&server);
    let seen = Seen::default();
    let toolchain = raw(&[server.url("tool")], &bytes);
    rig.fetcher()
        .install(&toolchain, &seen, &Cancel::new())
        .unwrap();
    let seen = seen.0.into_inner().unwrap();
    for stage in [Stage::Download, Stage::Unpack] {
        let of_stage: Vec<_> = seen.iter().filter(|report| report.0 == stage).collect();
        assert_eq!(of_stage.last().unwrap().1, BYTES as u64);
        assert!(of_stage.iter().all(|report| report.2 == Some(BYTES as u64)));
        assert!(of_stage.is_sorted_by_key(|report| report.1));
    }
}

#[test]
fn a_size_that_nobody_states_is_no_obstacle() {
    let bytes = content(BYTES);
    let server = Server::start({
        let bytes = bytes.clone();
        move |_, _, stream| {
            head(stream, "200 OK", &[]);
            let _ = stream.write_all(&bytes);
        }
    });
    let rig = Rig::with(&server);
    let mut toolchain = raw(&[server.url("tool")], &bytes);
    toolchain.archives[0].bytes = None;
    rig.install(&toolchain).unwrap();
}
