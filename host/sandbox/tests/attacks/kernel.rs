//! Attacks on the kernel's own doors: mounts, namespaces, rights, tracing.

use crate::Test;
use crate::rig::Rig;

pub const TESTS: &[Test] = &[
    ("nothing_can_be_mounted", nothing_can_be_mounted),
    ("no_namespace_can_be_made", no_namespace_can_be_made),
    ("there_are_no_rights_to_gain", there_are_no_rights_to_gain),
    (
        "the_first_process_cannot_be_traced",
        the_first_process_cannot_be_traced,
    ),
    (
        "keys_queues_and_programs_for_the_kernel_are_refused",
        keys_queues_and_programs_for_the_kernel_are_refused,
    ),
];

fn nothing_can_be_mounted() {
    let mut rig = Rig::new();
    for attack in [
        "mount -t tmpfs none /orch/output",
        "mount --bind / /orch/output",
        "mount -o remount,rw /orch/source",
        "umount /sys",
        "umount -l /orch/source",
    ] {
        let ran = rig.run(attack);
        assert!(!ran.status.success(), "{attack}: {ran:?}");
    }
    assert_eq!(rig.run("ls -A /sys").fine(), "");
    rig.run("chroot /orch/output /bin/sh")
        .refused("Operation not permitted");
}

fn no_namespace_can_be_made() {
    let mut rig = Rig::new();
    for flag in [
        "--user", "--mount", "--pid", "--net", "--ipc", "--uts", "--cgroup",
    ] {
        rig.run(&format!("unshare {flag} true"))
            .refused("Operation not permitted");
    }
    rig.run("nsenter --target 1 --mount true")
        .refused("cannot open");
}

fn there_are_no_rights_to_gain() {
    let mut rig = Rig::new();
    let status = rig.run("cat /proc/self/status").fine();
    let value = |key: &str| {
        let line = status.lines().find(|line| line.starts_with(key)).unwrap();
        line.split_whitespace().nth(1).unwrap()
    };
    for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
        assert_eq!(value(set), "0000000000000000", "{set}");
    }
    assert_eq!(value("NoNewPrivs"), "1");
    assert_eq!(value("Seccomp:"), "2");
    // The bit of a program that changes who runs it stands for nothing here.
    let own = "cp /usr/bin/id /orch/output; chmod 4755 /orch/output/id; /orch/output/id -u";
    assert_eq!(rig.run(own).fine(), "1000\n");
    let ran = rig.run("/usr/bin/su root -c true || /usr/bin/mount --version && id -u");
    assert!(ran.stdout.ends_with("\n1000\n"), "{ran:?}");
    rig.run("echo : > /orch/output/x; chown 0 /orch/output/x")
        .refused("Invalid argument");
}

fn the_first_process_cannot_be_traced() {
    let mut rig = Rig::new();
    for file in ["environ", "maps", "mem", "fd/3", "root/etc", "cwd/etc"] {
        rig.run(&format!(
            "ls /proc/1/{file}/ && cat /proc/1/{file}; cat /proc/1/{file}"
        ))
        .refused("Permission denied");
    }
    // `PTRACE_SEIZE`. The server's thread has no more rights than a program; what hides it is that the
    // process as a whole cannot be dumped.
    let script = r#"
        my $refused = 0;
        my @threads = map { /(\d+)$/ } glob('/proc/1/task/*');
        for my $thread (@threads) {
            my $attached = syscall(PTRACE, 0x4206, $thread + 0, 0, 0);
            $refused++ if $attached == -1 && $! == EPERM;
        }
        print scalar(@threads), ' ', $refused;
    "#;
    let number = match std::env::consts::ARCH {
        "x86_64" => "101",
        _ => "117",
    };
    assert_eq!(rig.perl(&script.replace("PTRACE", number)).fine(), "2 2");
}

#[cfg(target_arch = "x86_64")]
fn keys_queues_and_programs_for_the_kernel_are_refused() {
    let mut rig = Rig::new();
    // The numbers of `linux/unistd_64.h`.
    let refused = [
        ("add_key", 248),
        ("keyctl", 250),
        ("bpf", 321),
        ("perf_event_open", 298),
        ("userfaultfd", 323),
        ("io_uring_setup", 425),
        ("mount", 165),
        ("setns", 308),
        ("init_module", 175),
        ("kexec_load", 246),
        ("open_tree", 428),
        ("fsopen", 430),
    ];
    for (name, number) in refused {
        for number in [number, number | 0x4000_0000] {
            let script = format!("syscall({number}, 0, 0, 0, 0, 0, 0) == -1 or exit 1; print $!+0");
            let code = rig.perl(&script).fine();
            // The second numbers are unknown to a kernel without `CONFIG_X86_X32_ABI`; the
            // filter comes first.
            assert_eq!(code, "1", "{name} {number}");
        }
    }
    for (name, number) in [("clone3", 435), ("mq_open", 240)] {
        let script = format!("syscall({number}, 0, 0, 0, 0) == -1 or exit 1; print $!+0");
        assert_eq!(rig.perl(&script).fine(), "38", "{name}");
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn keys_queues_and_programs_for_the_kernel_are_refused() {
    let mut rig = Rig::new();
    // The numbers of `asm-generic/unistd.h`.
    for (name, number) in [
        ("add_key", 217),
        ("bpf", 280),
        ("mount", 40),
        ("setns", 268),
    ] {
        let script = format!("syscall({number}, 0, 0, 0, 0, 0) == -1 or exit 1; print $!+0");
        assert_eq!(rig.perl(&script).fine(), "1", "{name}");
    }
}
