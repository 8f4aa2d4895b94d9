//! Kills an `orch` in the middle of an action and sees what becomes of the action.
//!
//! This program plays all parts: without arguments the test, with `reaper` the reaper, and
//! with `orch` one that runs an action which never ends.

mod fixture;

use std::io::{BufRead, BufReader, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitCode, Stdio};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};

use orch_engine::Cancel;

use fixture::{Fixture, action};

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("reaper") => return orch_execute::reaper_main(),
        Some("orch") => return play_orch(),
        // A test runner asks for the names of tests.
        Some("--list") => {
            println!("an_action_dies_with_orch: test");
            return ExitCode::SUCCESS;
        }
        _ => {}
    }
    an_action_dies_with_orch();
    an_action_that_was_only_announced_dies_too();
    a_reaper_that_was_killed_is_replaced();
    a_reaper_that_cannot_be_started_is_a_fault();
    println!("all parts of the reaper's test passed");
    ExitCode::SUCCESS
}

fn with_reaper() -> Fixture {
    let mut fixture = Fixture::new();
    let own = std::env::current_exe().unwrap();
    fixture.settings.reaper = vec![own.into(), "reaper".into()];
    fixture
}

/// Runs an action whose grandchild tells its number through a named pipe, which is this
/// program's argument, and never ends.
fn play_orch() -> ExitCode {
    let fixture = with_reaper();
    let pipe = std::env::args().nth(2).unwrap();
    let script =
        "trap '' TERM HUP INT; sh -c 'sleep 100000 & echo $! $$ > \"$0\"; wait' \"$0\"; wait";
    let _ = fixture.execute(&action(&["sh", "-c", script, &pipe]), &Cancel::new());
    ExitCode::FAILURE
}

fn an_action_dies_with_orch() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RWXU).unwrap();
    let mut orch: Child = Command::new(std::env::current_exe().unwrap())
        .arg("orch")
        .arg(&pipe)
        .env("TMPDIR", folder.path())
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(std::fs::File::open(&pipe).unwrap())
        .read_line(&mut line)
        .unwrap();
    let processes: Vec<OwnedFd> = line
        .split_whitespace()
        .map(|number| descriptor(number.parse().unwrap()))
        .collect();
    assert_eq!(processes.len(), 2);
    // `SIGKILL`: nothing in it gets a word in.
    orch.kill().unwrap();
    orch.wait().unwrap();
    processes.iter().for_each(assert_dies);
}

/// The moment between the start of an action and the word of its number, drawn out.
fn an_action_that_was_only_announced_dies_too() {
    let mut reaper = Command::new(std::env::current_exe().unwrap())
        .arg("reaper")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (output, input) = std::io::pipe().unwrap();
    let mut action = Command::new("sh");
    action
        .args(["-c", "sleep 100000 & echo $!; wait"])
        .stdout(input)
        .process_group(0);
    let mut leader = action.spawn().unwrap();
    drop(action);
    let inode = rustix::fs::fstat(&output).unwrap().st_ino;
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line).unwrap();
    let child = descriptor(line.trim().parse().unwrap());
    let mut list = reaper.stdin.take().unwrap();
    writeln!(list, "?{inode}").unwrap();
    drop(list);
    assert!(reaper.wait().unwrap().success());
    assert!(!leader.wait().unwrap().success());
    assert_dies(&child);
}

fn a_reaper_that_was_killed_is_replaced() {
    let fixture = with_reaper();
    let executor =
        orch_execute::LocalExecutor::new(fixture.settings.clone(), fixture.store.clone());
    let run = |words: &[&str]| {
        use orch_engine::port::{Executor, Job};
        let job = Job {
            node: &orch_model::NodeId::task("test", None),
            action: &action(words),
            inputs: &[],
            artifacts: &fixture.artifacts,
            tools: &fixture.tools,
        };
        executor.execute(job, &Cancel::new()).unwrap()
    };
    assert!(matches!(
        run(&["true"]),
        orch_engine::port::Execution::Succeeded(_)
    ));
    let reaper = only_child();
    let process = descriptor(reaper);
    kill_process(Pid::from_raw(reaper).unwrap(), Signal::KILL).unwrap();
    assert_dies(&process);
    assert!(matches!(
        run(&["true"]),
        orch_engine::port::Execution::Succeeded(_)
    ));
    let replaced = only_child();
    assert_ne!(replaced, reaper);
    let process = descriptor(replaced);
    drop(executor);
    assert_dies(&process);
}

fn a_reaper_that_cannot_be_started_is_a_fault() {
    let mut fixture = Fixture::new();
    for command in ["/no/such/program", "/bin/true"] {
        fixture.settings.reaper = vec![command.into()];
        let fault = fixture
            .execute(&action(&["true"]), &Cancel::new())
            .unwrap_err();
        let start = format!("could not start `{command}`, which ends actions when orch is killed:");
        assert!(fault.message.starts_with(&start), "{fault}");
    }
    std::io::stdout().flush().unwrap();
}

/// The number of this process's only child.
fn only_child() -> i32 {
    let path = format!("/proc/self/task/{}/children", std::process::id());
    let children = std::fs::read_to_string(path).unwrap();
    let mut numbers = children
        .split_whitespace()
        .map(|number| number.parse().unwrap());
    let first = numbers.next().expect("there is a child");
    assert_eq!(numbers.next(), None);
    first
}

fn descriptor(number: i32) -> OwnedFd {
    pidfd_open(Pid::from_raw(number).unwrap(), PidfdFlags::empty()).unwrap()
}

fn assert_dies(process: &OwnedFd) {
    let mut descriptors = [PollFd::new(process, PollFlags::IN)];
    let timeout = Timespec {
        tv_sec: 20,
        tv_nsec: 0,
    };
    assert_eq!(
        poll(&mut descriptors, Some(&timeout)),
        Ok(1),
        "it still runs"
    );
}
