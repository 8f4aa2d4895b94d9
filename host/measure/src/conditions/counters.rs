//! What the kernel counts since the machine was started, and what happened between two readings.

use std::time::Duration;

use super::kernel_files::{KernelFiles, field};
use super::limits;

/// Time of all CPUs together, in ticks. Only shares of it are of use: the length of a tick is not
/// known here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CpuTime {
    /// In all.
    pub total: u64,
    /// With nothing to do, or waiting for a disk.
    pub idle: u64,
    /// In which a CPU had work but the hypervisor ran something else.
    pub stolen: u64,
    /// How many CPUs that are.
    pub cpus: u32,
}

/// Counters that only grow. `None` where the machine does not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Where the time of all CPUs went.
    pub cpu_time: Option<CpuTime>,
    /// Periods in which the quota of a control group stopped this process's group.
    pub throttled_periods: Option<u64>,
    /// How often a processor was slowed down because it was too hot.
    pub thermal_throttles: Option<u64>,
    /// Pages of memory that went to disk or came back.
    pub swapped_pages: Option<u64>,
}

/// What happened between two readings; the unit of each figure is that of [`Counters`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Interval {
    /// The share of all CPU time that the hypervisor gave to others, between 0 and 1.
    pub stolen_share: Option<f64>,
    /// The share of all CPU time in which something ran here, between 0 and 1.
    pub busy_share: Option<f64>,
    /// The share of all CPU time in which something ran that is not known; see
    /// [`Interval::without`].
    pub others_share: Option<f64>,
    /// How many CPUs there are.
    pub cpus: Option<u32>,
    /// See [`Counters::throttled_periods`].
    pub throttled_periods: Option<u64>,
    /// See [`Counters::thermal_throttles`].
    pub thermal_throttles: Option<u64>,
    /// See [`Counters::swapped_pages`].
    pub swapped_pages: Option<u64>,
}

impl Counters {
    /// Reads them of the machine whose `proc` and `sys` lie in `root`.
    pub fn read(root: &std::path::Path) -> Self {
        let files = KernelFiles::below(root);
        Self {
            cpu_time: files.text("proc/stat").as_deref().and_then(cpu_time),
            throttled_periods: limits::throttled_periods(&files),
            thermal_throttles: thermal_throttles(&files),
            swapped_pages: files.text("proc/vmstat").and_then(|text| {
                // proc_vmstat(5).
                Some(field(&text, "pswpin")?.saturating_add(field(&text, "pswpout")?))
            }),
        }
    }

    /// What happened since `earlier`, on the same machine.
    pub fn since(&self, earlier: &Self) -> Interval {
        let passed = self
            .cpu_time
            .zip(earlier.cpu_time)
            .map(|(now, then)| CpuTime {
                total: now.total.saturating_sub(then.total),
                idle: now.idle.saturating_sub(then.idle),
                stolen: now.stolen.saturating_sub(then.stolen),
                cpus: now.cpus,
            })
            .filter(|passed| passed.total > 0);
        let share = |ticks: fn(&CpuTime) -> u64| {
            passed.map(|passed| (ticks(&passed) as f64 / passed.total as f64).min(1.0))
        };
        Interval {
            stolen_share: share(|passed| passed.stolen),
            busy_share: share(|passed| {
                passed
                    .total
                    .saturating_sub(passed.idle)
                    .saturating_sub(passed.stolen)
            }),
            others_share: None,
            cpus: passed.map(|passed| passed.cpus),
            throttled_periods: grown(self.throttled_periods, earlier.throttled_periods),
            thermal_throttles: grown(self.thermal_throttles, earlier.thermal_throttles),
            swapped_pages: grown(self.swapped_pages, earlier.swapped_pages),
        }
    }
}

impl Interval {
    /// With what others took, where so much CPU time in so much time is known to be of what is
    /// measured and of who measures it.
    pub fn without(self, own: Duration, passed: Duration) -> Self {
        let share = |cpus: u32| own.as_secs_f64() / (passed.as_secs_f64() * f64::from(cpus));
        let own = self.cpus.filter(|cpus| *cpus > 0).map(share);
        Self {
            others_share: self
                .busy_share
                .zip(own)
                .map(|(busy, own)| (busy - own).max(0.0)),
            ..self
        }
    }
}

fn grown(now: Option<u64>, then: Option<u64>) -> Option<u64> {
    Some(now?.saturating_sub(then?))
}

/// The line `cpu` of `/proc/stat`, proc_stat(5): user, nice, system, idle, iowait, irq, softirq,
/// steal, guest, guest_nice. The last two are counted in the first two already.
fn cpu_time(stat: &str) -> Option<CpuTime> {
    let line = stat.lines().find_map(|line| line.strip_prefix("cpu "))?;
    let ticks: Vec<u64> = line
        .split_whitespace()
        .map_while(|number| number.parse().ok())
        .take(8)
        .collect();
    let [_, _, _, idle, iowait, _, _, stolen] = ticks[..] else {
        return None;
    };
    Some(CpuTime {
        total: ticks
            .iter()
            .fold(0, |sum: u64, ticks| sum.saturating_add(*ticks)),
        idle: idle.saturating_add(iowait),
        stolen,
        cpus: stat.lines().filter(|line| is_of_one_cpu(line)).count() as u32,
    })
}

/// `cpu0 …`, where the line before is of all.
fn is_of_one_cpu(line: &str) -> bool {
    let rest = line.strip_prefix("cpu");
    rest.is_some_and(|rest| rest.starts_with(|digit: char| digit.is_ascii_digit()))
}

/// What Intel's processors count: each core for itself, and each CPU of a package the package's
/// count. arch/x86/kernel/cpu/mce/therm_throt.c makes these files.
fn thermal_throttles(files: &KernelFiles) -> Option<u64> {
    let names = files.names("sys/devices/system/cpu");
    let cpus = names.iter().filter(|name| {
        let number = name.strip_prefix("cpu");
        number.is_some_and(|number| number.parse::<u32>().is_ok())
    });
    let counts = cpus.flat_map(|cpu| {
        ["core_throttle_count", "package_throttle_count"].map(|file| {
            let path = format!("sys/devices/system/cpu/{cpu}/thermal_throttle/{file}");
            files.number::<u64>(&path)
        })
    });
    counts.flatten().reduce(u64::saturating_add)
}
