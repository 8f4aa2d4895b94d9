//! What decides how fast each CPU runs. Documentation/admin-guide/pm/cpufreq.rst and
//! Documentation/admin-guide/pm/intel_pstate.rst.

use super::CpuSet;
use super::kernel_files::KernelFiles;

/// The frequency of one CPU. A virtual machine mostly shows none of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CpuSpeed {
    /// Its number.
    pub cpu: u32,
    /// What chooses its frequency: `performance`, `powersave`, `schedutil`.
    pub governor: Option<String>,
    /// The frequency that was last asked for, in kHz.
    pub current_khz: Option<u64>,
    /// The highest that it is capable of, in kHz.
    pub highest_khz: Option<u64>,
}

/// Whether processors may exceed their nominal frequency while they are cool and few are busy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turbo {
    /// Whether they may.
    pub is_on: bool,
    /// What switches it.
    pub switch: TurboSwitch,
}

/// The file that switches turbo frequencies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TurboSwitch {
    /// `intel_pstate/no_turbo`: `1` forbids them.
    IntelPstate,
    /// `cpufreq/boost`: `0` forbids them.
    Boost,
}

/// The frequencies of `cpus`.
pub(super) fn read(files: &KernelFiles, cpus: &CpuSet) -> Vec<CpuSpeed> {
    let speed = |cpu| {
        let folder = format!("sys/devices/system/cpu/cpu{cpu}/cpufreq");
        CpuSpeed {
            cpu,
            governor: files.word(&format!("{folder}/scaling_governor")),
            current_khz: files.number(&format!("{folder}/scaling_cur_freq")),
            highest_khz: files.number(&format!("{folder}/cpuinfo_max_freq")),
        }
    };
    cpus.iter().map(speed).collect()
}

/// Whether turbo frequencies are allowed.
pub(super) fn turbo(files: &KernelFiles) -> Option<Turbo> {
    if let Some(is_forbidden) = files.flag("sys/devices/system/cpu/intel_pstate/no_turbo") {
        return Some(Turbo {
            is_on: !is_forbidden,
            switch: TurboSwitch::IntelPstate,
        });
    }
    let is_on = files.flag("sys/devices/system/cpu/cpufreq/boost")?;
    Some(Turbo {
        is_on,
        switch: TurboSwitch::Boost,
    })
}
