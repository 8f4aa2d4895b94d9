//! One cache with several users: threads, processes, processes that die, and folders
//! that are not as they should be.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use orch_engine::Cancel;
use orch_fetch::{FetchSettings, Fetcher};
use orch_model::{ArchiveFormat, FaultKind, Toolchain};

use crate::pack::{Entry, file, tar_gz};
use crate::rig::{Rig, Seen, content, names, raw, this_binary, toolchain};
use orch_tests::server::{Server, head, send_file};

const BYTES: usize = 300_000;

#[test]
fn two_threads_fetch_once() {
    let bytes = content(BYTES);
    let server = Server::of_file(bytes.clone());
    let rig = Rig::with(&server);
    let wanted = raw(&[server.url("tool")], &bytes);
    thread::scope(|scope| {
        let installs: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| rig.install(&wanted).unwrap()))
            .collect();
        for install in installs {
            assert_eq!(install.join().unwrap().files, 1);
        }
    });
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn toolchains_that_share_archives_do_not_wait_for_each_other_for_ever() {
    let (one, two) = (content(BYTES), content(BYTES / 2));
    let server = Server::start({
        let (one, two) = (one.clone(), two.clone());
        move |_, request, stream| {
            send_file(
                request,
                stream,
                if request.target == "/one" { &one } else { &two },
            );
        }
    });
    let rig = Rig::with(&server);
    let mut forth = raw(&[server.url("one")], &one);
    forth
        .archives
        .extend(raw(&[server.url("two")], &two).archives);
    let mut back = forth.clone();
    back.archives.reverse();
    thread::scope(|scope| {
        scope.spawn(|| rig.install(&forth).unwrap());
        scope.spawn(|| rig.install(&back).unwrap());
    });
    assert_eq!(rig.fetcher().list_installed().unwrap().len(), 2);
}

#[test]
fn an_interrupt_ends_the_wait_for_somebody_else() {
    let bytes = content(BYTES);
    let (sent, begun) = mpsc::channel();
    let (done, wait) = mpsc::channel::<()>();
    let ends = Arc::new(Mutex::new((sent, wait)));
    let server = Server::start({
        let bytes = bytes.clone();
        move |_, request, stream| {
            let ends = ends.lock().unwrap();
            let _ = ends.0.send(());
            let _ = ends.1.recv();
            send_file(request, stream, &bytes);
        }
    });
    let rig = Rig::with(&server);
    let wanted = raw(&[server.url("tool")], &bytes);
    thread::scope(|scope| {
        let first = scope.spawn(|| rig.install(&wanted));
        begun.recv().unwrap();
        let cancel = Cancel::new();
        cancel.cancel();
        let fault = rig
            .fetcher()
            .install(&wanted, &Seen::default(), &cancel)
            .unwrap_err();
        assert_eq!(fault.kind, FaultKind::Interrupted);
        drop(done);
        first.join().unwrap().unwrap();
    });
}

/// What a child process is told: a cache, an address, and the file that it should get.
const CHILD: &str = "ORCH_FETCH_TEST_CHILD";

/// Not a test by itself: what [`children`] run in processes of their own.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "how a test tells its own child what to do"
)]
fn as_a_child() {
    let Ok(told) = std::env::var(CHILD) else {
        return;
    };
    let told: Vec<&str> = told.split('|').collect();
    // No rig: it would leave its folder behind when this process is killed.
    let fetcher = Fetcher::new(FetchSettings {
        allow_http_to: vec!["127.0.0.1".into()],
        ..FetchSettings::new(told[0])
    });
    let wanted: Toolchain = serde_json::from_slice(&fs::read(told[1]).unwrap()).unwrap();
    fetcher
        .unwrap()
        .install(&wanted, &Seen::default(), &Cancel::new())
        .unwrap();
}

/// Starts processes of their own that all install the toolchain.
fn children(number: usize, rig: &Rig, wanted: &Toolchain) -> Vec<Child> {
    let text = serde_json::to_vec(wanted).unwrap();
    let path = rig.file("wanted.json", &text).replacen("file://", "", 1);
    let start = |_| {
        Command::new(this_binary())
            .args(["--exact", "sharing::as_a_child"])
            .env(CHILD, format!("{}|{path}", rig.cache().display()))
            // A child that is killed leaves its own temporary folder to this test.
            .env("TMPDIR", rig.folder())
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    };
    (0..number).map(start).collect()
}

