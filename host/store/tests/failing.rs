//! Disks that are full, read-only or broken: an error that says where and what to do, and
//! nothing half-made.
//!
//! Full disks are small ones of memory, in a mount namespace of the test's own; `strace` has
//! the kernel answer like a broken one. What happens there is done by this very file, called
//! as `failing SCENE FOLDER`, which fails if it does not find what it should.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use orch_model::{Digest, Fault};
use orch_store::Store;

/// What is tried, on what kind of disk.
struct Scene {
    name: &'static str,
    /// Options of the `tmpfs`; none where a file system at hand will do.
    mount: Option<&'static str>,
    /// What the kernel is told to answer, as `strace` takes it.
    inject: Option<&'static str>,
    perform: fn(&Path),
}

const fn mounted(name: &'static str, options: &'static str, perform: fn(&Path)) -> Scene {
    Scene {
        name,
        mount: Some(options),
        inject: None,
        perform,
    }
}

const fn answered(name: &'static str, inject: &'static str, perform: fn(&Path)) -> Scene {
    Scene {
        name,
        mount: None,
        inject: Some(inject),
        perform,
    }
}

const RENAMES: &str = "?rename,?renameat,?renameat2:error=EIO";

const SCENES: [Scene; 10] = [
    mounted("full", "size=1m", fill_up),
    mounted("no-more-files", "size=8m,nr_inodes=60", fill_up),
    mounted("full-destination", "size=1m", copy_onto_full),
    mounted("read-only", "size=1m", read_only),
    answered("sync-fails", "fdatasync:error=EIO", put_fails_on_broken),
    answered("rename-fails", RENAMES, put_fails_on_broken),
    answered("mode-fails", "fchmod:error=EIO", put_fails_on_broken),
    answered(
        "folder-fails",
        "mkdir:error=EDQUOT:when=6+",
        put_fails_on_quota,
    ),
    answered("header-fails", "pwrite64:error=EDQUOT", put_fails_on_quota),
    answered("settling-fails", "?syncfs:error=EIO", settling_fails),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [name, folder] = &arguments[..]
        && let Some(scene) = SCENES.iter().find(|scene| scene.name == name)
    {
        (scene.perform)(Path::new(folder));
        return ExitCode::SUCCESS;
    }
    // cargo and nextest ask for a list of tests.
    if arguments.iter().any(|argument| argument == "--list") {
        println!("failing: test");
        return ExitCode::SUCCESS;
    }
    assert!(
        Command::new("strace").arg("-V").output().is_ok(),
        "this test needs strace: apt-get install --no-install-recommends strace"
    );
    let may_mount = Command::new("unshare").args(["-rm", "true"]).status();
    assert!(
        may_mount.is_ok_and(|status| status.success()),
        "this test mounts small disks: be root, or allow user namespaces with \
         `sysctl kernel.unprivileged_userns_clone=1`"
    );
    for scene in &SCENES {
        play(scene);
        println!("{}: as it should be", scene.name);
    }
    ExitCode::SUCCESS
}

fn play(scene: &Scene) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    // The store is there before anything fails.
    open(folder.path());
    let own = std::env::current_exe().expect("this program has a path");
    let mut command = match (scene.mount, scene.inject) {
        (Some(options), _) => {
            let mut command = Command::new("unshare");
            let mount = "mount -t tmpfs -o \"$0\" orch-test \"$3\" && exec \"$1\" \"$2\" \"$3\"";
            command.args(["-rm", "sh", "-c", mount, options]);
            command
        }
        (None, inject) => {
            let mut command = Command::new("strace");
            let inject = inject.expect("a scene has one of both");
            command.args(["-f", "-qq", "-o", "/dev/null", "-e"]);
            command.arg(format!("inject={inject}"));
            command
        }
    };
    let status = command.arg(own).arg(scene.name).arg(folder.path()).status();
    let status = status.expect("it can be started");
    assert!(status.success(), "{}: {status}", scene.name);
    if scene.inject.is_some() {
        // Whatever was begun is gone, or is removed by the next writer.
        let store = open(folder.path());
        store
            .put_record("other", &Digest::of(""), b"")
            .expect("it can be kept");
        assert!(
            store
                .verify(&mut |_| true)
                .expect("all can be read")
                .damaged
                .is_empty()
        );
    }
}

