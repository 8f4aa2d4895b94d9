//! Machines as folders of text.

use expect_test::expect;

use super::*;
use crate::testing::{Machine, server};

#[test]
fn a_server_is_read() {
    let conditions = server().read();
    assert_eq!(conditions.processors[0].numbers, "AuthenticAMD 25 1 1");
    assert_eq!(conditions.topology.usable.to_string(), "0-3");
    assert_eq!(conditions.topology.cores.len(), 4);
    let speed = CpuSpeed {
        cpu: 3,
        governor: Some("performance".to_owned()),
        current_khz: Some(2_850_000),
        highest_khz: Some(2_850_000),
    };
    assert_eq!(conditions.speeds.last(), Some(&speed));
    assert_eq!(conditions.turbo.map(|turbo| turbo.is_on), Some(false));
    assert_eq!(conditions.is_smt_active, Some(false));
    assert_eq!(conditions.memory.total_bytes, Some(16_303_112 * 1024));
    assert_eq!(conditions.memory.swapped_bytes, Some(0));
    assert_eq!(conditions.kernel.as_deref(), Some("6.12.4-generic"));
    assert_eq!(conditions.virtualization, Virtualization::None);
    assert_eq!(conditions.load_average, Some(0.12));
    let zone = Zone {
        name: "x86_pkg_temp".to_owned(),
        millidegrees: 45_000,
        slows_at_millidegrees: Some(95_000),
    };
    assert_eq!(conditions.zones, [zone]);
    assert_eq!(conditions.unknown(), [""; 0]);
}

