//! What is warned of, in whole.

use expect_test::{Expect, expect};

use super::*;
use crate::conditions::{Counters, Interval};
use crate::testing::{Machine, server};

#[track_caller]
fn check(machine: &Machine, expected: &Expect) {
    expected.assert_eq(&written(&warnings(&machine.read())));
}

fn written(warnings: &[Warning]) -> String {
    let lines = warnings
        .iter()
        .map(|warning| format!("{}: {warning}\n", warning.noise.name()));
    lines.collect()
}

#[test]
fn a_quiet_server_is_not_warned_of() {
    check(&server(), &expect![""]);
}

#[test]
fn what_is_not_known_is_not_warned_of() {
    check(&Machine::default(), &expect![""]);
}

#[test]
fn everything_that_disturbs_is_said_the_gravest_first() {
    let mut machine = server()
        .with("proc/loadavg", "3.10 2.00 1.00 4/300 99")
        .with(
            "proc/meminfo",
            "MemTotal: 16303112 kB\nSwapTotal: 2097148 kB\nSwapFree: 1048572 kB\n",
        )
        .with("sys/class/thermal/thermal_zone0/temp", "92500")
        .with("sys/devices/system/cpu/cpufreq/boost", "1")
        .with("sys/devices/system/cpu/smt/active", "1")
        .with("sys/fs/cgroup/build/cpu.max", "150000 100000")
        .with("sys/hypervisor/type", "xen");
    for (cpu, governor) in ["powersave", "powersave", "schedutil", "performance"]
        .iter()
        .enumerate()
    {
        let path = format!("sys/devices/system/cpu/cpu{cpu}/cpufreq/scaling_governor");
        machine.write(&path, governor);
    }
    check(
        &machine,
        &expect![[r#"
            quota: a control group allows the time of 1.5 CPUs: a program that has used it up stands still until the next period of mostly 100 ms; measure with fewer threads than that, or without `cpu.max` (`docker run --cpus`, `limits.cpu`), on CPUs of its own (`--cpuset-cpus`)
            heat: `x86_pkg_temp` has 92 °C, and processors are slowed down from 95 °C on: later samples are slower than earlier ones; let it cool down, or cool it better
            load: the load average of the last minute is 3.10 on 4 CPUs: other programs take time and caches from what is measured; `top` shows which; end them, or wait a minute after a build
            governor: the governor is powersave on CPU 0-1 and schedutil on CPU 2: a CPU is slow at first and speeds up while it is measured; sudo cpupower frequency-set -g performance
            turbo: turbo frequencies are on: how fast a CPU is depends on its heat and on how many others are busy; echo 0 | sudo tee /sys/devices/system/cpu/cpufreq/boost
            smt: simultaneous multithreading is on: whatever runs on the other CPU of a core makes this one slower; echo off | sudo tee /sys/devices/system/cpu/smt/control, or pin to a whole core
            swap: swap holds 1024 MiB: what is wanted again must come from disk first; end what needs the memory, then `sudo swapoff -a && sudo swapon -a`
            hypervisor: this is a virtual machine (xen): other guests share its caches, memory and clock, and cannot be seen from here; take more samples, in turns with the baseline; or measure on a whole machine
        "#]],
    );
}

#[test]
fn intel_has_its_own_switch() {
    let machine = server().with("sys/devices/system/cpu/intel_pstate/no_turbo", "0");
    check(
        &machine,
        &expect![[r#"
        turbo: turbo frequencies are on: how fast a CPU is depends on its heat and on how many others are busy; echo 1 | sudo tee /sys/devices/system/cpu/intel_pstate/no_turbo
    "#]],
    );
}

#[test]
fn a_pi_says_what_its_firmware_does() {
    let pi =
        |bits| Machine::default().with("sys/devices/platform/soc/soc:firmware/get_throttled", bits);
    // Once, since its start, it was hot and short of power.
    check(&pi("50000\n"), &expect![""]);
    check(
        &pi("50005\n"),
        &expect![[r#"
        heat: the firmware runs the processor slower than it was told to: how fast it is depends on heat and power, and changes in between; cool it better; `vcgencmd get_throttled` says why
        power: the board gets too little voltage: the firmware slows the processor down whenever it needs more; use the power supply that its maker recommends, and a shorter cable
    "#]],
    );
}

#[test]
fn what_happened_meanwhile_is_said() {
    let before = server().counters();
    let after = Counters {
        throttled_periods: Some(12),
        thermal_throttles: Some(2),
        swapped_pages: Some(42),
        ..server()
            .with("proc/stat", "cpu  300 0 100 1500 50 0 0 34 10 0\n")
            .counters()
    };
    expect![[r#"
        steal: the hypervisor gave 4.3% of the time to others: times are longer by about as much, and by more in some samples; measure when its other guests are quiet, or on a machine with CPUs of its own
        quota: the quota of a control group stopped programs 12 times: some samples hold a time in which nothing ran; measure with fewer threads, or raise `cpu.max` (`docker run --cpus`, `limits.cpu`)
        heat: processors were slowed down 2 times because of their heat: later samples are slower than earlier ones; let it cool down, cool it better, or turn turbo frequencies off
        swap: pages of memory went to disk or came back 42 times: some samples waited for the disk; end what needs the memory, or measure on a machine with more of it
    "#]].assert_eq(&written(&warnings_during(&after.since(&before))));
    let busy = Interval {
        others_share: Some(0.3),
        ..Interval::default()
    };
    expect![[r#"
        load: other programs took 30.0% of all CPU time: samples waited for a CPU, and found its caches emptied; `top` shows which; end them, and measure again
    "#]]
    .assert_eq(&written(&warnings_during(&busy)));
    assert_eq!(warnings_during(&before.since(&before)), []);
    assert_eq!(warnings_during(&Interval::default()), []);
}
