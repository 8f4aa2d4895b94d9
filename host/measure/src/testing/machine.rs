//! Machines: folders of the text that a kernel shows.

use std::collections::BTreeMap;

use crate::conditions::{Conditions, Counters};

/// Files by path.
#[derive(Clone, Default)]
pub(crate) struct Machine(BTreeMap<String, String>);

impl Machine {
    /// The same machine with another text in a file.
    pub fn with(mut self, path: &str, text: &str) -> Self {
        self.write(path, text);
        self
    }

    /// Changes the text of a file.
    pub fn write(&mut self, path: &str, text: &str) {
        self.0.insert(path.to_owned(), text.to_owned());
    }

    /// All paths.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// What is read of it.
    pub fn read(&self) -> Conditions {
        Conditions::read(self.folder().path())
    }

    /// What it counts.
    pub fn counters(&self) -> Counters {
        Counters::read(self.folder().path())
    }

    fn folder(&self) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder can be made");
        for (path, text) in &self.0 {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().expect("it lies in the folder")).unwrap();
            std::fs::write(path, text).unwrap();
        }
        folder
    }
}

/// A quiet server: four cores, no turbo, `performance`, one thread a core.
pub(crate) fn server() -> Machine {
    let mut machine = Machine::default();
    let mut cpuinfo = String::new();
    for cpu in 0..4 {
        let folder = format!("sys/devices/system/cpu/cpu{cpu}");
        cpuinfo += &format!(
            "processor\t: {cpu}\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 1\n\
             model name\t: AMD EPYC 7443P 24-Core Processor\nstepping\t: 1\ncpu MHz\t\t: 2850.{cpu}\n\
             flags\t\t: fpu vme sse2\n\n"
        );
        machine = machine
            .with(
                &format!("{folder}/topology/core_cpus_list"),
                &cpu.to_string(),
            )
            .with(
                &format!("{folder}/cpufreq/scaling_governor"),
                "performance\n",
            )
            .with(&format!("{folder}/cpufreq/scaling_cur_freq"), "2850000\n")
            .with(&format!("{folder}/cpufreq/cpuinfo_max_freq"), "2850000\n")
            .with(
                &format!("{folder}/thermal_throttle/core_throttle_count"),
                "0\n",
            );
    }
    machine
        .with("proc/cpuinfo", &cpuinfo)
        .with("proc/loadavg", "0.12 0.30 0.25 1/312 4711\n")
        .with("proc/meminfo", "MemTotal:       16303112 kB\nMemFree: 9000000 kB\n\
               MemAvailable:   12000000 kB\nSwapTotal:       2097148 kB\nSwapFree:        2097148 kB\n")
        .with("proc/self/status", "Name:\torch\nCpus_allowed:\tf\nCpus_allowed_list:\t0-3\n")
        .with("proc/self/mountinfo", "29 24 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n")
        .with("proc/self/cgroup", "0::/build/job\n")
        .with("proc/stat", "cpu  100 0 50 1000 50 0 0 0 10 0\n")
        .with("proc/sys/kernel/osrelease", "6.12.4-generic\n")
        .with("proc/vmstat", "pswpin 0\npswpout 0\n")
        .with("sys/class/thermal/thermal_zone0/temp", "45000\n")
        .with("sys/class/thermal/thermal_zone0/trip_point_0_temp", "95000\n")
        .with("sys/class/thermal/thermal_zone0/trip_point_0_type", "passive\n")
        .with("sys/class/thermal/thermal_zone0/type", "x86_pkg_temp\n")
        .with("sys/devices/system/cpu/cpufreq/boost", "0\n")
        .with("sys/devices/system/cpu/isolated", "\n")
        .with("sys/devices/system/cpu/online", "0-3\n")
        .with("sys/devices/system/cpu/smt/active", "0\n")
        .with("sys/fs/cgroup/build/job/cpu.max", "max 100000\n")
        .with("sys/fs/cgroup/build/job/cpu.stat", "usage_usec 123\nnr_periods 0\nnr_throttled 0\n")
        .with("sys/fs/cgroup/build/job/cpuset.cpus.effective", "0-3\n")
        .with("sys/fs/cgroup/build/job/memory.max", "max\n")
}
