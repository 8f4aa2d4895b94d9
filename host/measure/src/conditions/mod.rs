//! What a machine is and what is set on it, as far as times depend on it: read from the small
//! files in which the kernel says so.
//!
//! Everything may be missing, as it is in containers and virtual machines. What is missing is
//! `None` or empty and listed by [`Conditions::unknown`]; nothing is guessed. What any of it means
//! for a measurement is said by `noise`.

mod counters;
mod cpu_set;
mod fingerprint;
mod heat;
mod kernel_files;
mod limits;
mod memory;
mod pi_firmware;
mod processor;
mod speed;
mod topology;
mod virtualization;

use std::path::Path;
use std::time::Duration;

use kernel_files::KernelFiles;

pub use counters::{Counters, CpuTime, Interval};
pub use cpu_set::CpuSet;
pub use fingerprint::Fingerprint;
pub use heat::Zone;
pub use limits::Limits;
pub use memory::Memory;
pub use pi_firmware::PiFirmware;
pub use processor::ProcessorModel;
pub use speed::{CpuSpeed, Turbo, TurboSwitch};
pub use topology::{Core, Topology};
pub use virtualization::Virtualization;

/// A machine as it was when it was looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct Conditions {
    /// What a machine with a device tree calls itself: `Raspberry Pi 5 Model B Rev 1.0`.
    pub board: Option<String>,
    /// Each kind of processor that it has, in the order of their numbers.
    pub processors: Vec<ProcessorModel>,
    /// Its CPUs, and which of them may be used here.
    pub topology: Topology,
    /// The frequency of each CPU that may be used here, by number.
    pub speeds: Vec<CpuSpeed>,
    /// Whether processors may exceed their nominal frequency.
    pub turbo: Option<Turbo>,
    /// Whether two CPUs share a core somewhere.
    pub is_smt_active: Option<bool>,
    /// Its memory.
    pub memory: Memory,
    /// The kernel's release: `6.12.4-arm64`.
    pub kernel: Option<String>,
    /// Whether it is a virtual machine.
    pub virtualization: Virtualization,
    /// What control groups allow this process.
    pub limits: Limits,
    /// Threads that ran or waited for a disk, on average over the last minute.
    pub load_average: Option<f64>,
    /// Its temperatures.
    pub zones: Vec<Zone>,
    /// What the firmware of a Raspberry Pi does; none elsewhere.
    pub pi_firmware: Option<PiFirmware>,
}

impl Conditions {
    /// Looks at the machine whose `proc` and `sys` lie in `root`: `/`, or a folder of a test.
    pub fn read(root: &Path) -> Self {
        let files = KernelFiles::below(root);
        let limits = limits::read(&files);
        let topology = topology::read(&files, limits.cpus.as_ref());
        Self {
            board: board(&files),
            processors: processor::read(&files),
            speeds: speed::read(&files, &topology.usable),
            turbo: speed::turbo(&files),
            // Documentation/ABI/testing/sysfs-devices-system-cpu.
            is_smt_active: files.flag("sys/devices/system/cpu/smt/active"),
            memory: memory::read(&files),
            // proc_sys_kernel(5).
            kernel: files.word("proc/sys/kernel/osrelease"),
            virtualization: virtualization::read(&files),
            load_average: load_average(&files),
            zones: heat::read(&files),
            pi_firmware: pi_firmware::read(&files),
            topology,
            limits,
        }
    }

    /// What could not be found out, in words of a person.
    pub fn unknown(&self) -> Vec<&'static str> {
        let known = [
            ("the processor's model", !self.processors.is_empty()),
            ("which CPUs share a core", self.topology.is_known),
            (
                "governors",
                self.speeds.iter().any(|speed| speed.governor.is_some()),
            ),
            (
                "frequencies",
                self.speeds.iter().any(|speed| speed.current_khz.is_some()),
            ),
            ("turbo", self.turbo.is_some()),
            ("simultaneous multithreading", self.is_smt_active.is_some()),
            ("memory", self.memory.total_bytes.is_some()),
            ("the kernel's release", self.kernel.is_some()),
            (
                "whether this is a virtual machine",
                self.virtualization != Virtualization::Unknown,
            ),
            ("limits of control groups", self.limits.is_known),
            ("load average", self.load_average.is_some()),
            ("temperatures", !self.zones.is_empty()),
        ];
        let missing = known.iter().filter(|(_, is_known)| !is_known);
        missing.map(|(what, _)| *what).collect()
    }
}

/// The CPU time of the control group of who reads `root`: in a folder that was brought from another
/// machine, of who read it there. None where it cannot be seen.
pub fn own_cpu_time(root: &Path) -> Option<Duration> {
    limits::cpu_time(&KernelFiles::below(root))
}

/// The name of the machine in its device tree, which ends with a zero byte.
/// Devicetree Specification, property `model` of the root node.
fn board(files: &KernelFiles) -> Option<String> {
    let model = files.word("proc/device-tree/model")?;
    Some(model.trim_end_matches('\0').to_owned()).filter(|model| !model.is_empty())
}

/// The first number of `/proc/loadavg`, proc_loadavg(5).
fn load_average(files: &KernelFiles) -> Option<f64> {
    let text = files.text("proc/loadavg")?;
    let average: f64 = text.split_whitespace().next()?.parse().ok()?;
    average.is_finite().then_some(average)
}

#[cfg(test)]
mod tests;
