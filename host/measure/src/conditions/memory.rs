//! How much memory there is, and how much of it was moved to disk: proc_meminfo(5).

use super::kernel_files::{KernelFiles, field};

/// The memory of a machine, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// What the kernel has to give: installed memory without what firmware and kernel keep.
    pub total_bytes: Option<u64>,
    /// What programs could get without anything being moved to disk.
    pub available_bytes: Option<u64>,
    /// What was moved to disk and not brought back.
    pub swapped_bytes: Option<u64>,
}

/// Reads it.
pub(super) fn read(files: &KernelFiles) -> Memory {
    let text = files.text("proc/meminfo").unwrap_or_default();
    // The file says kB and means KiB.
    let bytes = |name| Some(field(&text, name)?.saturating_mul(1024));
    Memory {
        total_bytes: bytes("MemTotal:"),
        available_bytes: bytes("MemAvailable:"),
        swapped_bytes: bytes("SwapTotal:")
            .zip(bytes("SwapFree:"))
            .map(|(total, free)| total.saturating_sub(free)),
    }
}
