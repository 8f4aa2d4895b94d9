//! Killed at each call that changes something on the disk or starts a process.
//!
//! `strace` does the killing, so that the program has no branch for it: the N-th call of a
//! kind that one of its threads makes is answered with SIGKILL before it is carried out. Its
//! children are traced too, so some points kill a process of the sandbox and not `orch`.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Stdio;

use super::scene::Scene;
use orch_tests::Project;

/// What changes the disk, who may, or which processes there are. `openat` makes files, but
/// also reads them.
const CALLS: [&str; 24] = [
    "chmod",
    "clone",
    "clone3",
    "copy_file_range",
    "execve",
    "fchmod",
    "fdatasync",
    "flock",
    "fsync",
    "ftruncate",
    "linkat",
    "mkdir",
    "mkdirat",
    "mount",
    "openat",
    "pwrite64",
    "rename",
    "renameat2",
    "sendmsg",
    "symlinkat",
    "syncfs",
    "unlink",
    "unlinkat",
    "write",
];

/// At how many calls of each kind a run is killed, the first and the last among them. There are
/// some 240 in all; a number of 1,000 takes every one, in a minute and a half.
const SAMPLED: usize = 5;

const SIGKILL: i32 = 9;

#[test]
fn at_calls_of_every_kind() {
    let scene = Scene::new(&["north", "east"], 300_000, 5);
    let (mut points, mut ended_orch) = (0, 0);
    for (call, last) in calls(&scene) {
        for number in sampled(last) {
            let project = scene.project();
            if let Some(killed) = killed(&project, &call, number) {
                points += 1;
                ended_orch += usize::from(killed == Killed::Orch);
            }
            scene.assert_goes_on(project, &format!("at {call} {number} of {last}"));
        }
    }
    println!(
        "killed at {points} calls, of which {ended_orch} were `orch`'s own; each next run good"
    );
    assert!(ended_orch > 20, "{ended_orch} of {points}");
}

/// Some of the numbers from 1 to the last.
fn sampled(last: usize) -> BTreeSet<usize> {
    let step = |number: usize| 1 + number * (last - 1) / (SAMPLED - 1);
    (0..SAMPLED).map(step).collect()
}

/// Whom the kill met.
#[derive(PartialEq, Eq)]
enum Killed {
    Orch,
    /// A process of the sandbox, or a program in it.
    Other,
}

/// How many calls of each kind the thread makes that makes the most of them.
fn calls(scene: &Scene) -> BTreeMap<String, usize> {
    let project = scene.project();
    let trace = project.path().with_file_name("trace");
    let status = traced(&project, &trace, &format!("trace={}", listed()));
    assert_eq!(status.code(), Some(0), "a traced run is as good as any");
    let text = std::fs::read_to_string(&trace).expect("strace has written it");
    let mut of_threads: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for line in text.lines() {
        let Some((thread, rest)) = line.split_once(' ') else {
            continue;
        };
        // Not the second half of a call, nor a signal.
        if let Some((call, _)) = rest.trim_start().split_once('(')
            && CALLS.contains(&call)
        {
            *of_threads.entry((thread, call)).or_default() += 1;
        }
    }
    let mut most = BTreeMap::new();
    for ((_, call), count) in of_threads {
        let known: &mut usize = most.entry(call.to_owned()).or_default();
        *known = count.max(*known);
    }
    most
}

/// Answers the `number`-th call of a kind with SIGKILL; `None` where no thread came to it.
fn killed(project: &Project, call: &str, number: usize) -> Option<Killed> {
    let trace = project.path().with_file_name("trace");
    let inject = format!("inject=?{call}:signal=SIGKILL:when={number}");
    let status = traced(project, &trace, &inject);
    let text = std::fs::read_to_string(&trace).expect("strace has written it");
    std::fs::remove_file(&trace).expect("it is there");
    // strace ends as the program did.
    match status.signal() == Some(SIGKILL) || status.code() == Some(128 + SIGKILL) {
        true => Some(Killed::Orch),
        false => text
            .contains("+++ killed by SIGKILL +++")
            .then_some(Killed::Other),
    }
}

/// `orch run` under strace, with one more expression.
fn traced(project: &Project, trace: &Path, expression: &str) -> std::process::ExitStatus {
    let trace = trace.to_str().expect("it is text");
    let strace = [
        "strace",
        "-f",
        "--seccomp-bpf",
        "-o",
        trace,
        "-e",
        expression,
    ];
    project
        .command_within(&strace, &["run"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("this test needs strace: apt-get install --no-install-recommends strace")
}

/// The calls for strace; `?`: another architecture may lack one.
fn listed() -> String {
    CALLS.map(|call| format!("?{call}")).join(",")
}
