//! A download that was killed goes on where it was.

use std::io::Write;
use std::process::Stdio;
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use orch_tests::Project;
use orch_tests::server::{Server, head, send_file};

use crate::pinned::{lock_of, pinned};

#[test]
fn a_killed_download_goes_on_where_it_was() {
    let script = [&b"#!/bin/sh\nexit 0\n"[..], &[b'#'; 300_000]].concat();
    let (done, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let half = script.len() / 2;
    let server = Server::start({
        let script = script.clone();
        move |number, request, stream| {
            if number > 0 {
                return send_file(request, stream, &script);
            }
            let length = script.len().to_string();
            let tag = format!("\"{length}\"");
            head(
                stream,
                "200 OK",
                &[("content-length", &length), ("etag", &tag)],
            );
            let _ = stream.write_all(&script[..half]);
            // Until `orch` is killed.
            let _ = wait.lock().map(|wait| wait.recv());
        }
    });
    let url = server.url("go");
    let project = pinned(&url)
        .file("orch.lock", lock_of(&url, &script, "raw", "go"))
        .variable("ORCH_ALLOW_HTTP", &server.host());
    let mut orch = project
        .command(&["run"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("`orch` starts");
    let start = Instant::now();
    while downloaded(&project) < half as u64 {
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "it does not download"
        );
        thread::sleep(Duration::from_millis(5));
    }
    orch.kill().expect("a child can be killed");
    orch.wait().expect("a child can be waited for");
    drop(done);
    project
        .orch(&["run"])
        .exits(0)
        .as_documented("Killed during a download");
    let requests = server.requests();
    assert_eq!(requests[1].headers["range"], format!("bytes={half}-"));
}

/// Bytes in the cache's folder for downloads.
fn downloaded(project: &Project) -> u64 {
    let files = std::fs::read_dir(project.cache().join("downloads"));
    let files = files.into_iter().flatten().flatten();
    files
        .filter(|file| file.path().extension().is_some_and(|end| end == "part"))
        .filter_map(|file| Some(file.metadata().ok()?.len()))
        .sum()
}
