//! A process that is killed at every step that changes something on the disk: afterwards a
//! fresh one finds the old state or the new one, and nothing is left over once it has
//! written.
//!
//! `strace` does the killing, so that the store has no branch for it: the N-th call of each
//! kind is answered with SIGKILL before it is carried out, for N from 1 until the program
//! comes to its end. The program is this very file, called as `killed STEP FOLDER`.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use orch_model::Digest;
use orch_store::{Store, remove_abandoned};

/// Makes files, but also opens those that the dynamic loader reads: counted by itself.
const OPEN: &str = "openat";

/// Calls that change what is on the disk, or who may.
const CALLS: [&str; 14] = [
    OPEN,
    "write",
    "pwrite64",
    "copy_file_range",
    "ftruncate",
    "fchmod",
    "fdatasync",
    "fsync",
    "flock",
    "mkdir",
    "rename",
    "renameat2",
    "unlink",
    "unlinkat",
];

const SIGKILL: i32 = 9;

/// One thing that the killed program does.
struct Step {
    name: &'static str,
    perform: fn(&Store, &Path),
    /// Panics unless the state is the old or the new one.
    check: fn(&Store, &Path),
}

const STEPS: [Step; 6] = [
    Step {
        name: "put-small-file",
        perform: |store, folder| put(store, &folder.join("small")),
        check: |store, _| old_or_new(store, &small()),
    },
    Step {
        name: "put-large-file",
        perform: |store, folder| put(store, &folder.join("large")),
        check: |store, _| old_or_new(store, &large()),
    },
    Step {
        name: "put-compressed-bytes",
        perform: |store, _| {
            store.put_bytes(&wordy()).expect("it can be kept");
        },
        check: |store, _| old_or_new(store, &wordy()),
    },
    Step {
        name: "mend-damaged-bytes",
        perform: |store, _| {
            store.put_bytes(b"mended").expect("it can be kept");
        },
        check: |store, _| old_or_new(store, b"mended"),
    },
    Step {
        name: "put-record",
        perform: |store, _| {
            let key = Digest::of("key");
            let kept = store.put_record("action", &key, b"new");
            kept.expect("it can be kept");
        },
        check: |store, _| {
            let found = store.get_record("action", &Digest::of("key"));
            let found = found
                .expect("it can be read")
                .expect("one of both is there");
            assert!(found == b"old" || found == b"new", "{found:?}");
        },
    },
    Step {
        name: "copy-to",
        perform: |store, folder| {
            let digest = Digest::of(b"published");
            let copied = store.copy_to(&digest, &folder.join("place"), true);
            copied.expect("it can be copied").expect("it is there");
        },
        check: |_, folder| {
            let found = fs::read(folder.join("place")).expect("one of both is there");
            assert!(found == b"old" || found == b"published", "{found:?}");
        },
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [name, folder] = &arguments[..]
        && let Some(step) = STEPS.iter().find(|step| step.name == name)
    {
        let folder = Path::new(folder);
        (step.perform)(&open(folder), folder);
        return ExitCode::SUCCESS;
    }
    // cargo and nextest ask for a list of tests.
    if arguments.iter().any(|argument| argument == "--list") {
        println!("killed: test");
        return ExitCode::SUCCESS;
    }
    assert!(
        Command::new("strace").arg("-V").output().is_ok(),
        "this test needs strace: apt-get install --no-install-recommends strace"
    );
    let (mut changes, mut opens) = (0, 0);
    for step in &STEPS {
        let (more_changes, more_opens) = killed_everywhere(step);
        changes += more_changes;
        opens += more_opens;
    }
    println!(
        "killed at {changes} calls that change the disk and at {opens} that open a file; \
         each time the old or the new state was found"
    );
    ExitCode::SUCCESS
}

/// Says at how many calls that change the disk, and at how many that open a file, the step
/// was killed.
fn killed_everywhere(step: &Step) -> (usize, usize) {
    let (mut changes, mut opens) = (0, 0);
    for call in CALLS {
        let mut ended = false;
        let mut number = 1;
        while !ended {
            let folder = tempfile::tempdir().expect("a folder can be made");
            prepare(folder.path());
            ended = !is_killed(step, call, number, folder.path());
            examine(
                step,
                folder.path(),
                &format!("{} at {call} {number}", step.name),
            );
            match call {
                OPEN => opens += usize::from(!ended),
                _ => changes += usize::from(!ended),
            }
            number += 1;
        }
    }
    assert!(changes > 5 && opens > 5, "{changes} and {opens}");
    println!("{}: {changes} changes, {opens} opens", step.name);
    (changes, opens)
}

/// Runs the step under `strace`; says whether it was killed, or came to its end.
fn is_killed(step: &Step, call: &str, number: usize, folder: &Path) -> bool {
    let own = std::env::current_exe().expect("this program has a path");
    // `?`: another architecture may lack the call.
    let status = Command::new("strace")
        .args(["-f", "-qq", "-o", "/dev/null", "-e"])
        .arg(format!("trace=?{call}"))
        .arg("-e")
        .arg(format!("inject=?{call}:signal=SIGKILL:when={number}"))
        // cargo sets it, and the loader looks through all of it.
        .env_remove("LD_LIBRARY_PATH")
        .arg(own)
        .arg(step.name)
        .arg(folder)
        .stdin(Stdio::null())
        .status()
        .expect("strace can be started");
    // strace ends as the program did.
    let killed = status.signal() == Some(SIGKILL) || status.code() == Some(128 + SIGKILL);
    assert!(killed || status.success(), "{}: {status}", step.name);
    killed
}

/// What every step begins with.
fn prepare(folder: &Path) {
    let store = open(folder);
    let record = store.put_record("action", &Digest::of("key"), b"old");
    record.expect("it can be kept");
    store.put_bytes(b"published").expect("it can be kept");
    let damaged = store.put_bytes(b"mended").expect("it can be kept").hex();
    let blob = folder.join("store/v1/blobs").join(&damaged[..2]);
    let blob = blob.join(&damaged[2..]);
    fs::remove_file(&blob).expect("it is there");
    for (file, content) in [
        (blob, b"broken".to_vec()),
        (folder.join("place"), b"old".to_vec()),
        (folder.join("small"), small()),
        (folder.join("large"), large()),
    ] {
        fs::write(file, content).expect("a file can be written");
    }
}

fn examine(step: &Step, folder: &Path, point: &str) {
    let store = open(folder);
    (step.check)(&store, folder);
    // The same again comes to its end, and nothing is left over.
    (step.perform)(&store, folder);
    (step.check)(&store, folder);
    // What is there already is not written again, so here is something to write.
    let record = store.put_record("other", &Digest::of("key"), b"");
    record.expect("it can be kept");
    drop(store);
    remove_abandoned(folder).expect("the folder can be cleaned");
    let root = folder.join("store/v1");
    let left: Vec<_> = fs::read_dir(root.join("temporary"))
        .expect("it is there")
        .map(|entry| entry.expect("it can be listed").file_name())
        .filter(|name| !name.to_string_lossy().ends_with(".lock"))
        .collect();
    assert!(left.is_empty(), "{point} left {left:?}");
    let partial = fs::read_dir(folder)
        .expect("it is there")
        .map(|entry| entry.expect("it can be listed").file_name())
        .find(|name| name.to_string_lossy().starts_with(".orch-partial"));
    assert_eq!(partial, None, "{point}");
}

fn open(folder: &Path) -> Store {
    Store::open(folder).expect("the store can be opened")
}

fn put(store: &Store, file: &Path) {
    store.put_file(file).expect("it can be kept");
    store.settle().expect("it can be settled");
}

fn old_or_new(store: &Store, content: &[u8]) {
    let found = store.read(&Digest::of(content)).expect("it can be read");
    assert!(found.is_none_or(|found| found == content));
}

fn small() -> Vec<u8> {
    b"a small file".to_vec()
}

/// Large enough to be synced by itself, and no pattern that would compress.
fn large() -> Vec<u8> {
    let mut state = 1_u32;
    (0..300_000)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .collect()
}

fn wordy() -> Vec<u8> {
    b"words ".repeat(20_000)
}
