//! Which CPUs there are, which of them share a core, and which may be used here.

use super::CpuSet;
use super::kernel_files::KernelFiles;

/// A core, with all CPUs that it carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Core {
    /// More than one with simultaneous multithreading.
    pub cpus: CpuSet,
    /// How much it does compared to the largest core of the machine, which has 1024; known where
    /// cores differ.
    pub capacity: Option<u32>,
}

/// The CPUs of a machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Topology {
    /// Every core with a CPU that is on, by the number of its first CPU.
    pub cores: Vec<Core>,
    /// On which CPUs the scheduler puts what this process starts.
    pub usable: CpuSet,
    /// On which CPUs the scheduler puts nothing by itself, of those that this process may ask for.
    pub isolated: CpuSet,
    /// Whether the kernel said which CPUs share a core; else each counts as a core of its own.
    pub is_known: bool,
}

impl Topology {
    /// The cores of which this process may use at least one CPU.
    pub fn usable_cores(&self) -> impl Iterator<Item = &Core> {
        let is_usable = |core: &&Core| !core.cpus.common(&self.usable).is_empty();
        self.cores.iter().filter(is_usable)
    }
}

/// Reads it; `permitted` are the CPUs of the control group, where that is known.
///
/// `online` and `isolated`: Documentation/admin-guide/cputopology.rst and
/// Documentation/ABI/testing/sysfs-devices-system-cpu. A process does not start with isolated CPUs
/// in its mask (kernel-parameters.txt, `isolcpus`) and may yet ask for them.
pub(super) fn read(files: &KernelFiles, permitted: Option<&CpuSet>) -> Topology {
    let allowed = allowed(files);
    let online = files
        .cpus("sys/devices/system/cpu/online")
        .filter(|online| !online.is_empty())
        .or_else(|| allowed.clone())
        .unwrap_or_else(|| listed(files));
    let isolated = files
        .cpus("sys/devices/system/cpu/isolated")
        .unwrap_or_default()
        .common(&online);
    let (cores, is_known) = cores(files, &online);
    Topology {
        cores,
        usable: allowed.unwrap_or_else(|| online.clone()).common(&online),
        isolated: match permitted {
            Some(permitted) => isolated.common(permitted),
            None => isolated,
        },
        is_known,
    }
}

/// The mask of this process, proc_pid_status(5): what `taskset` and cpusets left.
fn allowed(files: &KernelFiles) -> Option<CpuSet> {
    let status = files.text("proc/self/status")?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    line?.trim().parse().ok()
}

/// The CPUs that `/proc/cpuinfo` names.
fn listed(files: &KernelFiles) -> CpuSet {
    let text = files.text("proc/cpuinfo").unwrap_or_default();
    let numbers = text.lines().filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        (name.trim() == "processor").then(|| value.trim().parse().ok())?
    });
    numbers.collect()
}

/// The cores that carry `online`, and whether the kernel said of each CPU what shares its core.
/// `core_cpus_list` was called `thread_siblings_list` before Linux 5.3:
/// Documentation/admin-guide/cputopology.rst.
fn cores(files: &KernelFiles, online: &CpuSet) -> (Vec<Core>, bool) {
    let mut cores: Vec<Core> = Vec::new();
    let mut is_known = !online.is_empty();
    for cpu in online.iter() {
        if cores.iter().any(|core| core.cpus.contains(cpu)) {
            continue;
        }
        let folder = format!("sys/devices/system/cpu/cpu{cpu}");
        let sharing = files
            .cpus(&format!("{folder}/topology/core_cpus_list"))
            .or_else(|| files.cpus(&format!("{folder}/topology/thread_siblings_list")))
            .filter(|sharing| sharing.contains(cpu));
        is_known &= sharing.is_some();
        cores.push(Core {
            cpus: sharing.map_or_else(|| [cpu].into_iter().collect(), |all| all.common(online)),
            // Documentation/ABI/testing/sysfs-devices-system-cpu, `cpu_capacity`.
            capacity: files.number(&format!("{folder}/cpu_capacity")),
        });
    }
    (cores, is_known)
}
