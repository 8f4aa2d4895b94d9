//! What control groups leave this process of the machine, by either version of them:
//! Documentation/admin-guide/cgroup-v2.rst; Documentation/scheduler/sched-bwc.rst,
//! Documentation/admin-guide/cgroup-v1/{cpusets,memory}.rst; cgroups(7).
//!
//! A limit binds all groups below, so each is looked for from the group of this process up to the
//! uppermost that can be seen. In a container that is often the container's own.

use std::time::Duration;

use orch_cgroup::{Hierarchy, Version, hierarchies};

use super::CpuSet;
use super::kernel_files::KernelFiles;

/// Version 1 says "no limit" with the largest number of pages that it can count; nothing that
/// has so much memory exists.
const NO_LIMIT_BYTES: u64 = 1 << 60;

/// What control groups allow this process.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Limits {
    /// How many CPUs' time it may use, where there is a quota: 1.5 for 150 ms in each 100 ms.
    pub cpus_quota: Option<f64>,
    /// How much memory, in bytes, where that is limited.
    pub memory_bytes: Option<u64>,
    /// Which CPUs, where the kernel says.
    pub cpus: Option<CpuSet>,
    /// Whether control groups could be read; else there may be limits that nobody sees.
    pub is_known: bool,
}

/// Reads them.
pub(super) fn read(files: &KernelFiles) -> Limits {
    let groups = groups(files);
    let quotas = groups.iter().flat_map(|group| {
        let of_folder = move |folder: &String| quota(files, group.version, folder);
        group.folders.iter().filter_map(of_folder)
    });
    let memories = groups.iter().flat_map(|group| {
        let file = match group.version {
            Version::One => "memory.limit_in_bytes",
            Version::Two => "memory.max",
        };
        let of_folder = move |folder: &String| files.number::<u64>(&format!("{folder}/{file}"));
        group.folders.iter().filter_map(of_folder)
    });
    let own = groups.iter().filter_map(|group| {
        let file = match group.version {
            Version::One => "cpuset.effective_cpus",
            Version::Two => "cpuset.cpus.effective",
        };
        files.cpus(&format!("{}/{file}", group.folders.first()?))
    });
    Limits {
        cpus_quota: quotas.min_by(f64::total_cmp),
        memory_bytes: memories.filter(|bytes| *bytes < NO_LIMIT_BYTES).min(),
        cpus: own.reduce(|all, cpus| all.common(&cpus)),
        is_known: !groups.is_empty(),
    }
}

/// In how many periods the quota of this process's groups stopped them, since they were made.
pub(super) fn throttled_periods(files: &KernelFiles) -> Option<u64> {
    let counts = groups(files).into_iter().filter_map(|group| {
        let folders = group.folders.iter();
        let of_folder = |folder| files.field(&format!("{folder}/cpu.stat"), "nr_throttled");
        folders.filter_map(of_folder).reduce(u64::saturating_add)
    });
    counts.reduce(u64::saturating_add)
}

/// The CPU time that all of the group of this process has used since it was made. None of the
/// uppermost group, in which everybody may be.
pub(super) fn cpu_time(files: &KernelFiles) -> Option<Duration> {
    groups(files).iter().find_map(|group| {
        let [folder, _, ..] = &*group.folders else {
            return None;
        };
        match group.version {
            Version::Two => {
                let used = files.field(&format!("{folder}/cpu.stat"), "usage_usec");
                used.map(Duration::from_micros)
            }
            Version::One => {
                let used = files.number(&format!("{folder}/cpuacct.usage"));
                used.map(Duration::from_nanos)
            }
        }
    })
}

/// CPUs' worth of time: `cpu.max` holds the time and the period in one file, version 1 in two.
fn quota(files: &KernelFiles, version: Version, folder: &str) -> Option<f64> {
    let (time, period) = match version {
        Version::Two => {
            let text = files.text(&format!("{folder}/cpu.max"))?;
            let (time, period) = text.split_once(' ')?;
            // `max` is no number: no quota.
            (time.parse::<f64>().ok()?, period.parse::<f64>().ok()?)
        }
        Version::One => (
            files.number(&format!("{folder}/cpu.cfs_quota_us"))?,
            files.number(&format!("{folder}/cpu.cfs_period_us"))?,
        ),
    };
    // Version 1 says -1 where there is none.
    (time > 0.0 && period > 0.0).then(|| time / period)
}

/// The hierarchies that are mounted here and name this process.
fn groups(files: &KernelFiles) -> Vec<Hierarchy> {
    let text = |path| files.text(path).unwrap_or_default();
    hierarchies(&text("proc/self/mountinfo"), &text("proc/self/cgroup"))
}
