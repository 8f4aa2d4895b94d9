//! Attacks on files.

use std::fs;
use std::os::unix::fs::symlink;

use orch_sandbox::{Exceeded, Finished, Job, JobError, Residue};

use crate::Test;
use crate::rig::{Rig, job, mount, shell};

pub const TESTS: &[Test] = &[
    ("an_input_cannot_be_written", an_input_cannot_be_written),
    (
        "a_source_can_be_written_where_it_is_said",
        a_source_can_be_written_where_it_is_said,
    ),
    (
        "tools_and_artifacts_cannot_be_written",
        tools_and_artifacts_cannot_be_written,
    ),
    (
        "what_is_shown_to_one_job_is_hidden_from_the_next",
        what_is_shown_to_one_job_is_hidden_from_the_next,
    ),
    (
        "links_and_dots_do_not_lead_out",
        links_and_dots_do_not_lead_out,
    ),
    (
        "there_is_no_home_and_no_other_workspace",
        there_is_no_home_and_no_other_workspace,
    ),
    ("the_system_cannot_be_written", the_system_cannot_be_written),
    (
        "temporary_files_are_the_actions_own",
        temporary_files_are_the_actions_own,
    ),
    ("a_file_cannot_fill_the_disk", a_file_cannot_fill_the_disk),
    (
        "many_files_cannot_fill_the_disk",
        many_files_cannot_fill_the_disk,
    ),
    (
        "the_root_holds_what_it_should",
        the_root_holds_what_it_should,
    ),
    (
        "what_cannot_be_shown_or_started_is_said",
        what_cannot_be_shown_or_started_is_said,
    ),
];

const READ_ONLY: &str = "Read-only file system";

fn an_input_cannot_be_written() {
    let mut rig = Rig::new();
    fs::write(rig.path("source/in"), "before").unwrap();
    for attack in [
        "echo x > in",
        "rm in",
        "mv in on",
        "chmod 777 in",
        "touch new",
    ] {
        rig.run(attack).refused(READ_ONLY);
    }
    assert_eq!(fs::read_to_string(rig.path("source/in")).unwrap(), "before");
    assert_eq!(rig.run("cat in").fine(), "before");
}

fn a_source_can_be_written_where_it_is_said() {
    let mut rig = Rig::new();
    let mut job = shell("echo after > in");
    job.writable_source = true;
    rig.run_job(&job).fine();
    assert_eq!(
        fs::read_to_string(rig.path("source/in")).unwrap(),
        "after\n"
    );
    rig.run("echo x > in").refused(READ_ONLY);
}

fn tools_and_artifacts_cannot_be_written() {
    let mut rig = Rig::new();
    let tool = tempfile::tempdir().unwrap();
    fs::write(tool.path().join("go"), "tool").unwrap();
    fs::write(rig.path("artifact/agent"), "artifact").unwrap();
    for file in ["/orch/tool/go/go", "/orch/artifact/agent"] {
        let mut job = shell(&format!("cat {file}; echo x > {file}"));
        job.mounts = vec![mount(tool.path(), "tool/go", false)];
        rig.run_job(&job).refused(READ_ONLY);
    }
    assert_eq!(fs::read_to_string(tool.path().join("go")).unwrap(), "tool");
}

fn what_is_shown_to_one_job_is_hidden_from_the_next() {
    let mut rig = Rig::new();
    let cache = tempfile::tempdir().unwrap();
    let mut job = shell("echo kept > /orch/cache/build/x; ls /orch/cache");
    job.mounts = vec![mount(cache.path(), "cache/build", true)];
    assert_eq!(rig.run_job(&job).fine(), "build\n");
    assert_eq!(
        fs::read_to_string(cache.path().join("x")).unwrap(),
        "kept\n"
    );
    assert_eq!(rig.run("ls /orch/cache/build").fine(), "");
    rig.run("echo x > /orch/cache/build/x").refused(READ_ONLY);
    assert_eq!(
        fs::read_to_string(cache.path().join("x")).unwrap(),
        "kept\n"
    );
}

fn links_and_dots_do_not_lead_out() {
    let mut rig = Rig::new();
    let outside = tempfile::tempdir().unwrap();
    let secret = outside.path().join("secret");
    fs::write(&secret, "secret").unwrap();
    symlink(&secret, rig.path("source/link")).unwrap();
    symlink("../../../secret", rig.path("source/climbing")).unwrap();
    rig.run("cat link").refused("No such file");
    rig.run("cat climbing").refused("No such file");
    let dots = "../".repeat(20);
    rig.run(&format!("cat {dots}{}", secret.display()))
        .refused("No such file");
    rig.run(&format!("cat /proc/1/root{}", secret.display()))
        .refused("Permission denied");
    rig.run("cd /sys && ls -a . && cat etc/passwd")
        .refused("No such file");
}