#[test]
fn of_an_empty_machine_nothing_is_known_and_that_is_said() {
    let conditions = Machine::default().read();
    assert_eq!(conditions.topology, Topology::default());
    assert_eq!(conditions.limits, Limits::default());
    expect![[r#"
        [
            "the processor's model",
            "which CPUs share a core",
            "governors",
            "frequencies",
            "turbo",
            "simultaneous multithreading",
            "memory",
            "the kernel's release",
            "whether this is a virtual machine",
            "limits of control groups",
            "load average",
            "temperatures",
        ]
    "#]]
    .assert_debug_eq(&conditions.unknown());
    expect!["unknown processor"].assert_eq(&Fingerprint::of(&conditions).summary);
}

#[test]
fn odd_files_are_as_good_as_none() {
    let mut machine = server();
    let paths: Vec<String> = machine.paths().map(str::to_owned).collect();
    for path in paths {
        machine.write(&path, "\u{fffd} ::: 0-99999999999 - cgroup2 \n\n -1 -1");
    }
    let conditions = machine.read();
    assert_eq!(conditions.processors, []);
    assert_eq!(conditions.memory, Memory::default());
    assert_eq!(conditions.topology, Topology::default());
}

#[test]
fn an_arm_board_is_known_by_its_name_and_numbers() {
    let core = "processor\t: N\nCPU implementer\t: 0x41\nCPU architecture: 8\n\
                CPU variant\t: 0x4\nCPU part\t: 0xd0b\nCPU revision\t: 1\n\n";
    let conditions = Machine::default()
        .with(
            "proc/cpuinfo",
            &format!("{}{}", core.replace('N', "0"), core.replace('N', "1")),
        )
        .with("proc/device-tree/model", "Raspberry Pi 5 Model B Rev 1.0\0")
        .with("proc/sys/kernel/osrelease", "6.6.31+rpt-rpi-2712")
        .with("proc/meminfo", "MemTotal: 8245760 kB\n")
        .read();
    assert_eq!(conditions.processors.len(), 1, "both are of one kind");
    assert_eq!(conditions.processors[0].numbers, "0x41 0x4 0xd0b 1");
    assert_eq!(conditions.virtualization, Virtualization::Unknown);
    expect!["Raspberry Pi 5 Model B Rev 1.0, 2 CPUs on 2 cores, 8 GiB, Linux 6.6"]
        .assert_eq(&Fingerprint::of(&conditions).summary);
}

#[test]
fn the_mask_of_the_process_decides_what_is_usable() {
    let conditions = server()
        .with("proc/self/status", "Cpus_allowed_list:\t2-3,9\n")
        .read();
    assert_eq!(conditions.topology.usable.to_string(), "2-3");
    assert_eq!(conditions.topology.usable_cores().count(), 2);
}

#[test]
fn isolated_cpus_of_another_cpuset_are_not_ours() {
    let machine = server()
        .with("sys/devices/system/cpu/isolated", "1-3")
        .with("sys/fs/cgroup/build/job/cpuset.cpus.effective", "0-2");
    assert_eq!(machine.read().topology.isolated.to_string(), "1-2");
}

#[test]
fn the_narrowest_limit_of_version_2_binds() {
    let limits = server()
        .with("sys/fs/cgroup/build/cpu.max", "150000 100000")
        .with("sys/fs/cgroup/build/job/cpu.max", "max 100000")
        .with("sys/fs/cgroup/build/memory.max", "4294967296")
        .with("sys/fs/cgroup/build/job/memory.max", "max")
        .read()
        .limits;
    assert_eq!(limits.cpus_quota, Some(1.5));
    assert_eq!(limits.memory_bytes, Some(4 << 30));
}

#[test]
fn limits_of_version_1_are_read_and_no_limit_is_none() {
    let machine = |quota: &str, memory: &str| {
        Machine::default()
            .with(
                "proc/self/mountinfo",
                "33 32 0:24 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n\
                 36 32 0:27 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory\n",
            )
            .with("proc/self/cgroup", "4:memory:/docker/abc\n2:cpu,cpuacct:/docker/abc\n")
            // A container sees its own group where the hierarchy is mounted.
            .with("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", quota)
            .with("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000")
            .with("sys/fs/cgroup/memory/memory.limit_in_bytes", memory)
            .read()
            .limits
    };
    let limited = machine("50000", "1073741824");
    assert_eq!(limited.cpus_quota, Some(0.5));
    assert_eq!(limited.memory_bytes, Some(1 << 30));
    let free = machine("-1", "9223372036854771712");
    assert!(free.is_known);
    assert_eq!((free.cpus_quota, free.memory_bytes), (None, None));
}

#[test]
fn hypervisors_are_known_by_name_flag_or_firmware() {
    let named = |path: &str, text: &str| Machine::default().with(path, text).read().virtualization;
    let hypervisor = |name: &str| Virtualization::Hypervisor(Some(name.to_owned()));
    assert_eq!(named("sys/hypervisor/type", "xen\n"), hypervisor("xen"));
    assert_eq!(
        named("sys/class/dmi/id/sys_vendor", "QEMU\n"),
        hypervisor("QEMU")
    );
    assert_eq!(
        named("sys/class/dmi/id/product_name", "c7g.metal"),
        Virtualization::None
    );
    assert_eq!(
        named("proc/device-tree/hypervisor/compatible", "linux,kvm\0"),
        hypervisor("linux")
    );
    assert_eq!(
        named("proc/cpuinfo", "flags : fpu hypervisor lahf_lm"),
        Virtualization::Hypervisor(None)
    );
    assert_eq!(named("proc/cpuinfo", "flags : fpu"), Virtualization::None);
}

#[test]
fn a_fingerprint_outlives_a_start() {
    let before = Fingerprint::of(&server().read());
    let after = Fingerprint::of(
        &server()
            .with("proc/loadavg", "9.00 4.00 2.00 7/800 12345")
            .with(
                "proc/meminfo",
                "MemTotal: 16260000 kB\nSwapTotal: 8 kB\nSwapFree: 0 kB\n",
            )
            .with("proc/sys/kernel/osrelease", "6.12.9-generic")
            .with(
                "sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq",
                "800000",
            )
            .with("sys/class/thermal/thermal_zone0/temp", "91000")
            .read(),
    );
    assert_eq!(before, after);
    expect!["AMD EPYC 7443P 24-Core Processor, 4 CPUs on 4 cores, 16 GiB, Linux 6.12"]
        .assert_eq(&before.summary);
}

#[test]
fn a_fingerprint_tells_machines_and_settings_apart() {
    let same = Fingerprint::of(&server().read()).digest;
    for (path, text) in [
        (
            "proc/cpuinfo",
            "model name : AMD EPYC 9654 96-Core Processor\nflags : fpu",
        ),
        ("proc/self/status", "Cpus_allowed_list: 0-1"),
        ("proc/meminfo", "MemTotal: 32520000 kB"),
        ("proc/sys/kernel/osrelease", "6.13.0"),
        (
            "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor",
            "powersave",
        ),
        ("sys/devices/system/cpu/cpufreq/boost", "1"),
        ("sys/devices/system/cpu/smt/active", "1"),
        ("sys/fs/cgroup/build/job/cpu.max", "150000 100000"),
        ("sys/hypervisor/type", "xen"),
    ] {
        let other = Fingerprint::of(&server().with(path, text).read()).digest;
        assert_ne!(other, same, "{path}");
    }
}

#[test]
fn counters_of_an_interval_are_differences() {
    let machine = server();
    let before = machine.counters();
    let after = machine
        .with(
            "proc/stat",
            "cpu  300 0 300 1500 50 0 0 50 10 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n",
        )
        .with("proc/vmstat", "pswpin 12\npswpout 30\n")
        .with(
            "sys/fs/cgroup/build/job/cpu.stat",
            "usage_usec 1\nnr_throttled 7\n",
        )
        .with(
            "sys/devices/system/cpu/cpu1/thermal_throttle/core_throttle_count",
            "3",
        )
        .counters();
    let interval = after.since(&before);
    // Of 1000 ticks 500 were idle and 50 stolen.
    assert_eq!(interval.stolen_share, Some(0.05));
    assert_eq!(interval.busy_share, Some(0.45));
    // Of one CPU, in ten seconds, four and a half were busy; of these two are known.
    let passed = std::time::Duration::from_secs(10);
    let others = interval.without(passed / 5, passed).others_share;
    assert_eq!(others, Some(0.25));
    assert_eq!(interval.without(passed, passed).others_share, Some(0.0));
    assert_eq!(interval.swapped_pages, Some(42));
    assert_eq!(interval.throttled_periods, Some(7));
    assert_eq!(interval.thermal_throttles, Some(3));
    let none = after.since(&after);
    assert_eq!(none.stolen_share, None, "no time has passed");
    assert_eq!(none.swapped_pages, Some(0));
    assert_eq!(Machine::default().counters(), Counters::default());
}

/// Whatever this machine is, it says something, and all of it within bounds.
#[test]
fn this_machine_is_read() {
    let conditions = Conditions::read(Path::new("/"));
    assert!(!conditions.topology.usable.is_empty());
    assert!(conditions.kernel.is_some());
    assert!(conditions.memory.total_bytes > Some(1 << 20));
    assert_eq!(
        Fingerprint::of(&conditions),
        Fingerprint::of(&Conditions::read(Path::new("/")))
    );
}
