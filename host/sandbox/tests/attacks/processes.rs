//! Attacks by processes: staying, seeing, signalling, forking. Whether a process still runs
//! is asked of a pipe that it holds: a read finds its end when nobody holds it any more.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, pipe};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitCode, Stdio};

use rustix::fs::{CWD, Mode, OFlags, mkfifoat};

use orch_sandbox::{Exceeded, Job};

use crate::Test;
use crate::rig::{Rig, shell};

pub const TESTS: &[Test] = &[
    ("a_process_cannot_stay", a_process_cannot_stay),
    ("a_daemon_cannot_stay", a_daemon_cannot_stay),
    (
        "all_die_with_who_holds_the_sandbox",
        all_die_with_who_holds_the_sandbox,
    ),
    ("other_processes_are_not_seen", other_processes_are_not_seen),
    (
        "nobody_outside_can_be_signalled",
        nobody_outside_can_be_signalled,
    ),
    ("forking_has_an_end", forking_has_an_end),
    (
        "a_bomb_of_forks_is_cleared_away",
        a_bomb_of_forks_is_cleared_away,
    ),
    (
        "memory_is_bounded_for_all_together",
        memory_is_bounded_for_all_together,
    ),
    ("one_stays_on_its_cpus", one_stays_on_its_cpus),
    (
        "one_is_asked_to_end_before_one_is_made_to",
        one_is_asked_to_end_before_one_is_made_to,
    ),
];

/// Waits until its memory is too much, of which each of four processes has a quarter.
const TOGETHER: &str = "
    hold() { { head -c 40M /dev/zero; sleep 100000; } | tail -n 1; }
    hold & hold & hold & hold & wait";

/// Counts the processes inside: the first one and the shell itself.
const ALONE: &str = "cd /proc; set -- [0-9]*; echo $#";

/// A pipe by name in the output folder, with its reading end.
fn named_pipe(rig: &Rig) -> File {
    let path = rig.path("output/pipe");
    mkfifoat(CWD, &path, Mode::RWXU).unwrap();
    File::options()
        .read(true)
        .custom_flags(OFlags::NONBLOCK.bits().cast_signed())
        .open(path)
        .unwrap()
}

/// Also what a program starts stays where that has to be, and the next program is free again.
fn one_stays_on_its_cpus() {
    let mut rig = Rig::new();
    let allowed = "grep Cpus_allowed_list /proc/self/status";
    let all = rig.run(allowed).fine();
    let own = Job {
        cpus: vec![0],
        ..shell(allowed)
    };
    assert_eq!(rig.run_job(&own).fine(), "Cpus_allowed_list:\t0\n");
    assert_eq!(rig.run(allowed).fine(), all);
}

fn a_process_cannot_stay() {
    let mut rig = Rig::new();
    let mut pipe = named_pipe(&rig);
    rig.run("(sleep 100000; echo late > /orch/output/late) > /orch/output/pipe & echo over")
        .fine();
    let mut left = String::new();
    pipe.read_to_string(&mut left).unwrap();
    assert!(!rig.path("output/late").exists());
}

fn a_daemon_cannot_stay() {
    let mut rig = Rig::new();
    let mut pipe = named_pipe(&rig);
    // Forks twice, leads a session of its own, ignores what can be ignored, and holds the
    // pipe; its first parent waits until it says that it does.
    let script = r#"
        pipe(my $said, my $say);
        if (!fork) {
            setsid();
            if (!fork) {
                $SIG{$_} = 'IGNORE' for qw(HUP INT TERM QUIT);
                open(my $held, '>', '/orch/output/pipe') or die;
                syswrite($say, 'ready');
                close($_) for *STDOUT, *STDERR, $say;
                sleep 100000;
            }
            _exit(0);
        }
        close($say);
        print scalar(<$said>);
    "#;
    assert_eq!(rig.perl(script).fine(), "ready");
    assert_eq!(pipe.read(&mut [0; 8]).unwrap(), 0);
    // The next one is alone.
    assert_eq!(rig.run(ALONE).fine(), "2\n");
}

/// Starts a job that never ends, says so, and waits to be killed.
pub fn play_orch(report: &str) -> ExitCode {
    let mut rig = Rig::new();
    std::os::unix::fs::symlink(report, rig.path("report")).unwrap();
    let (_output, stdout) = pipe().unwrap();
    let stderr = File::options().write(true).open(report).unwrap();
    let script = "trap '' TERM HUP INT; (setsid sleep 100000 &) ; echo began >&2; sleep 100000";
    rig.sandbox
        .begin(&shell(script), stdout.into(), stderr.into())
        .unwrap();
    let _ = rig.sandbox.finish();
    ExitCode::FAILURE
}

