//! What a program that is measured may take of its machine.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a program that is measured may take, with all that it starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct BenchLimits {
    /// Memory in bytes, none of it on a disk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
    /// CPUs' time in thousandths: 500 for half of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub milli_cpus: Option<u32>,
}

impl fmt::Display for BenchLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let memory = self.memory_bytes;
        let memory = memory.map(|bytes| match bytes % (1 << 20) {
            0 => format!("{} MiB of memory", bytes >> 20),
            _ => format!("{} KiB of memory", bytes.div_ceil(1 << 10)),
        });
        let cpus = self.milli_cpus;
        let cpus = cpus.map(|milli| format!("the time of {} CPUs", f64::from(milli) / 1_000.0));
        let both: Vec<String> = memory.into_iter().chain(cpus).collect();
        f.write_str(&both.join(" and "))
    }
}
