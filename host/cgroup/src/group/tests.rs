//! Real groups of this machine, and those of version 2 as folders.

use std::io::Write as _;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use super::*;

/// A shell that waits for a line before it does something.
fn waiting(script: &str) -> Child {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", &format!("read line; {script}")]);
    shell
        .stdin(Stdio::piped())
        .spawn()
        .expect("there is a shell")
}

fn limited(child: &Child, limits: Limits) -> Group {
    Group::around(child.id(), &limits).unwrap_or_else(|refused| {
        panic!("this test needs to be root, or a session of systemd's (`systemd-run --user --scope`): {refused}")
    })
}

fn go(child: &mut Child) {
    let line = child
        .stdin
        .as_mut()
        .expect("it is a pipe")
        .write_all(b"go\n");
    line.expect("it reads");
}

#[test]
fn more_memory_than_there_is_ends_the_process_and_is_counted() {
    let mut child = waiting("exec perl -e '$x = \"a\" x (256 << 20); print length $x'");
    let group = limited(
        &child,
        Limits {
            memory_bytes: Some(64 << 20),
            ..Limits::default()
        },
    );
    assert_eq!(group.memory_kills(), 0);
    go(&mut child);
    let status = child.wait().expect("it was started");
    assert_eq!(status.signal(), Some(9), "{status}");
    assert_eq!(group.memory_kills(), 1);
    let folders: Vec<PathBuf> = group.folders.iter().map(|one| one.0.clone()).collect();
    drop(group);
    assert!(folders.iter().all(|folder| !folder.exists()), "{folders:?}");
}

#[test]
fn a_process_gets_no_more_time_than_it_may_have() {
    let mut child = waiting("timeout 1 sh -c 'while :; do :; done'; times");
    let group = limited(
        &child,
        Limits {
            milli_cpus: Some(200),
            ..Limits::default()
        },
    );
    let began = Instant::now();
    go(&mut child);
    let used = wait4_time(child);
    // What is used in one period may be more by what its processors had in hand.
    let most = began.elapsed().mul_f64(0.2) + Duration::from_millis(100);
    assert!(used < most, "{used:?} of {most:?}");
    drop(group);
}

/// The CPU time of a child that is waited for, with its children's.
fn wait4_time(mut child: Child) -> Duration {
    let pid = child.id();
    let path = format!("/proc/{pid}/stat");
    // As a zombie it still tells.
    loop {
        let stat = fs::read_to_string(&path).expect("it is not waited for");
        let (_, fields) = stat.rsplit_once(')').expect("a name in parentheses");
        let fields: Vec<&str> = fields.split_whitespace().collect();
        if fields[0] == "Z" {
            child.wait().expect("it was started");
            // proc_pid_stat(5): user and system time, its own and its children's, in ticks of 10 ms.
            let ticks = fields[11..15]
                .iter()
                .map(|ticks| ticks.parse::<u64>().expect("a number"));
            return Duration::from_millis(10 * ticks.sum::<u64>());
        }
        std::thread::yield_now();
    }
}

/// A group's folder, with the files that the kernel would have there, all empty.
fn files(names: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in names {
        fs::write(folder.path().join(name), "").unwrap();
    }
    folder
}

fn check(version: Version, names: &[&str], expected: &[(&str, &str)]) {
    let folder = files(names);
    let limits = Limits {
        memory_bytes: Some(1 << 30),
        milli_cpus: Some(1_500),
    };
    limit(folder.path(), version, &[&MEMORY, &CPU], &limits).unwrap();
    for (name, value) in expected {
        assert_eq!(
            fs::read_to_string(folder.path().join(name)).unwrap(),
            *value,
            "{name}"
        );
    }
    let all = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(all, names.len(), "no file is made");
}

#[test]
fn each_version_is_told_in_its_own_words() {
    let expected = [
        ("memory.max", "1073741824"),
        ("memory.swap.max", "0"),
        ("cpu.max", "150000 100000"),
    ];
    check(
        Version::Two,
        &["memory.max", "memory.swap.max", "cpu.max"],
        &expected,
    );
    // A kernel that does not count swap.
    check(Version::Two, &["memory.max", "cpu.max"], &expected[..1]);
    let names = [
        "memory.limit_in_bytes",
        "cpu.cfs_period_us",
        "cpu.cfs_quota_us",
    ];
    let expected = ["1073741824", "100000", "150000"];
    let expected: Vec<_> = names.into_iter().zip(expected).collect();
    check(Version::One, &names, &expected);
}

#[test]
fn a_parent_that_gives_no_controller_is_named() {
    let folder = files(&["memory.max"]);
    let limits = Limits {
        milli_cpus: Some(500),
        ..Limits::default()
    };
    let refused = limit(folder.path(), Version::Two, &[&CPU], &limits).unwrap_err();
    assert!(
        refused.to_string().ends_with("gives its groups no `cpu`"),
        "{refused}"
    );
}

#[test]
fn what_the_kernel_ended_counts_where_memory_is_limited() {
    let folder = files(&[]);
    let events = "low 0\noom 3\noom_kill 2\noom_group_kill 0\n";
    fs::write(folder.path().join("memory.events"), events).unwrap();
    let group = |limits_memory| Group {
        folders: vec![Folder(folder.path().to_owned())],
        limits_memory,
    };
    assert_eq!(group(true).memory_kills(), 2);
    assert_eq!(group(false).memory_kills(), 0);
}

#[test]
fn where_nothing_can_be_made_it_says_what_was_tried() {
    let root = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let file = root.path().join(path);
        fs::create_dir_all(file.parent().expect("it has one")).unwrap();
        fs::write(file, text).unwrap();
    };
    let mounted =
        "29 24 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
    write("proc/self/mountinfo", mounted);
    // The folder of the process is not shown here, as in a container; what is made above has no files.
    write("proc/self/cgroup", "0::/user/job\n");
    fs::create_dir_all(root.path().join("sys/fs/cgroup")).unwrap();
    let limits = Limits {
        milli_cpus: Some(500),
        ..Limits::default()
    };
    let refused = || {
        Group::below(root.path(), 4711, &limits)
            .unwrap_err()
            .to_string()
    };
    assert!(
        refused().ends_with("/sys/fs/cgroup` gives its groups no `cpu`"),
        "{}",
        refused()
    );
    let left = fs::read_dir(root.path().join("sys/fs/cgroup")).unwrap();
    assert_eq!(left.count(), 0);
    write("proc/self/mountinfo", "");
    assert_eq!(refused(), "no control groups for `cpu` are mounted");
}