fn there_is_no_home_and_no_other_workspace() {
    let mut rig = Rig::new();
    let other = Rig::new();
    fs::write(other.path("output/secret"), "secret").unwrap();
    rig.run(&format!("cat {}", other.path("output/secret").display()))
        .refused("No such file");
    for folder in ["/root", "/home", "/etc/shadow", "/run", "/var/lib"] {
        rig.run(&format!("ls {folder}")).refused("No such file");
    }
    assert_eq!(rig.run("cat /etc/passwd | grep -c .").fine(), "2\n");
}

fn the_system_cannot_be_written() {
    let mut rig = Rig::new();
    for file in ["/x", "/usr/x", "/etc/x", "/dev/x", "/orch/x", "/sys/x"] {
        rig.run(&format!("echo > {file}")).refused(READ_ONLY);
    }
    rig.run("echo 1 > /proc/sys/kernel/pid_max")
        .refused(READ_ONLY);
}

fn temporary_files_are_the_actions_own() {
    let mut rig = Rig::new();
    rig.run("for d in /tmp /var/tmp; do echo x > $d/$(basename $(dirname $d)); done; echo x > /dev/shm/s")
        .fine();
    let scratch = rig.path("scratch");
    assert!(scratch.join("tmp/var").is_file());
    assert!(scratch.join("shm/s").is_file());
}

fn a_file_cannot_fill_the_disk() {
    let mut rig = Rig::with(|settings| settings.limits.file_bytes = 1 << 20);
    let ran = rig.run("exec head -c 100M /dev/zero > /orch/output/big");
    // `SIGXFSZ`.
    assert_eq!(
        std::os::unix::process::ExitStatusExt::signal(&ran.status),
        Some(25)
    );
    assert_eq!(fs::metadata(rig.path("output/big")).unwrap().len(), 1 << 20);
}

fn many_files_cannot_fill_the_disk() {
    let free = || {
        let disk = rustix::fs::statvfs(std::env::temp_dir()).unwrap();
        disk.f_bavail * disk.f_frsize
    };
    // A gigabyte is more than anybody else takes meanwhile.
    let least = free() - (1 << 30);
    let mut rig = Rig::with(|settings| settings.limits.free_disk_bytes = least);
    let fill = "for n in 1 2 3; do fallocate -l 512M /orch/scratch/$n; done; exec sleep 100000";
    let ran = rig.run(fill);
    match ran.exceeded {
        Some(Exceeded::Disk { free_bytes }) => assert!(free_bytes < least),
        _ => panic!("{ran:?}"),
    }
    // Where there was as little before, an action is not to blame.
    let mut rig = Rig::with(|settings| settings.limits.free_disk_bytes = u64::MAX);
    assert_eq!(rig.run("sleep 0.3; echo fine").fine(), "fine\n");
}

fn the_root_holds_what_it_should() {
    let mut rig = Rig::new();
    let names = rig.run("cd /; ls; echo; ls orch").fine();
    let allowed = [
        "bin", "dev", "etc", "lib", "lib32", "lib64", "libx32", "orch", "proc", "sbin", "sys",
        "tmp", "usr", "var",
    ];
    let (root, orch) = names.split_once("\n\n").unwrap();
    assert!(root.lines().all(|name| allowed.contains(&name)), "{root}");
    assert_eq!(orch, "artifact\ncache\noutput\nscratch\nsource\ntool\n");
    assert_eq!(
        rig.run("id -u; id -g; hostname; umask").fine(),
        "1000\n1000\norch\n0022\n"
    );
}

fn what_cannot_be_shown_or_started_is_said() {
    let mut rig = Rig::new();
    let mut finish = |job: &Job| {
        let (_, stdout) = std::io::pipe().unwrap();
        let stderr = stdout.try_clone().unwrap();
        rig.sandbox
            .begin(job, stdout.into(), stderr.into())
            .unwrap();
        rig.sandbox.finish().unwrap()
    };
    let Finished { ended, residue, .. } = finish(&job("/no/such/program", &[]));
    assert_eq!(residue, Residue::None);
    assert!(
        matches!(ended, Err(JobError::Start(error)) if error.kind() == std::io::ErrorKind::NotFound)
    );
    let folder = tempfile::tempdir().unwrap();
    let mut shown = shell("true");
    shown.mounts = vec![mount(folder.path(), "tool/x", false)];
    let from = shown.mounts[0].from.clone();
    drop(folder);
    let ended = finish(&shown).ended;
    assert!(matches!(ended, Err(JobError::Mount { from: path, .. }) if path == from));
    // It goes on serving all the same.
    shown.mounts.clear();
    assert!(finish(&shown).ended.unwrap().0.success());
}
