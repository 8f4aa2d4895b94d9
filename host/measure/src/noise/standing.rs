//! What can be seen before anything is measured: settings, limits, and what else is going on.

use std::collections::BTreeMap;

use super::{Noise, Warning};
use crate::conditions::{Conditions, CpuSet, TurboSwitch, Virtualization};

/// From this share of the usable CPUs on, others are busy enough to be met: with half of it, a
/// program of one thread still finds an idle CPU most of the time.
pub(super) const LOAD_PER_CPU: f64 = 0.25;

/// So near to where the kernel slows processors down, a measurement brings it there.
const NEAR_MILLIDEGREES: i64 = 5_000;

/// From this share of the memory on, some of what is on disk will be wanted again.
const SWAPPED_SHARE: f64 = 0.01;

/// What disturbs measurements in these conditions, the gravest first.
pub fn warnings(conditions: &Conditions) -> Vec<Warning> {
    let mut warnings: Vec<Warning> = [
        load, power, slowed, quota, governor, turbo, smt, swap, hypervisor,
    ]
    .iter()
    .filter_map(|warning| warning(conditions))
    .chain(heat(conditions))
    .collect();
    warnings.sort_by_key(|warning| warning.noise);
    warnings
}

fn load(conditions: &Conditions) -> Option<Warning> {
    let average = conditions.load_average?;
    let cpus = conditions.topology.usable.len();
    if cpus == 0 || average < LOAD_PER_CPU * cpus as f64 {
        return None;
    }
    Some(Warning {
        noise: Noise::Load,
        found: format!("the load average of the last minute is {average:.2} on {cpus} CPUs"),
        meaning: "other programs take time and caches from what is measured",
        remedy: "`top` shows which; end them, or wait a minute after a build".to_owned(),
    })
}

fn power(conditions: &Conditions) -> Option<Warning> {
    conditions
        .pi_firmware
        .filter(|firmware| firmware.is_undervolted)?;
    Some(Warning {
        noise: Noise::Power,
        found: "the board gets too little voltage".to_owned(),
        meaning: "the firmware slows the processor down whenever it needs more",
        remedy: "use the power supply that its maker recommends, and a shorter cable".to_owned(),
    })
}

fn slowed(conditions: &Conditions) -> Option<Warning> {
    conditions
        .pi_firmware
        .filter(|firmware| firmware.is_slowed)?;
    Some(Warning {
        noise: Noise::Heat,
        found: "the firmware runs the processor slower than it was told to".to_owned(),
        meaning: "how fast it is depends on heat and power, and changes in between",
        remedy: "cool it better; `vcgencmd get_throttled` says why".to_owned(),
    })
}

fn quota(conditions: &Conditions) -> Option<Warning> {
    let quota = conditions.limits.cpus_quota?;
    Some(Warning {
        noise: Noise::Quota,
        found: format!("a control group allows the time of {quota} CPUs"),
        meaning: "a program that has used it up stands still until the next period of \
                  mostly 100 ms",
        remedy: "measure with fewer threads than that, or without `cpu.max` (`docker run --cpus`, \
                 `limits.cpu`), on CPUs of its own (`--cpuset-cpus`)"
            .to_owned(),
    })
}

/// The governors that follow the load: Documentation/admin-guide/pm/cpufreq.rst, and of
/// `powersave` Documentation/admin-guide/pm/intel_pstate.rst.
fn governor(conditions: &Conditions) -> Option<Warning> {
    const CHANGING: [&str; 4] = ["powersave", "schedutil", "ondemand", "conservative"];
    let mut cpus = BTreeMap::<&str, Vec<u32>>::new();
    for speed in &conditions.speeds {
        let governor = speed.governor.as_deref();
        if let Some(governor) = governor.filter(|governor| CHANGING.contains(governor)) {
            cpus.entry(governor).or_default().push(speed.cpu);
        }
    }
    if cpus.is_empty() {
        return None;
    }
    let found: Vec<String> = cpus
        .iter()
        .map(|(governor, cpus)| {
            let cpus: CpuSet = cpus.iter().copied().collect();
            format!("{governor} on CPU {cpus}")
        })
        .collect();
    Some(Warning {
        noise: Noise::Governor,
        found: format!("the governor is {}", found.join(" and ")),
        meaning: "a CPU is slow at first and speeds up while it is measured",
        remedy: "sudo cpupower frequency-set -g performance".to_owned(),
    })
}

fn turbo(conditions: &Conditions) -> Option<Warning> {
    let turbo = conditions.turbo.filter(|turbo| turbo.is_on)?;
    let remedy = match turbo.switch {
        TurboSwitch::IntelPstate => {
            "echo 1 | sudo tee /sys/devices/system/cpu/intel_pstate/no_turbo"
        }
        TurboSwitch::Boost => "echo 0 | sudo tee /sys/devices/system/cpu/cpufreq/boost",
    };
    Some(Warning {
        noise: Noise::Turbo,
        found: "turbo frequencies are on".to_owned(),
        meaning: "how fast a CPU is depends on its heat and on how many others are busy",
        remedy: remedy.to_owned(),
    })
}

fn smt(conditions: &Conditions) -> Option<Warning> {
    conditions.is_smt_active.filter(|is_active| *is_active)?;
    Some(Warning {
        noise: Noise::Smt,
        found: "simultaneous multithreading is on".to_owned(),
        meaning: "whatever runs on the other CPU of a core makes this one slower",
        remedy: "echo off | sudo tee /sys/devices/system/cpu/smt/control, or pin to a whole core"
            .to_owned(),
    })
}

fn swap(conditions: &Conditions) -> Option<Warning> {
    let swapped = conditions.memory.swapped_bytes? as f64;
    let total = conditions.memory.total_bytes.filter(|total| *total > 0)? as f64;
    if swapped < SWAPPED_SHARE * total {
        return None;
    }
    Some(Warning {
        noise: Noise::Swap,
        found: format!("swap holds {} MiB", (swapped / f64::from(1 << 20)).round()),
        meaning: "what is wanted again must come from disk first",
        remedy: "end what needs the memory, then `sudo swapoff -a && sudo swapon -a`".to_owned(),
    })
}

fn hypervisor(conditions: &Conditions) -> Option<Warning> {
    let Virtualization::Hypervisor(name) = &conditions.virtualization else {
        return None;
    };
    let of = name.as_ref().map(|name| format!(" ({name})"));
    Some(Warning {
        noise: Noise::Hypervisor,
        found: format!("this is a virtual machine{}", of.unwrap_or_default()),
        meaning: "other guests share its caches, memory and clock, and cannot be seen from here",
        remedy: "take more samples, in turns with the baseline; or measure on a whole machine"
            .to_owned(),
    })
}

fn heat(conditions: &Conditions) -> impl Iterator<Item = Warning> {
    conditions.zones.iter().filter_map(|zone| {
        let slows_at = zone.slows_at_millidegrees?;
        (zone.millidegrees >= slows_at - NEAR_MILLIDEGREES).then(|| Warning {
            noise: Noise::Heat,
            found: format!(
                "`{}` has {} °C, and processors are slowed down from {} °C on",
                zone.name,
                zone.millidegrees / 1000,
                slows_at / 1000
            ),
            meaning: "later samples are slower than earlier ones",
            remedy: "let it cool down, or cool it better".to_owned(),
        })
    })
}