/// Until nothing more fits, neither content nor records; then makes room.
fn fill_up(folder: &Path) {
    let store = open(folder);
    let mut kept = Vec::new();
    let fault = loop {
        let content = noise(40_000 + kept.len());
        match store.put_bytes(&content) {
            Ok(digest) => kept.push(digest),
            Err(fault) => break fault,
        }
    };
    assert!(kept.len() > 3, "only {} blobs fitted", kept.len());
    is_clear(&fault, "could not ", &folder.join("store/v1"));
    assert!(
        fault
            .hint
            .as_ref()
            .is_some_and(|hint| hint.contains("df -i"))
    );
    nothing_half_made(&store, folder);
    for digest in &kept {
        assert!(store.check(digest).expect("it can be read"), "{digest}");
    }
    // With room again, for a file and its folders, the same store goes on.
    for digest in &kept[..3] {
        let hex = digest.hex();
        let blobs = folder.join("store/v1/blobs");
        fs::remove_file(blobs.join(&hex[..2]).join(&hex[2..])).expect("it is there");
    }
    store
        .put_record("action", &kept[0], b"1")
        .expect("there is room");
}

fn copy_onto_full(folder: &Path) {
    let elsewhere = tempfile::tempdir().expect("a folder can be made");
    let store = open(elsewhere.path());
    let digest = store.put_bytes(&noise(2_000_000)).expect("it can be kept");
    let place = folder.join("place");
    fs::write(&place, "old").expect("there is room");
    let fault = store.copy_to(&digest, &place, false).expect_err("no room");
    is_clear(&fault, "could not write", &place);
    assert_eq!(fs::read(&place).expect("it is there"), b"old");
    let left = fs::read_dir(folder).expect("it is there").count();
    assert_eq!(left, 1, "the unfinished copy is gone");
}

fn read_only(folder: &Path) {
    let store = open(folder);
    let digest = store.put_bytes(b"content").expect("it can be kept");
    store
        .put_record("action", &digest, b"1")
        .expect("it can be kept");
    drop(store);
    let remounted = Command::new("mount")
        .args(["-o", "remount,ro"])
        .arg(folder)
        .status();
    assert!(remounted.expect("mount can be started").success());

    // What is there can be used.
    let store = open(folder);
    assert!(store.try_share().expect("it can be held").is_some());
    assert_eq!(
        store.read(&digest).expect("it can be read").as_deref(),
        Some(&b"content"[..])
    );
    assert!(
        store
            .get_record("action", &digest)
            .expect("it can be read")
            .is_some()
    );
    // What is not cannot be added.
    for fault in [
        store.put_bytes(b"new").expect_err("it is read-only"),
        store
            .put_record("action", &digest, b"2")
            .expect_err("it is read-only"),
    ] {
        is_clear(&fault, "could not ", &folder.join("store/v1"));
    }
}

fn put_fails_on_broken(folder: &Path) {
    let fault = open(folder)
        .put_bytes(&noise(300_000))
        .expect_err("the disk is broken");
    is_clear(&fault, "could not write", &folder.join("store/v1"));
    assert!(fault.message.contains("Input/output error"), "{fault}");
}

fn put_fails_on_quota(folder: &Path) {
    let content = b"words ".repeat(50_000);
    let fault = open(folder)
        .put_bytes(&content)
        .expect_err("the quota is used up");
    is_clear(&fault, "could not ", &folder.join("store/v1"));
    assert!(fault.message.contains("quota"), "{fault}");
}

fn settling_fails(folder: &Path) {
    let store = open(folder);
    for number in 0..100_u32 {
        store
            .put_bytes(&number.to_le_bytes())
            .expect("it can be kept");
    }
    let fault = store.settle().expect_err("the disk is broken");
    is_clear(&fault, "could not write", &folder.join("store/v1"));
}

/// It begins with what failed, names the place and says what to do.
fn is_clear(fault: &Fault, begins: &str, place: &Path) {
    let place = place.to_str().expect("a path of this test is text");
    assert!(fault.message.starts_with(begins), "{fault}");
    assert!(fault.message.contains(place), "{fault}");
    let hint = fault.hint.as_ref();
    assert!(
        hint.is_some_and(|hint| hint.contains("ORCH_CACHE_DIR")),
        "{hint:?}"
    );
}

fn nothing_half_made(store: &Store, folder: &Path) {
    assert!(
        store
            .verify(&mut |_| true)
            .expect("all can be read")
            .damaged
            .is_empty()
    );
    for half in fs::read_dir(folder.join("store/v1/temporary")).expect("it is there") {
        let half = half.expect("it can be listed").path();
        let files = fs::read_dir(&half).map_or(0, Iterator::count);
        assert_eq!(files, 0, "{}", half.display());
    }
}

fn open(folder: &Path) -> Store {
    Store::open(folder).expect("the store can be opened")
}

fn noise(bytes: usize) -> Vec<u8> {
    let mut state = bytes as u32;
    (0..bytes)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .collect()
}
