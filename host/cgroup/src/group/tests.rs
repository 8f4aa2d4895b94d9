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

/// A hierarchy of version 2 as a folder: the kernel's own files are there once they are enabled.
fn unified(root: &Path) -> PathBuf {
    let write = |path: &str, text: &str| {
        let file = root.join(path);
        fs::create_dir_all(file.parent().expect("it has one")).unwrap();
        fs::write(file, text).unwrap();
    };
    write(
        "proc/self/mountinfo",
        "29 24 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n",
    );
    write("proc/self/cgroup", "0::/user/job\n");
    let folder = root.join("sys/fs/cgroup/user/job");
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn version_two_is_told_in_its_own_words() {
    let root = tempfile::tempdir().unwrap();
    let parent = unified(root.path());
    let limits = Limits {
        memory_bytes: Some(1 << 30),
        milli_cpus: Some(1_500),
    };
    let group = Group::below(root.path(), 4711, &limits).unwrap();
    let [Folder(folder)] = &*group.folders else {
        panic!("{group:?}");
    };
    assert_eq!(folder.parent(), Some(&*parent));
    let read = |file: &Path| fs::read_to_string(file).unwrap();
    assert_eq!(read(&parent.join("cgroup.subtree_control")), "+memory +cpu");
    assert_eq!(read(&folder.join("memory.max")), "1073741824");
    assert_eq!(read(&folder.join("memory.swap.max")), "0");
    assert_eq!(read(&folder.join("cpu.max")), "150000 100000");
    assert_eq!(read(&folder.join("cgroup.procs")), "4711");
    fs::write(
        folder.join("memory.events"),
        "low 0\noom 3\noom_kill 2\noom_group_kill 0\n",
    )
    .unwrap();
    assert_eq!(group.memory_kills(), 2);
}

#[test]
fn where_nothing_can_be_made_it_says_what_was_tried() {
    let root = tempfile::tempdir().unwrap();
    let parent = unified(root.path());
    // Nobody makes a folder in a file.
    for folder in [
        &*parent,
        parent.parent().unwrap(),
        &root.path().join("sys/fs/cgroup"),
    ] {
        fs::remove_dir_all(folder).unwrap();
        fs::write(folder, "").unwrap();
    }
    let limits = Limits {
        milli_cpus: Some(500),
        ..Limits::default()
    };
    let refused = Group::below(root.path(), 4711, &limits)
        .unwrap_err()
        .to_string();
    assert!(refused.starts_with("could not make `"), "{refused}");
    fs::write(root.path().join("proc/self/mountinfo"), "").unwrap();
    let refused = Group::below(root.path(), 4711, &limits)
        .unwrap_err()
        .to_string();
    assert_eq!(refused, "no control groups for `cpu` are mounted");
}
