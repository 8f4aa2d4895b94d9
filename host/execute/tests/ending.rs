//! How processes end: by themselves, by a limit, by the user; and that nothing of them is
//! left. Whether a process lives is asked of the kernel, by a descriptor of the process.

mod fixture;

use std::fs;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use orch_engine::Cancel;
use orch_engine::port::Execution;
use orch_model::Action;

use fixture::{Fixture, action};

/// Long enough that nothing in these tests ever waits for its end.
const FOR_EVER: &str = "sleep 100000";

/// A pipe by name that a process reports through, so that a test waits for it, not for time.
struct Report(PathBuf);

impl Report {
    fn new(fixture: &Fixture) -> Self {
        let path = fixture.folder.path().join("report");
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::RWXU).unwrap();
        Self(path)
    }

    /// What the process writes, once it has.
    fn wait(&self) -> String {
        let mut text = String::new();
        fs::File::open(&self.0)
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        text
    }

    /// A descriptor of the process whose number is reported.
    fn process(&self) -> OwnedFd {
        let number = self.wait().trim().parse().unwrap();
        pidfd_open(Pid::from_raw(number).unwrap(), PidfdFlags::empty()).unwrap()
    }
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

/// A shell that knows the report as `$0`.
fn reporting(script: &str, report: &Path) -> Action {
    action(&["sh", "-c", script, report.to_str().unwrap()])
}

#[test]
fn what_a_process_leaves_running_is_ended_with_it() {
    let fixture = Fixture::new();
    let report = Report::new(&fixture);
    // The child holds the pipe of the output, too; nobody waits for it to close.
    let script = format!("{FOR_EVER} & echo $! > \"$0\"; echo over");
    let action = reporting(&script, &report.0);
    std::thread::scope(|scope| {
        let run = scope.spawn(|| fixture.succeed(&action));
        let child = report.process();
        assert_eq!(run.join().unwrap().stdout, "over\n");
        assert_dies(&child);
    });
}

#[test]
fn an_interrupt_ends_the_whole_group_in_good_order() {
    let fixture = Fixture::new();
    let report = Report::new(&fixture);
    let script = format!("trap 'exit 0' TERM; {FOR_EVER} & echo $! > \"$0\"; wait");
    let action = reporting(&script, &report.0);
    let cancel = Cancel::new();
    std::thread::scope(|scope| {
        let run = scope.spawn(|| fixture.execute(&action, &cancel).unwrap());
        let child = report.process();
        cancel.cancel();
        assert_eq!(run.join().unwrap(), Execution::Cancelled);
        assert_dies(&child);
    });
    assert!(fixture.leftovers().is_empty());
    assert_eq!(
        fixture.execute(&action, &cancel).unwrap(),
        Execution::Cancelled
    );
}

#[test]
fn who_does_not_listen_to_an_interrupt_is_killed() {
    let mut fixture = Fixture::new();
    fixture.settings.grace = Duration::from_millis(50);
    let report = Report::new(&fixture);
    // An ignored signal stays ignored in the children.
    let script = format!("trap '' TERM; {FOR_EVER} & echo $! > \"$0\"; wait; wait");
    let action = reporting(&script, &report.0);
    let cancel = Cancel::new();
    std::thread::scope(|scope| {
        let run = scope.spawn(|| fixture.execute(&action, &cancel).unwrap());
        let child = report.process();
        cancel.cancel();
        assert_eq!(run.join().unwrap(), Execution::Cancelled);
        assert_dies(&child);
    });
}

#[test]
fn a_stopped_process_ends_when_it_is_asked_to() {
    let mut fixture = Fixture::new();
    fixture.settings.grace = Duration::from_secs(1000);
    let report = Report::new(&fixture);
    let action = reporting(
        "echo $$ > \"$0\"; kill -STOP $$; echo on; sleep 100000",
        &report.0,
    );
    let cancel = Cancel::new();
    std::thread::scope(|scope| {
        let run = scope.spawn(|| fixture.execute(&action, &cancel).unwrap());
        let process = report.process();
        cancel.cancel();
        assert_eq!(run.join().unwrap(), Execution::Cancelled);
        assert_dies(&process);
    });
}

#[test]
fn a_time_limit_ends_the_action() {
    let fixture = Fixture::new();
    let mut action = action(&["sh", "-c", &format!("echo began; exec {FOR_EVER}")]);
    action.timeout_ms = Some(200);
    let began = Instant::now();
    let failure = fixture.fail(&action);
    assert_eq!(failure.reason, "ran longer than 200 ms");
    assert_eq!(failure.sample.stdout, b"began\n");
    assert_eq!(failure.sample.exit_code, -15);
    assert!(began.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_time_limit_holds_for_who_does_not_listen() {
    let mut fixture = Fixture::new();
    fixture.settings.grace = Duration::from_millis(50);
    let script = format!("trap '' TERM; while true; do {FOR_EVER}; done");
    let mut action = action(&["sh", "-c", &script]);
    action.timeout_ms = Some(100);
    let failure = fixture.fail(&action);
    assert_eq!(failure.reason, "ran longer than 100 ms");
    assert_eq!(failure.sample.exit_code, -9);
}

#[test]
fn a_gigabyte_of_output_is_kept_in_part() {
    let mut fixture = Fixture::new();
    fixture.settings.output_bytes = 1000;
    let before = peak_memory();
    let result = fixture.succeed(&action(&[
        "sh",
        "-c",
        "echo first; head -c 1G /dev/zero; echo last",
    ]));
    assert!(peak_memory() - before < 50 << 20);
    assert!(result.stdout.starts_with("first\n\0"));
    assert!(result.stdout.ends_with("\0last\n"));
    let cut = "\n[… 1073739835 bytes cut …]\n";
    assert!(result.stdout.contains(cut));
    assert_eq!(result.stdout.len(), 2000 + cut.len());
}

/// The largest memory that this process ever had, in bytes.
fn peak_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    line.split_whitespace()
        .nth(1)
        .unwrap()
        .parse::<u64>()
        .unwrap()
        * 1024
}

#[test]
fn closed_outputs_do_not_end_the_wait() {
    let fixture = Fixture::new();
    let failure = fixture.fail(&action(&["sh", "-c", "exec >&- 2>&-; kill -USR1 $$"]));
    assert_eq!(failure.reason, "was ended by signal 10");
}

#[test]
fn the_input_is_empty() {
    let fixture = Fixture::new();
    assert_eq!(fixture.succeed(&action(&["cat"])).stdout, "");
}