fn all_die_with_who_holds_the_sandbox() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report");
    mkfifoat(CWD, &report, Mode::RWXU).unwrap();
    let mut orch = Command::new(std::env::current_exe().unwrap())
        .arg("orch")
        .arg(&report)
        .env("TMPDIR", folder.path())
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(File::open(&report).unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "began");
    // `SIGKILL`: nothing in it gets a word in.
    orch.kill().unwrap();
    orch.wait().unwrap();
    // This ends when the last process that could write there is gone.
    assert!(lines.next().is_none());
}

fn other_processes_are_not_seen() {
    let mut rig = Rig::new();
    let seen = rig
        .run("cd /proc; for p in [0-9]*; do tr '\\0' ' ' < $p/cmdline; echo; done")
        .fine();
    let lines: Vec<&str> = seen.lines().collect();
    assert!(lines.len() <= 3, "{seen}");
    assert!(lines[0].ends_with("sandbox init "), "{seen}");
}

fn nobody_outside_can_be_signalled() {
    let mut rig = Rig::new();
    let own = std::process::id();
    rig.run(&format!("kill -0 {own}"))
        .refused("No such process");
    let helper = rig.run("kill -KILL 1; kill -KILL $PPID; echo alive").stdout;
    assert_eq!(helper, "alive\n");
    // All that one may signal are those inside, oneself among them.
    let ran = rig.run("kill -KILL -1; echo alive");
    assert_eq!(rig.run("echo serves").fine(), "serves\n");
    assert!(
        ran.stdout == "alive\n" || ran.status.signal() == Some(9),
        "{ran:?}"
    );
}

fn forking_has_an_end() {
    let mut rig = Rig::with(|settings| settings.limits.processes = 400);
    let script =
        "my $n = 0; while (defined(my $p = fork)) { sleep 100000 if !$p; $n++ } print \"$n $!\"";
    let ran = rig.perl(script).fine();
    let (count, error) = ran.split_once(' ').unwrap();
    let count: u32 = count.parse().unwrap();
    assert!((100..400).contains(&count), "{ran}");
    assert_eq!(error, "Resource temporarily unavailable");
    assert_eq!(rig.run(ALONE).fine(), "2\n");
}

fn a_bomb_of_forks_is_cleared_away() {
    let mut rig = Rig::with(|settings| settings.limits.processes = 400);
    let (mut output, stdout) = pipe().unwrap();
    let (_errors, stderr) = pipe().unwrap();
    let job = crate::rig::job(
        "/usr/bin/perl",
        &["-e", "syswrite(STDOUT, 'x'); while (1) { fork }"],
    );
    rig.sandbox
        .begin(&job, stdout.into(), stderr.into())
        .unwrap();
    output.read_exact(&mut [0]).unwrap();
    rig.sandbox.kill();
    let (status, _) = rig.sandbox.finish().unwrap().ended.unwrap();
    assert_eq!(status.signal(), Some(9));
    assert_eq!(rig.run(ALONE).fine(), "2\n");
}

fn memory_is_bounded_for_all_together() {
    let limit = 100 << 20;
    let mut rig = Rig::with(|settings| settings.limits.memory_bytes = limit);
    let ran = rig.run(TOGETHER);
    match ran.exceeded {
        Some(Exceeded::Memory { used_bytes }) => assert!(used_bytes > limit),
        _ => panic!("{ran:?}"),
    }
    // The sandbox is as good as before.
    assert_eq!(rig.run(ALONE).fine(), "2\n");
    // What a process shares with those that it forked is counted once.
    let shared = "my $x = 'x' x (20 << 20); for (1..3) { fork or (sleep(1), exit) } sleep 1";
    assert_eq!(rig.perl(shared).exceeded, None);
}

fn one_is_asked_to_end_before_one_is_made_to() {
    let mut rig = Rig::new();
    let (output, stdout) = pipe().unwrap();
    let (_errors, stderr) = pipe().unwrap();
    let job = shell("trap 'echo asked; exit 3' TERM; echo began; while :; do sleep 0.01; done");
    rig.sandbox
        .begin(&job, stdout.into(), stderr.into())
        .unwrap();
    let mut lines = BufReader::new(output).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "began");
    rig.sandbox.terminate();
    let (status, _) = rig.sandbox.finish().unwrap().ended.unwrap();
    assert_eq!(status.code(), Some(3));
    assert_eq!(lines.next().unwrap().unwrap(), "asked");
}