#[test]
fn two_processes_fetch_once() {
    let bytes = content(BYTES);
    let server = Server::of_file(bytes.clone());
    let rig = Rig::with(&server);
    let wanted = raw(&[server.url("tool")], &bytes);
    for mut child in children(3, &rig, &wanted) {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_process_that_is_killed_while_it_downloads_loses_nothing() {
    let bytes = content(BYTES);
    let (sent, begun) = mpsc::channel();
    let (done, wait) = mpsc::channel::<()>();
    let ends = Arc::new(Mutex::new((sent, wait)));
    let server = Server::start({
        let bytes = bytes.clone();
        move |number, request, stream| {
            if number > 0 {
                return send_file(request, stream, &bytes);
            }
            let tag = format!("\"{BYTES}\"");
            head(
                stream,
                "200 OK",
                &[("content-length", &BYTES.to_string()), ("etag", &tag)],
            );
            let _ = stream.write_all(&bytes[..BYTES / 2]);
            let ends = ends.lock().unwrap();
            let _ = ends.0.send(());
            let _ = ends.1.recv();
        }
    });
    let rig = Rig::with(&server);
    let wanted = raw(&[server.url("tool")], &bytes);
    let mut child = children(1, &rig, &wanted).remove(0);
    begun.recv().unwrap();
    let part = rig
        .cache()
        .join("downloads")
        .join(wanted.archives[0].digest.hex())
        .with_extension("part");
    until(|| {
        part.metadata()
            .is_ok_and(|found| found.len() == BYTES as u64 / 2)
    });
    child.kill().unwrap();
    child.wait().unwrap();
    drop(done);

    rig.install(&wanted).unwrap();
    assert_eq!(
        server.requests()[1].headers["range"],
        format!("bytes={}-", BYTES / 2)
    );
}

#[test]
fn a_process_that_is_killed_while_it_unpacks_leaves_nothing_that_counts() {
    let entries: Vec<Entry> = (0..4000)
        .map(|number| file(&format!("d/{number}"), b"x"))
        .collect();
    let bytes = tar_gz(&entries);
    let rig = Rig::new();
    let wanted = toolchain(ArchiveFormat::TarGz, &[rig.file("kit", &bytes)], &bytes);
    let mut child = children(1, &rig, &wanted).remove(0);
    // Should the child be so quick that it is through already, the rest holds as well.
    until(|| {
        rig.names("toolchains").iter().any(|name| {
            let tree = rig.cache().join("toolchains").join(name).join("tree/d");
            names(&tree).len() > 100
        })
    });
    child.kill().unwrap();
    child.wait().unwrap();
    let tree = rig.install(&wanted).unwrap();
    assert_eq!(tree.files, 4000);
    assert_eq!(
        rig.names("toolchains"),
        [wanted.recipe().hex()],
        "what was left is swept away"
    );
}

/// Waits for something that another process does, as long as that is sensible.
fn until(condition: impl Fn() -> bool) {
    let begin = Instant::now();
    while !condition() {
        assert!(
            begin.elapsed() < Duration::from_secs(20),
            "it never came to that"
        );
        thread::yield_now();
    }
}

#[test]
fn what_is_damaged_is_made_again() {
    let bytes = tar_gz(&[file("a", b"1")]);
    let rig = Rig::new();
    let wanted = toolchain(ArchiveFormat::TarGz, &[rig.file("kit", &bytes)], &bytes);
    let good = rig.install(&wanted).unwrap();
    let place = rig.cache().join("toolchains").join(wanted.recipe().hex());
    let breakages: [&dyn Fn(); 5] = [
        &|| fs::write(place.join("install.json"), b"{").unwrap(),
        &|| fs::write(place.join("install.json"), b"{\"version\":2}").unwrap(),
        &|| fs::remove_file(place.join("install.json")).unwrap(),
        &|| fs::rename(place.join("tree"), place.join("other")).unwrap(),
        &|| {
            fs::remove_dir_all(&place).unwrap();
            fs::write(&place, b"a file in place of a directory").unwrap();
        },
    ];
    for damage in breakages {
        damage();
        assert_eq!(rig.fetcher().installed(&wanted).unwrap(), None);
        assert!(rig.fetcher().list_installed().unwrap().is_empty());
        assert_eq!(rig.install(&wanted).unwrap(), good);
        assert_eq!(rig.names("toolchains"), [wanted.recipe().hex()]);
    }
}

#[test]
fn a_file_where_a_folder_should_be_is_named() {
    let rig = Rig::new();
    fs::write(rig.cache(), b"not a folder").unwrap();
    let fault = rig
        .install(&raw(&[rig.file("tool", b"x")], b"x"))
        .unwrap_err();
    assert_eq!(fault.kind, FaultKind::Internal);
    let expected = format!(
        "could not make folder `{}/downloads`: ",
        rig.cache().display()
    );
    assert!(fault.message.starts_with(&expected), "{}", fault.message);
}

#[test]
fn a_folder_where_a_file_should_be_is_named() {
    let rig = Rig::new();
    let wanted = raw(&[rig.file("tool", b"x")], b"x");
    let part = rig
        .cache()
        .join("downloads")
        .join(wanted.archives[0].digest.hex())
        .with_extension("part");
    fs::create_dir_all(&part).unwrap();
    let fault = rig.install(&wanted).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Internal);
    assert!(
        fault.message.contains(part.to_str().unwrap()),
        "{}",
        fault.message
    );
}

#[test]
fn a_cache_that_cannot_be_written_is_named_but_can_be_used() {
    let bytes = tar_gz(&[file("a", b"1")]);
    let rig = Rig::new();
    let wanted = toolchain(ArchiveFormat::TarGz, &[rig.file("kit", &bytes)], &bytes);
    let other = raw(&[rig.file("tool", b"x")], b"x");
    let good = rig.install(&wanted).unwrap();
    let folders: Vec<PathBuf> = ["", "downloads", "locks", "toolchains"]
        .iter()
        .map(|name| rig.cache().join(name))
        .collect();
    let allow = |mode| {
        for folder in &folders {
            fs::set_permissions(folder, fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    allow(0o555);
    fs::set_permissions(
        rig.cache().parent().unwrap(),
        fs::Permissions::from_mode(0o755),
    )
    .unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            // Nothing stops root, so this thread is somebody else from here on.
            if rustix::process::geteuid().is_root() {
                let nobody = rustix::process::Uid::from_raw(65534);
                rustix::thread::set_thread_res_uid(nobody, nobody, nobody).unwrap();
            }
            let fault = rig.install(&other).unwrap_err();
            assert_eq!(fault.kind, FaultKind::Internal);
            assert!(
                fault.message.starts_with("could not open the lock `"),
                "{}",
                fault.message
            );
            assert!(fault.hint.unwrap().contains("`ORCH_CACHE_DIR`"));
            assert_eq!(rig.install(&wanted).unwrap(), good);
        });
    });
    allow(0o755);
}
