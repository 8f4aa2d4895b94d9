//! By which times are comparable: what a machine is and how it is set, in one digest.
//!
//! In it is what shifts every time on a machine and stays until somebody changes it:
//!
//! * the processors, by name and by their makers' numbers, since hypervisors give many models one
//!   name; and the board, since one processor is clocked and cooled differently on two of them;
//! * the CPUs that may be used, the cores behind them and a quota: a program of several threads is
//!   faster with more, and two CPUs of one core are less than two cores;
//! * memory, roughly, since caches and garbage collectors go by it;
//! * major and minor version of the kernel: scheduler, page cache and the mitigations for
//!   processors' faults change with these;
//! * governor, turbo and simultaneous multithreading. They are settings, but each shifts times by
//!   more than most changes of a program do. Who sets the governor to `performance` starts a new
//!   history, and does not find that his program became faster;
//! * whether there is a hypervisor.
//!
//! Not in it is what comes and goes by itself (load, temperature, the frequency of the moment, swap,
//! steal): that is noise, and is warned of. Nor is anything that names one machine among equals, or
//! that a start changes (addresses, serial numbers, microcode, the kernel's build): two machines of
//! one kind are comparable.

use std::collections::BTreeSet;

use orch_model::{Digest, Hasher};

use super::{Conditions, Virtualization};

const GIB: u64 = 1 << 30;

/// What times are comparable by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// The same on two machines of one kind with the same settings.
    pub digest: Digest,
    /// One line for a person: `AMD EPYC, 2 CPUs on 2 cores, 24 GiB, Linux 6.18, virtual machine`.
    pub summary: String,
}

impl Fingerprint {
    /// That of a machine in these conditions. What is not known counts as a value of its own.
    pub fn of(conditions: &Conditions) -> Self {
        let mut hasher = Hasher::new();
        for (name, value) in parts(conditions) {
            hasher.field(name);
            hasher.field(value);
        }
        Self {
            digest: hasher.finish(),
            summary: summary(conditions),
        }
    }
}

/// All that goes into the digest, by name. A new part changes every fingerprint: it starts all
/// histories anew.
fn parts(conditions: &Conditions) -> Vec<(&'static str, String)> {
    let processors = conditions.processors.iter().map(|model| {
        let name = model.name.as_deref().unwrap_or_default();
        format!("{name} {}", model.numbers)
    });
    let cores = conditions.topology.usable_cores().map(|core| {
        let usable = core.cpus.common(&conditions.topology.usable).len();
        format!("{usable}/{}", core.cpus.len())
    });
    let governors: BTreeSet<&str> = conditions
        .speeds
        .iter()
        .filter_map(|speed| speed.governor.as_deref())
        .collect();
    vec![
        ("board", text(&conditions.board)),
        ("processors", processors.collect::<Vec<_>>().join("\n")),
        ("cores", cores.collect::<Vec<_>>().join(" ")),
        ("quota", text(&conditions.limits.cpus_quota)),
        ("memory", text(&usable_memory(conditions).map(rounded))),
        (
            "kernel",
            text(&conditions.kernel.as_deref().map(major_minor)),
        ),
        (
            "governors",
            governors.into_iter().collect::<Vec<_>>().join(" "),
        ),
        ("turbo", text(&conditions.turbo.map(|turbo| turbo.is_on))),
        ("smt", text(&conditions.is_smt_active)),
        ("hypervisor", hypervisor(&conditions.virtualization)),
    ]
}

fn hypervisor(virtualization: &Virtualization) -> String {
    match virtualization {
        Virtualization::None => "none".to_owned(),
        Virtualization::Hypervisor(name) => text(&Some(name.as_deref().unwrap_or_default())),
        Virtualization::Unknown => String::new(),
    }
}

/// What is known behind a sign, so that it differs from what is not.
fn text(value: &Option<impl ToString>) -> String {
    value
        .as_ref()
        .map_or_else(String::new, |value| format!("={}", value.to_string()))
}

fn summary(conditions: &Conditions) -> String {
    let mut parts = vec![name(conditions)];
    let (cpus, cores) = (
        conditions.topology.usable.len(),
        conditions.topology.usable_cores().count(),
    );
    if cpus > 0 {
        parts.push(format!(
            "{} on {}",
            counted(cpus, "CPU"),
            counted(cores, "core")
        ));
    }
    if let Some(quota) = conditions.limits.cpus_quota {
        parts.push(format!("the time of {quota} CPUs"));
    }
    if let Some(bytes) = usable_memory(conditions) {
        let gib = rounded(bytes) as f64 / GIB as f64;
        parts.push(format!("{} GiB", (gib * 100.0).round() / 100.0));
    }
    if let Some(kernel) = &conditions.kernel {
        parts.push(format!("Linux {}", major_minor(kernel)));
    }
    match &conditions.virtualization {
        Virtualization::None | Virtualization::Unknown => {}
        Virtualization::Hypervisor(None) => parts.push("virtual machine".to_owned()),
        Virtualization::Hypervisor(Some(name)) => parts.push(format!("virtual machine ({name})")),
    }
    parts.join(", ")
}

/// What a person calls the machine: the board, or else its processors.
fn name(conditions: &Conditions) -> String {
    if let Some(board) = &conditions.board {
        return board.clone();
    }
    let names = conditions
        .processors
        .iter()
        .map(|model| model.name.as_deref().unwrap_or(&model.numbers));
    let names: BTreeSet<&str> = names.collect();
    if names.is_empty() {
        return "unknown processor".to_owned();
    }
    names.into_iter().collect::<Vec<_>>().join(" and ")
}

fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

fn usable_memory(conditions: &Conditions) -> Option<u64> {
    let total = conditions.memory.total_bytes?;
    Some(
        conditions
            .limits
            .memory_bytes
            .map_or(total, |limit| limit.min(total)),
    )
}

/// Up to the next sixteenth of the next power of two. The kernel keeps some memory to itself, and
/// the next version or start a little more or less; rounded so, 15.5 GiB of 16 are 16.
fn rounded(bytes: u64) -> u64 {
    let step = (bytes.checked_next_power_of_two().unwrap_or(1 << 63) / 16).max(1);
    bytes.div_ceil(step).saturating_mul(step)
}

/// `6.12` of `6.12.4-arm64`.
fn major_minor(release: &str) -> String {
    let parts: Vec<&str> = release
        .splitn(3, '.')
        .take(2)
        .map(|part| part.split('-').next().unwrap_or_default())
        .collect();
    parts.join(".")
}
